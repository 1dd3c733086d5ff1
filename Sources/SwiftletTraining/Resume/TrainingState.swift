internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletTensor

/// All that a training is between two batches.
struct TrainingState {
    /// The next batch to make.
    struct Place: Equatable {
        var epoch = 0
        var batch = 0
        /// Whether callbacks were told of the epoch's beginning.
        var hasBegun = false
    }

    var place: Place
    var totals: JSON
    var history: History
    /// Why the epoch is to end early, if so.
    var stopReason: String?
    var weights: [(name: String, tensor: Tensor)]
    var optimizer: [(name: String, value: Tensor)]
    /// What stateful layers go on from, by their places.
    var states: [String: Tensor]
    /// With the callbacks' types, by which they are found again.
    var callbacks: [(type: String, state: SavedState)]

    /// - Parameter result: a digest of the trained weights, once there are any.
    func file(of job: TrainingJob, result: String? = nil) -> StateFile {
        var tensors = weights.map { ("weight/\($0.name)", $0.tensor) }
        tensors += optimizer.map { ("optimizer/\($0.name)", $0.value) }
        tensors += states.sorted { $0.key < $1.key }.map { ("state/\($0.key)", $0.value) }
        for (index, (_, state)) in callbacks.enumerated() {
            tensors += state.tensors.map { ("callback \(index)/\($0.name)", $0.tensor) }
        }
        let header: JSONObject = [
            "job": .object(job.members), "result": result.map(JSON.string) ?? .null,
            "epoch": .int(place.epoch), "batch": .int(place.batch), "begun": .bool(place.hasBegun),
            "stop": stopReason.map(JSON.string) ?? .null,
            "totals": totals, "history": history.savedJSON,
            "callbacks": .array(
                callbacks.map { ["type": .string($0.type), "values": .object($0.state.values)] }),
        ]
        return StateFile(header: header, tensors: tensors)
    }

    /// - Throws: ``TrainingError/state(path:cause:)`` if the file is damaged or of another job.
    init(_ file: StateFile, path: String, job: TrainingJob, startDigest: String) throws {
        let header = file.header
        guard let saved = header["job"]?.object, let epoch = header["epoch"]?.int,
            let batch = header["batch"]?.int, let begun = header["begun"]?.bool,
            let totals = header["totals"],
            let history = header["history"].flatMap({ History(savedJSON: $0) }),
            let savedCallbacks = header["callbacks"]?.array,
            epoch >= 0, batch >= 0
        else { throw TrainingError.state(path: path, cause: "damaged: its head lacks members") }
        // A model that was trained in place, and whose training only has to be reported once more.
        let isResult = header["result"]?.string == startDigest
        if !isResult, let difference = job.difference(from: saved) {
            throw TrainingError.state(
                path: path,
                cause: "the state of another job: \(difference); delete it to begin anew")
        }
        place = Place(epoch: epoch, batch: batch, hasBegun: begun)
        (self.totals, self.history, stopReason) = (totals, history, header["stop"]?.string)
        (weights, optimizer, states) = ([], [], [:])
        callbacks = savedCallbacks.map {
            ($0["type"]?.string ?? "", SavedState($0["values"]?.object ?? [:]))
        }
        for (name, tensor) in file.tensors {
            guard let slash = name.firstIndex(of: "/") else { continue }
            let (kind, rest) = (name[..<slash], String(name[name.index(after: slash)...]))
            switch kind {
            case "weight": weights.append((rest, tensor))
            case "optimizer": optimizer.append((rest, tensor))
            case "state": states[rest] = tensor
            default:
                guard let index = Int(kind.split(separator: " ").last ?? ""),
                    callbacks.indices.contains(index)
                else { continue }
                callbacks[index].state.tensors[rest] = tensor
            }
        }
    }

    init(
        place: Place, totals: Totals, history: History, stopReason: String?, trainer: Trainer,
        callbacks: [any Callback]
    ) throws {
        self.place = place
        (self.totals, self.history, self.stopReason) = (totals.savedJSON, history, stopReason)
        weights = trainer.namedWeights
        states = trainer.states.tensors
        optimizer = try trainer.optimizer?.variables() ?? []
        self.callbacks = try callbacks.map { (Self.type(of: $0), try $0.savedState) }
    }

    static func type(of callback: any Callback) -> String { "\(Swift.type(of: callback))" }

    /// What a callback of this type remembered, the first one first; nil if there was none or no more.
    mutating func takeState(of callback: any Callback) -> SavedState? {
        let type = Self.type(of: callback)
        guard let index = callbacks.firstIndex(where: { $0.type == type }) else { return nil }
        return callbacks.remove(at: index).state
    }
}
