package import SwiftletGraph
internal import SwiftletTensor

/// A layer that combines inputs of (nearly) one shape element by element.
public protocol ElementwiseMerge: Layer {}

extension ElementwiseMerge {
    /// Folds the inputs with `combine`; where their ranks differ, axes of extent 1 are put in behind
    /// the batch, as Keras does.
    package func fold(
        _ call: CallArguments<Value>, count: ClosedRange<Int> = 2...Int.max,
        in lowering: inout Lowering,
        _ combine: (inout Graph, Value, Value) throws -> Value
    ) throws -> [Value] {
        let inputs = try aligned(call.inputs, count: count, in: &lowering)
        var result = inputs[0]
        for input in inputs.dropFirst() {
            result = try combine(&lowering.graph, result, input)
        }
        lowering.setMask(
            try lowering.mergedMask(of: call.inputs, by: options.maskRule), of: result)
        return [result]
    }

    private func aligned(
        _ inputs: [Value], count: ClosedRange<Int>, in lowering: inout Lowering
    ) throws -> [Value] {
        guard count.contains(inputs.count) else {
            throw refusal(
                count.upperBound == .max
                    ? "at least \(count.lowerBound) inputs expected, \(inputs.count) found"
                    : "\(count.lowerBound) inputs expected, \(inputs.count) found")
        }
        let rank = inputs.map { lowering.graph.shape(of: $0).rank }.max() ?? 0
        return try inputs.map { input in
            let extents = lowering.graph.shape(of: input).dimensions
            guard extents.count < rank, let batch = extents.first else { return input }
            let ones = [Int](repeating: 1, count: rank - extents.count)
            return try lowering.graph.reshape(input, to: [batch] + ones + extents.dropFirst())
        }
    }
}

extension ElementwiseMerge {
    /// Folds the inputs with an operation that has no neutral element, as Keras does it: where one
    /// operand does not count, the other stands for both.
    func foldMasked(
        _ call: CallArguments<Value>, in lowering: inout Lowering,
        _ combine: (inout Graph, Value, Value) throws -> Value
    ) throws -> [Value] {
        guard leavesOutMasked(call, in: lowering) else {
            return try fold(call, in: &lowering, combine)
        }
        var output = call.inputs[0]
        var outputMask = try lowering.columnMask(of: output)
        for input in call.inputs.dropFirst() {
            var x = input
            let mask = try lowering.columnMask(of: input)
            if let mask { x = try lowering.graph.select(mask, x, output) }
            if let outputMask { output = try lowering.graph.select(outputMask, output, x) }
            outputMask =
                if let mask, let known = outputMask {
                    try lowering.graph.logicalOr(known, mask)
                } else { nil }
            output = try combine(&lowering.graph, output, x)
        }
        lowering.setMask(
            try lowering.mergedMask(of: call.inputs, by: options.maskRule), of: output)
        return [output]
    }

    /// Whether there are masked steps that are not to be merged like all others.
    func leavesOutMasked(_ call: CallArguments<Value>, in lowering: Lowering) -> Bool {
        options.maskRule == .loose && call.inputs.contains { lowering.mask(of: $0) != nil }
    }
}

extension Lowering {
    /// The mask of `value` with an axis for the features: `[batch, time, 1]`.
    mutating func columnMask(of value: Value) throws -> Value? {
        guard let mask = mask(of: value) else { return nil }
        return try graph.reshape(mask, to: graph.shape(of: mask).dimensions + [1])
    }
}
