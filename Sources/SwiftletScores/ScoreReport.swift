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
    /// Where the single numbers would lie in 95 of 100 test sets like this one, as far as the data
    /// can tell.
    public internal(set) var intervals: [String: ScoreInterval] = [:]
    /// Of a classification by probabilities.
    package internal(set) var curves: [ThresholdCurve] = []
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
        let isLong: (String) -> Bool = { ["curves", "reliability"].contains($0) }
        for (name, value) in details where !isLong(name) { object[name] = value }
        object["scores"] = .object(scores.json)
        if details["confidence"] != nil { object["intervals"] = .object(intervalsJSON) }
        for (name, value) in details where isLong(name) { object[name] = value }
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

extension ScoreReport {
    /// The single numbers that are defined.
    var scalars: [(name: String, value: Double)] {
        scores.compactMap { entry in entry.value.double.map { (entry.name, $0) } }
    }

    /// - Parameter share: of all rows, how many every resample drew.
    mutating func addIntervals(from replicates: Replicates, share: Double) {
        for (column, name) in replicates.names.enumerated() {
            guard let estimate = self[name] else { continue }
            let interval = BootstrapInterval.of(
                name, estimate: estimate, sorted: replicates.sorted(column),
                resamples: replicates.resamples, share: share)
            intervals[name] = interval
        }
    }

    /// Says in the JSON how the intervals were found.
    ///
    /// - Parameter rows: so many stood for all; nil if all were drawn from.
    mutating func note(_ confidence: Confidence, resamples: Int, rows: Int?) {
        var note: JSONObject = [
            "level": .double(Confidence.level), "resamples": .int(resamples),
            "seed": .int(Int(truncatingIfNeeded: confidence.seed)),
        ]
        if let rows { note["rows"] = .int(rows) }
        details["confidence"] = .object(note)
    }

    /// Says in the JSON that there are intervals, all in closed form.
    mutating func noteClosedForms() {
        details["confidence"] = ["level": .double(Confidence.level)]
    }

    private var intervalsJSON: JSONObject {
        var object = JSONObject()
        for (name, value) in scores where value.isSingle {
            object[name] =
                intervals[name].map { interval in
                    .object([
                        "low": ScoreValue(interval.low).json,
                        "high": ScoreValue(interval.high).json,
                        "method": .string(interval.method.rawValue),
                    ])
                } ?? .null
        }
        return object
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
