internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    /// Keras's activation functions.
    static let activations: OperationRows = [
        "Relu": .one { try $0.rectified() }, "Relu6": .real(.relu6), "Sigmoid": .real(.sigmoid),
        "SparseSigmoid": .real(.sparseSigmoid), "Softplus": .real(.softplus),
        "Softsign": .real(.softsign), "SparsePlus": .real(.sparsePlus), "Silu": .real(.silu),
        "LogSigmoid": .real(.logSigmoid), "HardSigmoid": .real(.hardSigmoid),
        "HardSilu": .real(.hardSiLU), "Selu": .real(.selu), "TanhShrink": .real(.tanhShrink),
        "HardTanh": .real(.hardTanh), "Mish": .real(.mish),
        "SoftShrink": .parameter("threshold", 0.5) { .softShrink(threshold: $0) },
        "HardShrink": .parameter("threshold", 0.5) { .hardShrink(threshold: $0) },
        "Squareplus": .parameter("b", 4) { .squareplus(b: $0) },
        "LeakyRelu": .parameter("negative_slope", 0.2) { .leakyReLU(slope: $0) },
        "Elu": .parameter("alpha", 1) { .elu(alpha: $0) },
        "Celu": .parameter("alpha", 1) { .celu(alpha: $0) },
        "Threshold": .one { c in
            let x = try c.real(c.x())
            let value = try c.options.float("default_value")
            return try c.graph.unary(.threshold(c.options.float("threshold"), value: value), x)
        },
        "Gelu": .one { c in
            let approximate = try c.options.bool("approximate", default: true)
            return try c.graph.unary(approximate ? .geluTanh : .gelu, c.real(c.x()))
        },
        "Glu": .one { try $0.gated() },
        "Softmax": .overAxis { try $0.graph.softmax($1, axis: $2) },
        "LogSoftmax": .overAxis { try $0.graph.logSoftmax($1, axis: $2) },
        "Sparsemax": .overAxis { c, x, axis in
            let last = try c.moved(x, [axis], [-1])
            return try c.moved(c.graph.apply(Sparsemax(), last), [-1], [axis])
        },
    ]
}

extension OperationRule {
    /// A function of one number with a parameter from the options.
    fileprivate static func parameter(
        _ key: String, _ fallback: Float, _ make: @escaping @Sendable (Float) -> UnaryFunction
    ) -> OperationRule {
        .one { c in
            let function = make(try c.options.float(key, default: fallback))
            return try c.graph.unary(function, c.real(c.x()))
        }
    }

    /// A function along an axis; along all of them as one if the option is None.
    fileprivate static func overAxis(
        _ body: @escaping @Sendable (inout OperationCall, Value, Int) throws -> Value
    ) -> OperationRule {
        .one { c in
            let x = try c.real(c.x())
            let shape = c.shape(x)
            if let json = c.options.json["axis"], json.isNull {
                let flat = try c.flat(x)
                return try c.graph.reshape(body(&c, flat, 0), to: shape)
            }
            let axes = try c.options.intList("axis", default: [-1])
            guard axes.count > 1 else { return try body(&c, x, c.axis(axes[0], rank: shape.count)) }
            return try c.overAxes(x, axes, body)
        }
    }
}

extension OperationCall {
    /// Several axes taken as one.
    fileprivate mutating func overAxes(
        _ x: Value, _ given: [Int],
        _ body: (inout OperationCall, Value, Int) throws -> Value
    ) throws -> Value {
        let rank = shape(x).count
        let axes = try given.map { try axis($0, rank: rank) }
        let last = Array((rank - axes.count)..<rank)
        let together = try moved(x, axes, last)
        let extents = shape(together)
        let kept = Array(extents.dropLast(axes.count))
        let line = try graph.reshape(
            together, to: kept + [extents.suffix(axes.count).reduce(1, *)])
        return try moved(graph.reshape(body(&self, line, kept.count), to: extents), last, axes)
    }

    /// Whole numbers stay whole.
    fileprivate mutating func rectified() throws -> Value {
        let x = try x()
        return isFloat(x)
            ? try graph.relu(x) : try wholeBinary(.maximum, x, number(0, like: x))
    }

    fileprivate mutating func gated() throws -> Value {
        let x = try real(x())
        let axis = try axisOption(rank: shape(x).count, default: -1)
        let count = shape(x)[axis]
        guard count % 2 == 0 else { throw refusal("\(count) elements have no halves") }
        let halves = try parts(x, axis, [count / 2, count / 2])
        return try graph.multiply(halves[0], graph.sigmoid(halves[1]))
    }
}
