package import SwiftletGraph
internal import SwiftletTensor

/// Lets a convolution skip zeros rather than have them written around its input.
package struct PaddingIntoConvolution: Pass {
    package let name = "padding into convolution"

    package init() {}

    package func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        guard let convolution = node.op as? Convolution,
            let pad = patch.graph.op(of: node.inputs[0]) as? Pad, isZero(pad.value),
            let spatial = spatialMargins(pad)
        else { return nil }
        let old = convolution.geometry
        let geometry = ConvolutionGeometry(
            strides: old.strides, dilation: old.dilation,
            padding: old.strides.indices.map { axis in
                (
                    before: old.before[axis] + spatial[axis].before,
                    after: old.after[axis] + spatial[axis].after
                )
            }, groups: old.groups)
        let unpadded = patch.graph.nodes[node.inputs[0].node].inputs[0]
        return try patch.graph.append(
            Convolution(
                geometry, epilogue: convolution.epilogue, packedShape: convolution.packedShape,
                algorithm: convolution.algorithm),
            [unpadded] + node.inputs.dropFirst())
    }

    private func isZero(_ value: Tensor) -> Bool {
        (try? value.floats())?.allSatisfy { $0 == 0 } == true
    }

    /// What is added along the spatial axes; nil if batch or channels are padded too.
    private func spatialMargins(_ pad: Pad) -> [(before: Int, after: Int)]? {
        guard pad.before.count >= 3, pad.before.first == 0, pad.after.first == 0,
            pad.before.last == 0, pad.after.last == 0
        else { return nil }
        return zip(pad.before, pad.after).dropFirst().dropLast().map { (before: $0, after: $1) }
    }
}
