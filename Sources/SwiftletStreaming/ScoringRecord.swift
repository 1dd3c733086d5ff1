internal import SwiftletData
internal import SwiftletFiles
internal import SwiftletScores

// How answers are scored, as a state file says it.
extension Scoring {
    var json: JSONObject {
        var json: JSONObject = ["task": .string(task.rawValue)]
        if task == .classification {
            json["kind"] = reading.kind.map { JSON.string($0.rawValue) } ?? .null
            json["predictions"] = reading.predictions.map { JSON.string($0.rawValue) } ?? .null
            json["threshold"] = .double(reading.threshold)
        }
        json["convention"] = convention.map { JSON.string($0.rawValue) } ?? .null
        json["predictors"] = predictors.map { JSON.int($0) } ?? .null
        return json
    }

    /// Nil if a member is none that ``json`` writes.
    init?(_ json: JSONObject) {
        guard let task = json["task"]?.string.flatMap(ScoreTask.init) else { return nil }
        self.init(task)
        func read<Choice: RawRepresentable<String>>(
            _ key: String, _ choice: inout Choice?
        ) -> Bool {
            guard let member = json[key], !member.isNull else { return true }
            choice = member.string.flatMap(Choice.init)
            return choice != nil
        }
        guard read("kind", &reading.kind), read("predictions", &reading.predictions),
            read("convention", &convention)
        else { return nil }
        if task == .classification {
            guard let threshold = json["threshold"]?.double, (0...1).contains(threshold) else {
                return nil
            }
            reading.threshold = threshold
        }
        if let member = json["predictors"], !member.isNull {
            guard let number = member.int, number > 0 else { return nil }
            predictors = number
        }
    }
}

extension Confidence? {
    var json: JSON {
        guard let self else { return .null }
        return [
            "resamples": .int(self.resamples), "seed": .string(String(self.seed)),
        ]
    }

    /// Nil if it is none that ``json`` writes.
    static func read(_ json: JSON?) -> Self? {
        guard let json else { return nil }
        if json.isNull { return .some(nil) }
        guard let resamples = json["resamples"]?.int, (0...1_000_000).contains(resamples),
            let seed = json["seed"]?.string.flatMap({ UInt64($0) })
        else { return nil }
        return .some(Confidence(resamples: resamples, seed: seed))
    }
}

extension DataRoles {
    var json: JSONObject {
        [
            "inputs": .array(inputs.map { .string($0) }),
            "outputs": .array(outputs.map { .string($0) }),
            "image_shape": imageShape.map { JSON.array($0.map { .int($0) }) } ?? .null,
        ]
    }

    /// Nil if a member is none that ``json`` writes.
    init?(_ json: JSONObject) {
        guard let inputs = json["inputs"]?.array, let outputs = json["outputs"]?.array else {
            return nil
        }
        self.init(inputs: inputs.compactMap(\.string), outputs: outputs.compactMap(\.string))
        guard let shape = json["image_shape"]?.array else { return }
        imageShape = shape.compactMap(\.int)
        guard imageShape?.count == 3, imageShape?.allSatisfy({ $0 > 0 }) == true else {
            return nil
        }
    }
}
