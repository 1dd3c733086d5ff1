internal import CKernels
internal import SwiftletTensor

/// Whether each float32 is of a kind; the result is bool.
package struct Classify: Op {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case isNaN = "isnan"
        case isInfinite = "isinf"
        case isFinite = "isfinite"
    }

    package let kind: Kind

    package init(_ kind: Kind) { self.kind = kind }

    package var name: String { kind.rawValue }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].dtype == .float32 else {
            throw refusal("float32 expected, \(inputs[0].dtype) found")
        }
        return [TensorType(inputs[0].shape, .bool)]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { self }

    package func evaluate(_ call: OpCall) {
        let (x, y) = (call.floats(0), call.output(0, as: UInt8.self))
        let code =
            switch kind {
            case .isNaN: SL_IS_NAN
            case .isInfinite: SL_IS_INF
            case .isFinite: SL_IS_FINITE
            }
        call.workers.forEach(count: call.outputTypes[0].elementCount, grain: 1 << 15) {
            sl_classify_apply(code, x + $0.lowerBound, y + $0.lowerBound, $0.count)
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil] }
}

extension Graph {
    package mutating func classify(_ kind: Classify.Kind, _ x: Value) throws -> Value {
        try apply(Classify(kind), x)
    }
}
