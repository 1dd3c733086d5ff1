public import SwiftletFiles

/// The scores of one task by name, in a fixed order.
public struct ScoreReport: Sendable {
    /// The scores of one image of a set.
    public struct Image: Sendable {
        public let name: String
        public let scores: ScoreList
    }

    /// `classification`, `regression`, `image-pairs` or `image-sets`.
    public let task: String
    /// `binary`, `multiclass` or `multilabel`; nil for other tasks.
    public let kind: String?
    /// Rows, pairs of images, or generated images.
    public let samples: Int
    public let scores: ScoreList
    public let perImage: [Image]
    /// What else the JSON says beside the scores, such as what they were taken with.
    package var details: JSONObject = [:]

    init(
        task: String, kind: String? = nil, samples: Int, scores: ScoreList, perImage: [Image] = []
    ) {
        self.task = task
        self.kind = kind
        self.samples = samples
        self.scores = scores
        self.perImage = perImage
    }

    /// The number called `name`; nil if there is none, or the score is undefined, or is a list.
    public subscript(name: String) -> Double? { scores[name]?.double }

    public var json: JSON {
        var object: JSONObject = ["task": .string(task)]
        if let kind { object["kind"] = .string(kind) }
        object["samples"] = .int(samples)
        for (name, value) in details { object[name] = value }
        object["scores"] = .object(scores.json)
        if !perImage.isEmpty {
            object["per_image"] = .array(
                perImage.map { image in
                    var entry: JSONObject = ["name": .string(image.name)]
                    for (name, value) in image.scores { entry[name] = value.json }
                    return .object(entry)
                })
        }
        return .object(object)
    }
}

/// Names and values in the order in which they were added.
public struct ScoreList: Sendable, Sequence {
    private var entries: [(name: String, value: ScoreValue)] = []
    private var positions: [String: Int] = [:]

    public init() {}

    public var names: [String] { entries.map(\.name) }
    public var isEmpty: Bool { entries.isEmpty }

    public subscript(name: String) -> ScoreValue? { positions[name].map { entries[$0].value } }

    package mutating func add(_ name: String, _ value: ScoreValue) {
        if let position = positions[name] {
            entries[position].value = value
        } else {
            positions[name] = entries.count
            entries.append((name, value))
        }
    }

    package mutating func add(_ name: String, _ value: Double?) { add(name, ScoreValue(value)) }

    public func makeIterator() -> IndexingIterator<[(name: String, value: ScoreValue)]> {
        entries.makeIterator()
    }

    var json: JSONObject {
        var object = JSONObject()
        for (name, value) in entries { object[name] = value.json }
        return object
    }
}
