internal import CKernels
internal import SwiftletTensor

/// Images seen through projective maps: pixel (x, y) of the result is the image at
/// `((m₀x + m₁y + m₂) / k, (m₃x + m₄y + m₅) / k)` with `k = m₆x + m₇y + 1`.
///
/// Operands: float32 images `[batch, height, width, channels]` and maps `[batch, 8]`.
///
/// - SeeAlso: TensorFlow's ImageProjectiveTransformV3.
package struct Warp: Op {
    /// What is found beyond the edge: a number, the edge pixel, the mirror image, the other side.
    package enum Edge: String, Sendable, Hashable, CaseIterable {
        case constant, nearest, reflect, wrap
    }

    package let edge: Edge
    package let fill: Float
    package let isBilinear: Bool

    package init(edge: Edge, fill: Float = 0, isBilinear: Bool) {
        self.edge = edge
        self.fill = fill
        self.isBilinear = isBilinear
    }

    package var name: String { "warp_\(edge.rawValue)" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 2...2)
        guard inputs.allSatisfy({ $0.dtype == .float32 }), inputs[0].rank == 4,
            inputs[1].shape.dimensions == [inputs[0].shape[0], 8]
        else { throw refusal("images and maps expected, \(inputs[0]) and \(inputs[1]) found") }
        return [inputs[0]]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { rows.isOfAll ? self : nil }

    package func evaluate(_ call: OpCall) {
        let shape = call.inputTypes[0].shape
        let (rows, rowSize) = (shape[1], shape[2] * shape[3])
        let grain = max(1, (1 << 12) / max(rowSize, 1))
        let parts = (rows + grain - 1) / grain
        let warp = plan(shape)
        call.workers.forEach(parts: shape[0] * parts) { part in
            let (image, first) = (part / parts, part % parts * grain)
            let offset = image * rows * rowSize
            withUnsafePointer(to: warp) {
                sl_warp_run(
                    $0, call.floats(0) + offset, call.floats(1) + image * 8,
                    call.outputFloats() + offset, first, min(rows, first + grain))
            }
        }
    }

    fileprivate func plan(_ shape: Shape) -> sl_warp {
        let edge =
            switch edge {
            case .constant: SL_WARP_CONSTANT
            case .nearest: SL_WARP_NEAREST
            case .reflect: SL_WARP_REFLECT
            case .wrap: SL_WARP_WRAP
            }
        return sl_warp(
            height: shape[1], width: shape[2], channels: shape[3], edge: edge,
            bilinear: isBilinear ? 1 : 0, fill: fill)
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let dy = outputGradients[0] else { return [nil, nil] }
        return [try graph.apply(WarpGradient(warp: self), dy, node.inputs[1]), nil]
    }
}

/// The transpose of ``Warp``: derivatives go back to the pixels that were looked at.
package struct WarpGradient: Op {
    package let warp: Warp

    package var name: String { "\(warp.name)_gradient" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try warp.outputTypes(for: inputs)
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? { rows.isOfAll ? self : nil }

    package func evaluate(_ call: OpCall) {
        call.clear(output: 0)
        let shape = call.inputTypes[0].shape
        let size = shape.count(of: 1...)
        let plan = warp.plan(shape)
        call.workers.forEach(parts: shape[0]) { image in
            withUnsafePointer(to: plan) {
                sl_warp_gradient(
                    $0, call.floats(0) + image * size, call.floats(1) + image * 8,
                    call.outputFloats() + image * size)
            }
        }
    }
}
