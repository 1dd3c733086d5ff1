internal import SwiftletTensor

/// The sum of what every rank has.
struct RankSum: Op {
    let group: RankGroup

    var name: String { "rank_sum" }

    func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].dtype == .float32 else { throw refusal("float32 expected") }
        return inputs
    }

    func canOverwrite(input: Int) -> Bool { true }

    func evaluate(_ call: OpCall) throws {
        let type = call.outputTypes[0]
        if call.output() != call.input(0) {
            call.output().copyMemory(from: call.input(0), byteCount: type.byteCount)
        }
        try group.sum([
            UnsafeMutableBufferPointer(start: call.outputFloats(), count: type.elementCount)
        ])
    }
}

/// The rows of all ranks, in their order.
struct RankGather: Op {
    let group: RankGroup
    /// Positions of every rank along axis 0.
    let counts: [Int]

    var name: String { "rank_gather" }

    func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].dtype != .string else {
            throw refusal("text cannot be brought from rank to rank")
        }
        guard inputs[0].shape.first == counts[group.rank] else {
            throw refusal("\(counts[group.rank]) rows expected, \(inputs[0]) found")
        }
        return [
            TensorType(
                try inputs[0].shape.replacing(axis: 0, with: counts.reduce(0, +)), inputs[0].dtype)
        ]
    }

    func evaluate(_ call: OpCall) throws {
        let type = call.outputTypes[0]
        let bytes = type.shape.count(of: 1...) * type.dtype.size
        let own = UnsafeRawBufferPointer(
            start: call.input(0), count: counts[group.rank] * bytes)
        try group.gather(own, counts: counts.map { $0 * bytes }, into: call.output())
    }
}
