internal import CKernels
internal import SwiftletTensor

/// Connectionist temporal classification: for each sample `−ln` of the probability of all paths
/// through the logits that say its labels, blanks (class 0) and repetitions left out.
///
/// Operands: logits `[batch, steps, classes]` and labels `[batch, most]`, both float32; of a row of
/// labels the first `n` count, `n` being how many of them are not 0. Results: the losses `[batch]`
/// and their derivatives in the logits' shape. A sample that no path can say costs about 707.
///
/// - SeeAlso: Graves et al. 2006, "Connectionist temporal classification".
package struct CTC: Op {
    package init() {}

    package var name: String { "ctc" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 2...2)
        let (logits, labels) = (inputs[0].shape, inputs[1].shape)
        guard inputs.allSatisfy({ $0.dtype == .float32 }), logits.rank == 3, labels.rank == 2,
            logits[0] == labels[0], logits[1] > 0, logits[2] > 0
        else {
            throw refusal(
                "logits [batch, steps, classes] and labels [batch, length] expected, "
                    + "\(logits) and \(labels) found")
        }
        let (states, overflows) = Int(sl_ctc_scratch(1, labels[1]))
            .multipliedReportingOverflow(by: logits[1] + 3)
        guard !overflows, states < 1 << 40 else { throw refusal("\(inputs) are too large") }
        return [TensorType(.vector(logits[0])), inputs[0]]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { rows.isOfAll ? self : nil }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int { inputs[0].shape[0] * Self.sampleByteCount(inputs) }

    /// Scratch of one sample: what the kernel needs, and its labels as whole numbers.
    private static func sampleByteCount(_ inputs: [TensorType]) -> Int {
        8 * (sl_ctc_scratch(inputs[0].shape[1], inputs[1].shape[1]) + inputs[1].shape[1])
    }

    package func evaluate(_ call: OpCall) throws {
        let logits = call.inputTypes[0].shape
        let (steps, classes, most) = (logits[1], logits[2], call.inputTypes[1].shape[1])
        let (x, y) = (call.floats(0), call.floats(1))
        let bytes = Self.sampleByteCount(call.inputTypes)
        for index in 0..<logits[0] * most where !(y[index] >= 0 && y[index] < Float(classes)) {
            throw GraphError.evaluation(
                op: name, cause: "label \(y[index]) is not one of the \(classes) classes")
        }
        let (losses, gradients, scratch) = (
            call.outputFloats(), call.outputFloats(1), call.scratch
        )
        call.workers.forEach(parts: logits[0]) { sample in
            let numbers = (scratch + sample * bytes).assumingMemoryBound(to: Double.self)
            let labels = UnsafeMutableRawPointer(numbers + sl_ctc_scratch(steps, most))
                .bindMemory(to: Int.self, capacity: most)
            var count = 0
            for place in 0..<most {
                labels[place] = Int(y[sample * most + place])
                if labels[place] != 0 { count += 1 }
            }
            let start = sample * steps * classes
            losses[sample] = sl_ctc(
                x + start, labels, steps, classes, count, most, numbers, gradients + start)
        }
    }

    /// `x̄ = derivatives ⊙ ȳ`, sample by sample.
    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard outputGradients[1] == nil else { throw GraphError.notDifferentiable(op: name) }
        guard let dy = outputGradients[0] else { return [nil, nil] }
        let wide = try graph.reshape(dy, to: [node.types[0].shape[0], 1, 1])
        return [try graph.multiply(node.output(1), wide), nil]
    }
}

extension Graph {
    /// The CTC loss of each sample; see ``CTC``.
    package mutating func ctc(_ logits: Value, labels: Value) throws -> Value {
        try append(CTC(), [logits, labels])[0]
    }
}
