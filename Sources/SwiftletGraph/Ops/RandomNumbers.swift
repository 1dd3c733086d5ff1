internal import CKernels
package import SwiftletTensor

/// Random float32 numbers that depend on nothing but the seed, the stream, the step counter (operand
/// 0, a scalar of int64) and the position of the element.
///
/// The counter takes the upper half of the generator's counter and the position the lower one, so
/// no two elements of 2³² steps share bits.
package struct RandomNumbers: Op {
    package enum Distribution: Sendable, Hashable {
        /// [0, 1)
        case uniform
        /// Of mean 0 and variance 1.
        case normal
    }

    package let distribution: Distribution
    package let shape: Shape
    package let random: CounterRandom
    /// The position of the first element among those that are counted.
    var first = 0

    package init(distribution: Distribution, shape: Shape, random: CounterRandom) {
        self.distribution = distribution
        self.shape = shape
        self.random = random
    }

    /// The numbers of some of the rows, of which the shape has `total` or a multiple.
    func share(_ rows: Range<Int>, of total: Int) throws -> RandomNumbers {
        let positions = shape[0] / total
        var share = RandomNumbers(
            distribution: distribution,
            shape: try shape.replacing(axis: 0, with: rows.count * positions), random: random)
        share.first = first + rows.lowerBound * positions * shape.count(of: 1...)
        return share
    }

    package var name: String { "random_\(distribution)" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0] == TensorType(.scalar, .int64) else {
            throw refusal("a step counter of int64[] expected, \(inputs[0]) found")
        }
        guard shape.elementCount <= 1 << 33 else { throw refusal("\(shape) has too many elements") }
        return [TensorType(shape)]
    }

    package func evaluate(_ call: OpCall) {
        let step = UInt32(truncatingIfNeeded: call.input(0, as: Int64.self).pointee)
        let generator = sl_random(seed: random.seed, stream: random.stream, step: step)
        call.workers.forEach(count: shape.elementCount, grain: 1 << 13) { range in
            let target = call.outputFloats() + range.lowerBound
            switch distribution {
            case .uniform:
                sl_random_uniform(generator, first + range.lowerBound, range.count, target)
            case .normal: sl_random_normal(generator, first + range.lowerBound, range.count, target)
            }
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil] }
}

extension Graph {
    /// Numbers in [0, 1).
    ///
    /// - Parameters:
    ///   - stream: a name that no other random operation of the model has.
    ///   - counter: the number of the step, a scalar of int64; every step draws anew.
    package mutating func randomUniform(
        _ shape: Shape, seed: UInt64, stream: String, counter: Value
    ) throws -> Value {
        let random = CounterRandom(seed: seed, name: stream)
        return try apply(
            RandomNumbers(distribution: .uniform, shape: shape, random: random), counter)
    }

    /// Numbers of mean 0 and variance 1; arguments as of
    /// ``randomUniform(_:seed:stream:counter:)``.
    package mutating func randomNormal(
        _ shape: Shape, seed: UInt64, stream: String, counter: Value
    ) throws -> Value {
        let random = CounterRandom(seed: seed, name: stream)
        return try apply(
            RandomNumbers(distribution: .normal, shape: shape, random: random), counter)
    }
}
