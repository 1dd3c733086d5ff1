internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// Maps numbers to bytes by their largest magnitude along some axes: `round(x · scale)` with
/// `scale = largest / (max |x| + epsilon)`.
struct AbsMaxQuantizer: Sendable, Hashable {
    var lowest: Float = -127
    var largest: Float = 127
    var epsilon: Float = 1e-7

    /// That of kernels with two numbers a byte.
    static let int4 = AbsMaxQuantizer(lowest: -8, largest: 7)

    init(lowest: Float = -127, largest: Float = 127) {
        self.lowest = lowest
        self.largest = largest
    }

    /// Reads Keras's object.
    init(json: JSON, key: String) throws {
        let config = json["config"] ?? [:]
        func refusal(_ what: String) -> ModelError { .config(key: key, cause: what) }
        guard json["class_name"] == "AbsMaxQuantizer" else {
            throw refusal("the quantizer \(json["class_name"]?.text() ?? json.text()) is unknown")
        }
        let type = config["output_dtype"] ?? "int8"
        guard type == "int8" else { throw refusal("quantization to \(type.text())") }
        if let range = config["value_range"] {
            let ends = range.array ?? range["config"]?["value"]?.array ?? []
            guard ends.count == 2, let lowest = ends[0].double, let largest = ends[1].double,
                -128...127 ~= lowest, -128...127 ~= largest, lowest <= largest
            else { throw refusal("value_range \(range.text())") }
            (self.lowest, self.largest) = (Float(lowest), Float(largest))
        }
        if let epsilon = config["epsilon"]?.double { self.epsilon = Float(epsilon) }
    }

    var rounding: RowRounding {
        RowRounding(lowest: lowest, largest: largest, epsilon: epsilon)
    }

    /// The bytes, held as float32, and the scale with extents of 1 along `axes`.
    func quantized(
        _ x: Value, axes: [Int], in graph: inout Graph
    ) throws -> (bytes: Value, scale: Value) {
        let magnitude = try graph.max(graph.unary(.abs, x), axes: axes, keepsDimensions: true)
        let scale = try graph.divide(
            graph.constant(largest), graph.add(magnitude, graph.constant(epsilon)))
        let rounded = try graph.unary(.round, graph.multiply(x, scale))
        return (try graph.unary(.clip(lowest: lowest, highest: largest), rounded), scale)
    }
}
