public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// The product of its inputs, element by element.
public struct Multiply: ElementwiseMerge {
    public static let className = "Multiply"
    public var options: LayerOptions

    public init(name: String? = nil) {
        options = LayerOptions(name: name)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
    }

    public var config: JSONObject { [:] }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        guard leavesOutMasked(call, in: lowering) else {
            return try fold(call, in: &lowering) { try $0.multiply($1, $2) }
        }
        // What does not count is a factor of 1, and 0 where no input counts.
        let one = try lowering.graph.constant(1)
        let factors = try call.inputs.map { input in
            try lowering.columnMask(of: input).map {
                try lowering.graph.select($0, input, one)
            } ?? input
        }
        var product = factors[0]
        for factor in factors.dropFirst() {
            product = try lowering.graph.multiply(product, factor)
        }
        guard let mask = try lowering.mergedMask(of: call.inputs, by: .loose) else {
            return [product]
        }
        let column = try lowering.graph.reshape(
            mask, to: lowering.graph.shape(of: mask).dimensions + [1])
        let output = try lowering.graph.select(column, product, lowering.graph.constant(0))
        lowering.setMask(mask, of: output)
        return [output]
    }
}
