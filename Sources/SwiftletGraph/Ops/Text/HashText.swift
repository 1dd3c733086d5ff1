internal import CKernels
internal import SwiftletTensor

/// The bucket of every string by its hash, equal on all machines: string → int64 below `buckets`,
/// of the same shape.
package struct HashText: Op {
    package enum Function: Sendable, Hashable {
        /// FarmHash's Fingerprint64.
        case fingerprint
        case sipHash(UInt64, UInt64)
    }

    package let function: Function
    package let buckets: Int

    package init(_ function: Function, buckets: Int) {
        self.function = function
        self.buckets = buckets
    }

    package var name: String { "hash_text" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        try expectTexts(inputs[0])
        guard buckets > 0 else { throw refusal("\(buckets) buckets") }
        return [TensorType(inputs[0].shape, .int64)]
    }

    package func evaluate(_ call: OpCall) {
        let output = call.output(0, as: Int64.self)
        for (place, text) in call.strings(0).enumerated() {
            output[place] = Int64(hash(text) % UInt64(buckets))
        }
    }

    private func hash(_ text: String) -> UInt64 {
        switch function {
        case .fingerprint: return fingerprint(text)
        case .sipHash(let first, let second):
            var text = text
            return text.withUTF8 { sl_siphash([first, second], $0.baseAddress, $0.count) }
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil] }
}

/// FarmHash's Fingerprint64 of the bytes of a string.
func fingerprint(_ text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { sl_fingerprint($0.baseAddress, $0.count) }
}
