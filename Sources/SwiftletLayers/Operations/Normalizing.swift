internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    /// Numbers brought to a common scale, and attention.
    static let normalizations: OperationRows = [
        "Moments": .many { c in
            let x = try c.real(c.x())
            return [
                try c.reduced(.mean, x, key: "axes"), try c.variance(x, key: "axes"),
            ]
        },
        "BatchNorm": .one { try $0.batchNormalized() },
        "LayerNorm": .one { try $0.layerNormalized() }, "RMSNorm": .one { try $0.rootNormalized() },
        "Normalize": .one { try $0.normalized() },
        "PSNR": .one { try $0.signalToNoise() },
        "DotProductAttention": .one { try $0.attention() },
    ]

    static let crossentropies: OperationRows = [
        "BinaryCrossentropy": .one { try $0.binaryCrossentropy() },
        "CategoricalCrossentropy": .one { try $0.categoricalCrossentropy() },
        "SparseCategoricalCrossentropy": .one { try $0.sparseCrossentropy() },
    ]

    static let encodings: OperationRows = [
        "OneHot": .one { c in try c.oneHot(c.x()) },
        "MultiHot": .one { c in
            let x = try c.tensor(0, "inputs")
            let encoded = try c.oneHot(x)
            let axis = c.shape(x).count > 1 ? 1 : 0
            return try c.reduced(
                c.dtype(encoded) == .bool ? .any : .maximum, encoded, axes: [axis], keeps: false)
        },
    ]
}

extension OperationCall {
    private static let epsilon: Float = 1e-7

    // MARK: Normalization

    /// A vector along an axis, broadcast to a tensor's rank.
    private mutating func along(_ axis: Int, _ vector: Value, rank: Int) throws -> Value {
        guard shape(vector).count == 1 else { return vector }
        var wide = [Int](repeating: 1, count: rank)
        wide[axis] = shape(vector)[0]
        return try graph.reshape(vector, to: wide)
    }

    fileprivate mutating func batchNormalized() throws -> Value {
        let x = try real(x())
        let rank = shape(x).count
        let axis = try axisOption(rank: rank)
        let mean = try along(axis, real(tensor(1, "mean")), rank: rank)
        let variance = try along(axis, real(tensor(2, "variance")), rank: rank)
        let epsilon = try graph.constant(options.float("epsilon", default: 1e-3))
        var scale = try graph.unary(.reciprocalSquareRoot, graph.add(variance, epsilon))
        if let gamma = try optionalTensor(4, "scale") {
            scale = try graph.multiply(scale, along(axis, real(gamma), rank: rank))
        }
        let y = try graph.multiply(graph.subtract(x, mean), scale)
        guard let beta = try optionalTensor(3, "offset") else { return y }
        return try graph.add(y, along(axis, real(beta), rank: rank))
    }

    fileprivate mutating func layerNormalized() throws -> Value {
        let x = try real(x())
        let rank = shape(x).count
        let axes = try options.intList("axis", default: [-1]).map { try axis($0, rank: rank) }
            .sorted()
        let epsilon = try graph.constant(options.float("epsilon", default: Self.epsilon))
        let wide = (0..<rank).map { axes.contains($0) ? shape(x)[$0] : 1 }
        func fitted(_ value: Value?) throws -> Value? {
            guard let value else { return nil }
            let fits = shape(value).count == rank || axes == [rank - 1]
            return fits ? try real(value) : try graph.reshape(real(value), to: wide)
        }
        let gamma = try fitted(optionalTensor(1, "gamma"))
        let beta = try fitted(optionalTensor(2, "beta"))
        let mean = try graph.mean(x, axes: axes, keepsDimensions: true)
        let centred = try graph.subtract(x, mean)
        let variance = try graph.mean(graph.square(centred), axes: axes, keepsDimensions: true)
        var scale = try graph.unary(.reciprocalSquareRoot, graph.add(variance, epsilon))
        if let gamma { scale = try graph.multiply(scale, gamma) }
        // This old way scales without centring.
        if try options.bool("rms_scaling", default: false) { return try graph.multiply(x, scale) }
        let y = try graph.multiply(centred, scale)
        return try beta.map { try graph.add(y, $0) } ?? y
    }

    fileprivate mutating func rootNormalized() throws -> Value {
        let x = try real(x())
        let rank = shape(x).count
        let axes = try options.intList("axis", default: [-1]).map { try axis($0, rank: rank) }
        let epsilon = try graph.constant(options.float("epsilon", default: Self.epsilon))
        let mean = try graph.mean(graph.square(x), axes: axes.sorted(), keepsDimensions: true)
        let inverse = try graph.unary(.reciprocalSquareRoot, graph.add(mean, epsilon))
        let y = try graph.multiply(x, inverse)
        guard let scale = try optionalTensor(1, "scale") else { return y }
        return try graph.multiply(y, real(scale))
    }

    fileprivate mutating func normalized() throws -> Value {
        let x = try real(x())
        let rank = shape(x).count
        let isWhole = options.json["axis"]?.isNull == true
        let given = isWhole ? Array(0..<rank) : try options.intList("axis", default: [-1])
        let axes = try given.map { try axis($0, rank: rank) }.sorted()
        let order = try options.int("order", default: 2)
        let epsilon = try options.float("epsilon", default: Self.epsilon)
        guard order >= 1 else { throw refusal("order \(order)") }
        if order == 2 {
            let squares = try graph.sum(graph.square(x), axes: axes, keepsDimensions: true)
            let inverse = try graph.unary(.reciprocalSquareRoot, squares)
            return try graph.multiply(
                x, graph.minimum(inverse, graph.constant(1 / epsilon)))
        }
        let norm = try vectorNorm(x, axes, order: Double(order), keeps: true)
        return try graph.divide(x, graph.maximum(norm, graph.constant(epsilon)))
    }

