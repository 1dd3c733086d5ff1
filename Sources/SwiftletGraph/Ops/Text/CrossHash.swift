internal import CKernels
internal import SwiftletTensor

/// One bucket for every combination of features: operands of equal shape, strings or int64 →
/// int64 below `buckets`.
///
/// - SeeAlso: TensorFlow's `sparse.cross_hashed`.
package struct CrossHash: Op {
    package let buckets: Int
    /// What TensorFlow begins with unless told otherwise.
    private static let key: UInt64 = 956_888_297_470

    package init(buckets: Int) { self.buckets = buckets }

    package var name: String { "cross_hash" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        guard let first = inputs.first else { throw refusal("nothing to cross") }
        guard
            inputs.allSatisfy({
                $0.shape == first.shape && ($0.dtype == .string || $0.dtype == .int64)
            })
        else {
            throw refusal("strings or int64 of one shape expected, \(inputs) found")
        }
        guard buckets > 0 else { throw refusal("\(buckets) buckets") }
        return [TensorType(first.shape, .int64)]
    }

    package func evaluate(_ call: OpCall) {
        let count = call.outputTypes[0].elementCount
        var hashes = [UInt64](repeating: Self.key, count: count)
        for (index, type) in call.inputTypes.enumerated() {
            if type.dtype == .string {
                for (place, text) in call.strings(index).enumerated() {
                    hashes[place] = sl_fingerprint_join(hashes[place], fingerprint(text))
                }
            } else {
                let numbers = call.input(index, as: Int64.self)
                for place in 0..<count {
                    hashes[place] = sl_fingerprint_join(
                        hashes[place], UInt64(bitPattern: numbers[place]))
                }
            }
        }
        let output = call.output(0, as: Int64.self)
        for place in 0..<count { output[place] = Int64(hashes[place] % UInt64(buckets)) }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { node.inputs.map { _ in nil } }
}
