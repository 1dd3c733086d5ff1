package import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Logarithms of random numbers of the gamma distribution with scale 1, whose shape parameters are
/// operand 1 (positive); operand 0 is the step counter, as of ``RandomNumbers``.
///
/// Logarithms, since for small parameters the numbers themselves are too small for float32.
///
/// - SeeAlso: Marsaglia & Tsang 2000, doi:10.1145/358407.358414.
package struct RandomGamma: Op {
    package let random: CounterRandom

    package var name: String { "random_gamma" }

    /// Blocks of random bits that belong to one number; all trials fail once in 10⁶⁰ numbers.
    private static let trials: UInt64 = 64

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 2...2)
        guard inputs[0] == TensorType(.scalar, .int64), inputs[1].dtype == .float32 else {
            throw refusal("a step counter and float32 expected, \(inputs) found")
        }
        guard inputs[1].elementCount < 1 << 26 else {
            throw refusal("\(inputs[1].shape) has too many elements")
        }
        return [inputs[1]]
    }

    package func evaluate(_ call: OpCall) {
        let step = UInt32(truncatingIfNeeded: call.input(0, as: Int64.self).pointee)
        let (shapes, target) = (call.floats(1), call.outputFloats())
        call.workers.forEach(count: call.outputTypes[0].elementCount, grain: 256) { range in
            for place in range {
                let first = UInt64(step) << 32 | UInt64(place) * Self.trials
                target[place] = Float(sample(Double(shapes[place]), first))
            }
        }
    }

    private func sample(_ shape: Double, _ first: UInt64) -> Double {
        guard shape > 0 else { return shape == 0 ? -.infinity : .nan }
        let d = (shape < 1 ? shape + 1 : shape) - 1 / 3
        let c = 1 / (9 * d).squareRoot()
        for trial in 1..<Self.trials {
            let words = random.block(first + trial)
            let radius = (-2 * log(Self.unit(words[0]))).squareRoot()
            let x = radius * cos(2 * Double.pi * Double(words[1]) * 0x1p-32)
            let base = 1 + c * x
            guard base > 0 else { continue }
            let v = base * base * base
            if log(Self.unit(words[2])) < x * x / 2 + d - d * v + d * log(v) {
                let result = log(d) + log(v)
                guard shape < 1 else { return result }
                return result + log(Self.unit(random.block(first)[0])) / shape
            }
        }
        return log(d)
    }

    /// A number in (0, 1).
    private static func unit(_ bits: UInt32) -> Double { (Double(bits) + 0.5) * 0x1p-32 }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil, nil] }
}

extension Graph {
    /// Logarithms of numbers of the gamma distribution; further arguments as of
    /// ``randomUniform(_:seed:stream:counter:)``.
    package mutating func randomLogGamma(
        _ shapes: Value, seed: UInt64, stream: String, counter: Value
    ) throws -> Value {
        try apply(RandomGamma(random: CounterRandom(seed: seed, name: stream)), counter, shapes)
    }
}
