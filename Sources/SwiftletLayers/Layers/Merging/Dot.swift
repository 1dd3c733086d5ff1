public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// The products of two inputs summed over one axis of each, example by example.
public struct Dot: Layer {
    public static let className = "Dot"
    public var options: LayerOptions
    /// The axis of the first and of the second input, the batch being 0.
    public let axes: (Int, Int)
    /// Whether both are brought to length 1 along their axes first: the cosine of the angle.
    public let normalizes: Bool

    public init(axes: (Int, Int), normalizes: Bool = false, name: String? = nil) {
        options = LayerOptions(name: name)
        self.axes = axes
        self.normalizes = normalizes
    }

    public init(axis: Int, normalizes: Bool = false, name: String? = nil) {
        self.init(axes: (axis, axis), normalizes: normalizes, name: name)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        let list = try config.ints("axes", count: 2, minimum: Int.min)
        axes = (list[0], list[1])
        normalizes = try config.bool("normalize", default: false)
    }

    public var config: JSONObject {
        [
            "axes": axes.0 == axes.1 ? .int(axes.0) : [.int(axes.0), .int(axes.1)],
            "normalize": .bool(normalizes),
        ]
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        guard call.inputs.count == 2 else {
            throw refusal("two inputs expected, \(call.inputs.count) found")
        }
        let (a, axisA) = try rows(call.inputs[0], axes.0, in: &lowering)
        let (b, axisB) = try rows(call.inputs[1], axes.1, in: &lowering)
        let shapes = call.inputs.map { lowering.graph.shape(of: $0).dimensions }
        guard shapes[0][axisA] == shapes[1][axisB], shapes[0][0] == shapes[1][0] else {
            throw refusal("shapes \(shapes[0]) and \(shapes[1]) do not fit along axes \(axes)")
        }
        let product = try lowering.graph.matmul(a, b, transposesB: true)
        // What is left of the first input's axes, then of the second's.
        var extents = [shapes[0][0]]
        extents += shapes[0].indices.filter { $0 != 0 && $0 != axisA }.map { shapes[0][$0] }
        extents += shapes[1].indices.filter { $0 != 0 && $0 != axisB }.map { shapes[1][$0] }
        return [
            try lowering.graph.reshape(product, to: extents.count == 1 ? extents + [1] : extents)
        ]
    }

    /// The input as `[batch, rest, axis]`, normalised if asked for.
    private func rows(
        _ x: Value, _ axis: Int, in lowering: inout Lowering
    ) throws -> (Value, Int) {
        let shape = lowering.graph.shape(of: x)
        guard let axis = shape.normalizedAxis(axis), axis > 0 else {
            throw refusal("axis \(axis) cannot be summed over in shape \(shape)")
        }
        var rest = Array(0..<shape.rank)
        rest.remove(at: axis)
        var y = try lowering.graph.transpose(x, permutation: rest + [axis])
        y = try lowering.graph.reshape(
            y, to: [shape[0], shape.elementCount / max(1, shape[0] * shape[axis]), shape[axis]])
        if normalizes {
            let squares = try lowering.graph.sum(
                lowering.graph.unary(.square, y), axes: [2], keepsDimensions: true)
            // Keras's l2_normalize keeps the square sum above 1e-12.
            let floor = try lowering.graph.maximum(squares, lowering.graph.constant(1e-12))
            y = try lowering.graph.multiply(y, lowering.graph.unary(.reciprocalSquareRoot, floor))
        }
        return (y, axis)
    }
}
