internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// What the numbers of a training depend on: only the same job goes on with a saved state.
///
/// The number of epochs is not among it (a job may be made longer), nor are threads.
struct TrainingJob {
    let members: JSONObject

    private static let digests = [
        "model": "the model's layers", "weights": "the model's first weights",
        "optimizer state": "the optimizer's first state", "data": "the training data",
        "validation data": "the validation data",
    ]

    init(
        _ model: Model, setup: TrainingSetup, parts: DataParts, options: FitOptions,
        callbacks: [any Callback]
    ) {
        var members: JSONObject = [
            "model": .string(Self.digest(of: model.network.serialized())),
            "weights": .string(Self.digest(ofWeights: model)),
            "optimizer state": .string(
                Self.digest(of: model.compilation?.optimizerState.map { ($0.name, $0.value) } ?? [])
            ),
        ]
        for (key, value) in setup.compileConfig { members[key] = value }
        members["data"] = .string(Self.digest(of: parts.training.data))
        if let validation = parts.validation, validation.rows == nil {
            members["validation data"] = .string(Self.digest(of: validation.data))
        }
        members["batch size"] = .int(options.batchSize)
        members["validation batch size"] = options.validationBatchSize.json
        members["validation split"] = .double(options.validationSplit)
        members["stratified"] = .bool(options.stratifies)
        members["shuffle"] = .bool(options.shuffles)
        members["seed"] = .string("\(options.seed)")
        members["class weights"] = options.classWeights.map { weights in
            .array(weights.sorted { $0.key < $1.key }.map { [.int($0.key), .double($0.value)] })
        }
        members["balanced classes"] = .bool(options.balancesClasses)
        members["callbacks"] = .array(callbacks.compactMap { $0.job.map(JSON.string) })
        self.members = members
    }

    /// Why a state of another job cannot be used; nil if it is this job's.
    func difference(from saved: JSONObject) -> String? {
        saved.difference(to: members, digests: Self.digests)
    }

    // MARK: Digests

    static func digest(ofWeights model: Model) -> String {
        digest(of: model.tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }

    private static func digest(of json: JSON) -> String {
        var text = json.text()
        return text.withUTF8 { String(checksum(UnsafeRawBufferPointer($0)), radix: 16) }
    }

    private static func digest(of data: Dataset) -> String {
        let weights = data.sampleWeights.map { [("sample weights", $0)] } ?? []
        return digest(
            of: (Array(data.inputs) + Array(data.targets)).map { ($0.name, $0.tensor) } + weights)
    }

    private static func digest(of tensors: [(String, Tensor)]) -> String {
        var hash = checksum(UnsafeRawBufferPointer(start: nil, count: 0))
        for (name, tensor) in tensors {
            let texts = tensor.strings?.joined(separator: "\n") ?? ""
            var label = "\(name) \(tensor.dtype) \(tensor.shape) \(texts)"
            label.withUTF8 { hash = checksum(UnsafeRawBufferPointer($0), seed: hash) }
            tensor.forEachPiece { hash = checksum($0, seed: hash) }
        }
        return String(hash, radix: 16)
    }
}