    fileprivate mutating func signalToNoise() throws -> Value {
        let (a, b) = try realPair()
        guard shape(a) == shape(b) else { throw refusal("\(shape(a)) and \(shape(b)) differ") }
        let largest = try options.float("max_val")
        let squares = try graph.square(graph.subtract(a, b))
        let error = try graph.mean(squares, axes: Array(0..<shape(a).count))
        let decibel: Float = 10 / 2.302_585_1
        let peak = try graph.scale(graph.log(graph.constant(largest)), by: 2 * decibel)
        return try graph.subtract(peak, graph.scale(graph.log(error), by: decibel))
    }

    // MARK: Attention

    /// `[batch, time, heads, size]` each; the heads of key and value may be fewer.
    fileprivate mutating func attention() throws -> Value {
        let query = try real(tensor(0, "query"))
        var (key, value) = (try real(tensor(1, "key")), try real(tensor(2, "value")))
        guard [query, key, value].allSatisfy({ shape($0).count == 4 }) else {
            throw refusal("four axes expected")
        }
        let (heads, shared) = (shape(query)[2], shape(key)[2])
        if heads > shared, shared > 1 {
            guard heads % shared == 0 else { throw refusal("\(heads) heads for \(shared)") }
            key = try graph.repeated(key, heads / shared, axis: 2)
            value = try graph.repeated(value, heads / shared, axis: 2)
        }
        func byHead(_ x: Value) throws -> Value {
            try graph.transpose(x, permutation: [0, 2, 1, 3])
        }
        let scale =
            try optionalTensor(5, "scale").map { try real($0) }
            ?? graph.constant(1 / Float(max(shape(key)[3], 1)).squareRoot())
        let products = try graph.matmul(byHead(query), byHead(key), transposesB: true)
        var logits = try graph.multiply(products, scale)
        if let bias = try optionalTensor(3, "bias") { logits = try graph.add(logits, real(bias)) }
        let least = try graph.constant(-0.7 * 3.38953e38)
        if let mask = try optionalTensor(4, "mask") {
            logits = try graph.select(truth(mask), logits, least)
        }
        if try options.bool("is_causal", default: false) {
            let (rows, columns) = (shape(logits)[2], shape(logits)[3])
            let past = try graph.band(rows, columns, isCausal: true)
            logits = try graph.select(past, logits, least)
        }
        return try byHead(graph.matmul(graph.softmax(logits), byHead(value)))
    }

    // MARK: Losses

    private mutating func clippedProbability(_ x: Value) throws -> Value {
        try graph.unary(.clip(lowest: Self.epsilon, highest: 1 - Self.epsilon), x)
    }

    /// Target and output, which must have one shape.
    private mutating func targetAndOutput() throws -> (Value, Value) {
        let both = (try real(tensor(0, "target")), try real(tensor(1, "output")))
        guard shape(both.0) == shape(both.1) else {
            throw refusal("targets of \(shape(both.0)) for outputs of \(shape(both.1))")
        }
        return both
    }

    fileprivate mutating func binaryCrossentropy() throws -> Value {
        let (target, output) = try targetAndOutput()
        let one = try graph.constant(1)
        if try options.bool("from_logits", default: false) {
            let loss = try graph.subtract(
                graph.unary(.softplus, output), graph.multiply(output, target))
            return loss
        }
        let p = try clippedProbability(output)
        let hit = try graph.multiply(target, graph.log(p))
        let miss = try graph.multiply(
            graph.subtract(one, target), graph.log(graph.subtract(one, p)))
        return try graph.negate(graph.add(hit, miss))
    }

    fileprivate mutating func categoricalCrossentropy() throws -> Value {
        let (target, output) = try targetAndOutput()
        let axis = try axisOption(rank: shape(output).count, default: -1)
        let logarithms: Value
        if try options.bool("from_logits", default: false) {
            logarithms = try graph.logSoftmax(output, axis: axis)
        } else {
            let total = try graph.sum(output, axes: [axis], keepsDimensions: true)
            logarithms = try graph.log(clippedProbability(graph.divide(output, total)))
        }
        return try graph.negate(graph.sum(graph.multiply(target, logarithms), axes: [axis]))
    }

    fileprivate mutating func sparseCrossentropy() throws -> Value {
        var target = try graph.cast(tensor(0, "target"), to: .int64)
        let output = try real(tensor(1, "output"))
        let rank = shape(output).count
        if shape(target).count == rank, shape(target).last == 1 {
            target = try graph.reshape(target, to: shape(target).dropLast())
        }
        guard shape(target) == shape(output).dropLast(), rank > 0 else {
            throw refusal("targets of \(shape(target)) for outputs of \(shape(output))")
        }
        let logits =
            try options.bool("from_logits", default: false)
            ? output : graph.log(clippedProbability(output))
        let chosen = try takenAlongAxis(
            graph.logSoftmax(logits), expanded(target, [-1]), axis: rank - 1)
        return try graph.negate(graph.reshape(chosen, to: shape(target)))
    }

    // MARK: Encodings

    fileprivate mutating func oneHot(_ x: Value) throws -> Value {
        guard !(try options.bool("sparse", default: false)) else {
            throw refusal("sparse tensors are not supported")
        }
        let key = options.value("num_classes") == nil ? "num_tokens" : "num_classes"
        let encoded = try graph.oneHot(
            graph.cast(x, to: .int64), depth: options.positiveInt(key))
        let rank = shape(encoded).count
        let axis = try axisOption(rank: rank, default: -1)
        return try cast(moved(encoded, [-1], [axis]), dtypeOption() ?? .float32)
    }
}
