public import SwiftletFiles

/// What training measured, epoch by epoch.
public struct History: Sendable {
    /// Why training ended.
    public enum End: Sendable, Hashable {
        /// All epochs were made.
        case completed
        /// A callback ended it, e.g. early stopping; its reason.
        case stopped(String)
        /// The caller asked for it, in the middle of an epoch perhaps.
        case interrupted
    }

    /// The names in the order of their first appearance: `loss`, metrics, then `val_loss`, ….
    public private(set) var names: [String] = []
    private var values: [String: [Double]] = [:]
    /// Epochs made.
    public private(set) var epochs = 0
    public internal(set) var end = End.completed
    /// The loss of the first batch, before any step.
    public internal(set) var startLoss: Double?
    /// The epoch (from 1) whose weights the model has, where an earlier one's were restored.
    public internal(set) var restoredEpoch: Int?
    /// What this process sent to others that trained with it; nil if it trained alone.
    public internal(set) var communication: Communication?

    /// Messages and bytes that left one of several ranks.
    public struct Communication: Sendable, Equatable {
        public let ranks: Int
        public let messages: Int
        public let bytes: Int
    }

    /// No epochs yet, for a training of one's own.
    public init() {}

    /// The values of one name, one per epoch.
    public subscript(name: String) -> [Double]? { values[name] }

    /// Adds what an epoch measured, names in order.
    public mutating func append(_ results: [(name: String, value: Double)]) {
        epochs += 1
        for (name, value) in results {
            if values[name] == nil { names.append(name) }
            values[name, default: []].append(value)
        }
    }

    /// What the curves of training and validation loss tell.
    public var diagnosis: LearningDiagnosis {
        LearningDiagnosis(
            loss: self["loss"] ?? [], validationLoss: self["val_loss"], startLoss: startLoss)
    }

    /// `{"history": {"loss": […], …}, "epochs": …, "end": …, "diagnosis": {…}}`; null for a number
    /// that is not finite, for which JSON has no word.
    public var json: JSON {
        var series = JSONObject()
        for name in names {
            let numbers = values[name] ?? []
            series[name] = .array(numbers.map { $0.isFinite ? .double($0) : .null })
        }
        let ending: (String, JSON) =
            switch end {
            case .completed: ("completed", .null)
            case .stopped(let reason): ("stopped", .string(reason))
            case .interrupted: ("interrupted", .null)
            }
        let diagnosis = diagnosis
        return [
            "history": .object(series), "epochs": .int(epochs), "end": .string(ending.0),
            "reason": ending.1, "restored_epoch": restoredEpoch.json,
            "diagnosis": [
                "verdict": .string(diagnosis.verdict.rawValue),
                "epoch": diagnosis.epoch.json, "evidence": .string(diagnosis.evidence),
                "remarks": .array(
                    diagnosis.remarks.map {
                        ["kind": .string($0.kind.rawValue), "evidence": .string($0.evidence)]
                    }),
            ],
        ]
    }
}

// MARK: Saving

extension History {
    /// All of it, every number exactly.
    var savedJSON: JSON {
        var series = JSONObject()
        for name in names { series[name] = .array((values[name] ?? []).map(JSON.double)) }
        var json: JSON = [
            "series": .object(series), "epochs": .int(epochs),
            "restored": restoredEpoch.json, "start": startLoss.savedJSON,
        ]
        if case .stopped(let reason) = end { json["stopped"] = .string(reason) }
        return json
    }

    init?(savedJSON json: JSON) {
        guard let series = json["series"]?.object, let epochs = json["epochs"]?.int else {
            return nil
        }
        for (name, list) in series {
            guard let numbers = list.array?.map(\.double), !numbers.contains(nil) else {
                return nil
            }
            names.append(name)
            values[name] = numbers.compactMap { $0 }
        }
        self.epochs = epochs
        restoredEpoch = json["restored"]?.int
        startLoss = json["start"]?.double
        if let reason = json["stopped"]?.string { end = .stopped(reason) }
    }
}

extension History.Communication: CustomStringConvertible {
    public var description: String {
        let mebibytes = (Double(bytes) / 1048.576).rounded() / 1000
        return "\(ranks) ranks; each sent \(messages) messages, \(mebibytes) MiB"
    }
}
