package import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletKeras
package import SwiftletLayers
internal import SwiftletLimits
internal import SwiftletRuntime
internal import SwiftletTensor

/// The whole way of a configuration: file, model, graph, plan, prediction.
package enum ModelTrial {
    package enum Outcome {
        case predicted
        /// More numbers than a trial has time for.
        case tooCostly
    }

    /// Weights, numbers of the inputs, products and bytes between layers beyond which a model is not run.
    private static let (mostWeights, mostInputs, mostProducts, mostBytes) =
        (1 << 20, 1 << 18, 1 << 26, 1 << 26)

    /// - Parameter path: a file that may be written, whose name ends in `.json`.
    package static func run(_ config: JSON, at path: String) throws -> Outcome {
        let file = try AtomicFile(replacing: path)
        try file.write(Array(config.text().utf8))
        try file.commit()
        return try limits.apply { try run(Model.trainable(path).model) }
    }

    /// What a trial may take of memory and time, lest many at once take all.
    private static let limits: Limits = {
        var limits = Limits()
        (limits.tensorBytes, limits.modelBytes, limits.operations) = (1 << 24, 1 << 26, 1 << 12)
        limits.time = .seconds(2)
        return limits
    }()

    package static func run(_ opened: Model) throws -> Outcome {
        var model = opened
        var weights = 0
        for spec in try model.network.shapes().weights {
            let (sum, overflow) = weights.addingReportingOverflow(spec.shape.elementCount)
            guard !overflow, sum <= mostWeights else { return .tooCostly }
            weights = sum
        }
        try model.initialize()
        guard let inputs = try inputs(of: model) else { return .tooCostly }
        let predictor = try Predictor(model, threads: 1)
        let cost = try predictor.cost(of: inputs)
        guard cost.multiplyAdds <= mostProducts, cost.arenaByteCount <= mostBytes else {
            return .tooCostly
        }
        _ = try predictor.predict(inputs)
        return .predicted
    }

    /// Two rows of small numbers; nil if there would be too many.
    private static func inputs(of model: Model) throws -> [Tensor]? {
        var tensors: [Tensor] = []
        for entry in model.network.inputEntries {
            guard let input = entry.layer as? Input else { return nil }
            let type = try input.type(batch: 2, unknown: 3)
            let count = type.shape.elementCount
            guard count <= mostInputs else { return nil }
            tensors.append(
                type.dtype == .string
                    ? try Tensor(
                        strings: (0..<count).map { "text \($0 % 3)" }, shape: type.shape)
                    : try Tensor((0..<count).map { Float($0 % 4) }, shape: type.shape)
                        .converted(to: type.dtype))
        }
        return tensors
    }
}
