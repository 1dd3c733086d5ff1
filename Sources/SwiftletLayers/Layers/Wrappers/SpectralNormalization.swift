public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Keeps the largest singular value of a layer's kernel at 1: every training step divides the kernel
/// by an estimate of it before the layer is applied. At inference the kernel is used as it is.
///
/// - SeeAlso: Miyato et al. 2018, arXiv:1802.05957.
public struct SpectralNormalization: Layer {
    public static let className = "SpectralNormalization"
    public var options: LayerOptions
    public let layer: any Layer
    /// Steps of the power iteration in a training step.
    public let iterations: Int

    public init(_ layer: any Layer, iterations: Int = 1, name: String? = nil) {
        options = LayerOptions(name: name)
        self.layer = layer
        self.iterations = iterations
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        layer = try config.layer("layer")
        iterations = try config.positiveInt("power_iterations", default: 1)
    }

    public var config: JSONObject {
        ["layer": layer.serialized(), "power_iterations": .int(iterations)]
    }

    public var mixesExamples: Bool { layer.mixesExamples }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        guard call.inputs.allSatisfy({ lowering.graph[$0].dtype == .float32 }) else {
            // Keras 3 rounds the result of whole numbers to whole numbers, Keras 2 does not.
            throw refusal("an input of whole numbers is not supported")
        }
        let name = layer.displayName
        func apply(_ lowering: inout Lowering) throws -> [Value] {
            try lowering.apply(layer, name: name, group: "layer", to: call)
        }
        let paths = ["kernel", "embeddings"].map { lowering.place(of: "\(name)/\($0)") }
        if lowering.isTraining, paths.contains(where: { lowering.weight(path: $0) != nil }) {
            throw refusal("a layer that is used more than once cannot be trained")
        }
        let results = lowering.isTraining ? nil : try apply(&lowering)
        // The kernel must be there before it can be changed.
        if results == nil { try lowering.declaringOnly { _ = try apply(&$0) } }
        guard
            let path = paths.first(where: { lowering.weight(path: $0) != nil }),
            let kernel = lowering.weight(path: path),
            let columns = lowering.graph.shape(of: kernel).last
        else { throw refusal("the \(type(of: layer).className) inside has no kernel") }
        let u = try lowering.weight(
            "vector_u", [1, columns],
            initializer: .truncatedNormal(mean: 0, standardDeviation: 0.02), isTrainable: false,
            storedAfter: [path])
        if let results { return results }
        try normalize(path, kernel, u, in: &lowering)
        return try apply(&lowering)
    }

    /// Replaces the kernel by itself divided by its estimated largest singular value.
    private func normalize(
        _ path: String, _ kernel: Value, _ u: Value, in lowering: inout Lowering
    ) throws {
        let shape = lowering.graph.shape(of: kernel)
        let columns = lowering.graph.shape(of: u)[1]
        let matrix = try lowering.graph.reshape(
            kernel, to: [shape.elementCount / max(1, columns), columns])
        var (u, v) = (u, u)
        func unit(_ x: Value, _ lowering: inout Lowering) throws -> Value {
            let squares = try lowering.graph.sum(
                lowering.graph.unary(.square, x), axes: [0, 1], keepsDimensions: true)
            let floor = try lowering.graph.maximum(squares, lowering.graph.constant(1e-24))
            return try lowering.graph.multiply(
                x, lowering.graph.unary(.reciprocalSquareRoot, floor))
        }
        let start = u
        for _ in 0..<iterations {
            v = try unit(lowering.graph.matmul(u, matrix, transposesB: true), &lowering)
            u = try unit(lowering.graph.matmul(v, matrix), &lowering)
        }
        let sigma = try lowering.graph.matmul(
            lowering.graph.matmul(v, matrix), u, transposesB: true)
        let scaled = try lowering.graph.divide(matrix, sigma)
        // A kernel of zeros stays.
        let size = try lowering.graph.max(
            lowering.graph.unary(.abs, matrix), axes: [0, 1], keepsDimensions: true)
        let counts = try lowering.graph.compare(.greater, size, lowering.graph.constant(0))
        let new = try lowering.graph.reshape(
            lowering.graph.select(counts, scaled, matrix), to: shape)
        lowering.replace(path: path, by: new)
        lowering.update("vector_u", to: try lowering.graph.select(counts, u, start))
    }
}
