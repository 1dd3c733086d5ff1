internal import SwiftletFiles
internal import SwiftletGraph

/// What a layer makes of the masks of several inputs, on which Keras 2 and Keras 3 differ.
package enum MaskRule: String, Sendable, CaseIterable {
    /// Keras 3's: a step of merged inputs counts if it counts in any of them, and a recurrent layer
    /// that is given states ignores the mask that came with its sequence. A softmax of which
    /// everything is masked gives zeros.
    case loose
    /// Keras 2's: a step of merged inputs counts if it counts in every input that has a mask, masked
    /// steps are merged like all others, and a recurrent layer always heeds its sequence's mask. A
    /// softmax of which everything is masked gives the same everywhere.
    case strict

    /// The key in canonical configurations, absent for ``loose``. No Keras knows it.
    package static let configKey = "mask_rule"
}

extension Lowering {
    /// The mask of inputs that were merged element by element; nil if every step counts.
    mutating func mergedMask(of inputs: [Value], by rule: MaskRule) throws -> Value? {
        let masks = inputs.compactMap { mask(of: $0) }
        guard var result = masks.first, rule == .strict || masks.count == inputs.count else {
            return nil
        }
        for mask in masks.dropFirst() where mask != result {
            result =
                switch rule {
                case .loose: try graph.logicalOr(result, mask)
                case .strict: try graph.logicalAnd(result, mask)
                }
        }
        return result
    }
}
