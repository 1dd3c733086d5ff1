internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Functions of one float32 number that are rare in networks; computed in double precision.
package struct SpecialFunction: Op {
    package enum Kind: String, Sendable, CaseIterable {
        /// `1 − erf x`, exact where that is tiny.
        case complementaryErf = "erfc"
        case inverseErf = "erfinv"
        /// The modified Bessel functions of the first kind, of order 0 and 1.
        case besselI0 = "bessel_i0"
        case besselI1 = "bessel_i1"
    }

    package let kind: Kind

    package init(_ kind: Kind) { self.kind = kind }

    package var name: String { kind.rawValue }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].dtype == .float32 else {
            throw refusal("float32 expected, \(inputs[0].dtype) found")
        }
        return [inputs[0]]
    }

    package func canOverwrite(input: Int) -> Bool { true }

    package func evaluate(_ call: OpCall) {
        let (x, y) = (call.floats(0), call.outputFloats())
        call.workers.forEach(count: call.outputTypes[0].elementCount, grain: 1 << 12) { range in
            for index in range { y[index] = Float(value(Double(x[index]))) }
        }
    }

    private func value(_ x: Double) -> Double {
        switch kind {
        case .complementaryErf: erfc(x)
        case .inverseErf: Self.inverseErf(x)
        case .besselI0: Self.bessel(0, x)
        case .besselI1: Self.bessel(1, x)
        }
    }

    /// From Winitzki's estimate by Newton's method, which doubles the correct digits at each step.
    private static func inverseErf(_ x: Double) -> Double {
        guard abs(x) < 1 else { return abs(x) == 1 ? x * .infinity : .nan }
        let logarithm = log1p(-x * x)
        let a = 2 / (.pi * 0.147) + logarithm / 2
        var y = (sqrt(max(0, sqrt(a * a - logarithm / 0.147) - a)))
        y = x < 0 ? -y : y
        for _ in 0..<4 {
            // The complement keeps the digits that count near 1.
            let error = x < 0 ? erfc(-y) - (1 + x) : (1 - x) - erfc(y)
            y -= error * sqrt(.pi) / 2 * exp(y * y)
        }
        return y
    }

    /// The power series `Σ (x / 2)^(2k + n) / (k! (k + n)!)`, all of whose terms have one sign.
    private static func bessel(_ order: Int, _ x: Double) -> Double {
        guard abs(x) < 100 else {
            return x.isNaN ? x : order == 0 || x > 0 ? .infinity : -.infinity
        }
        let half = x / 2
        var term = order == 0 ? 1 : half
        var sum = term
        var k = 1.0
        while abs(term) > abs(sum) * 1e-17 {
            term *= half * half / (k * (k + Double(order)))
            sum += term
            k += 1
        }
        return sum
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let dy = outputGradients[0] else { return [nil] }
        let x = node.inputs[0]
        func bell(_ value: Value, _ sign: Float, _ factor: Float) throws -> Value {
            try graph.scale(
                graph.exp(graph.scale(graph.square(value), by: sign)), by: factor)
        }
        switch kind {
        case .complementaryErf: return [try graph.multiply(dy, bell(x, -1, -1.128_379_17))]
        case .inverseErf: return [try graph.multiply(dy, bell(node.output(), 1, 0.886_226_925))]
        case .besselI0:
            return [try graph.multiply(dy, graph.apply(SpecialFunction(.besselI1), x))]
        case .besselI1:
            // I₁′ = I₀ − I₁ / x, which is ½ at 0.
            let isZero = try graph.compare(.equal, x, graph.constant(0))
            let safe = try graph.select(isZero, graph.constant(1), x)
            let quotient = try graph.divide(node.output(), safe)
            let zeroth = try graph.apply(SpecialFunction(.besselI0), x)
            let slope = try graph.select(
                isZero, graph.constant(0.5), graph.subtract(zeroth, quotient))
            return [try graph.multiply(dy, slope)]
        }
    }
}
