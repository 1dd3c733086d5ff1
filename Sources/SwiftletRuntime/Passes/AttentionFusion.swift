package import SwiftletGraph
internal import SwiftletTensor

/// Makes one operation of attention: the product of queries and keys, its scale, what is added,
/// what is masked, the softmax and the product with the values. The scores are never kept; whoever
/// else reads them keeps the operations apart.
///
/// Transpositions that only bring heads before steps, and back, are left to that operation.
package struct AttentionFusion: Pass {
    package let name = "attention fusion"

    package init() {}

    package func replace(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        switch node.op {
        case let product as MatMul where product.isPlain(transposesB: false):
            guard let scores = AttentionScores(of: node.inputs[0], in: patch),
                let result = try fuse(scores, values: node.inputs[1], in: &patch)
            else { return nil }
            return [try patch.graph.reshape(result, to: node.types[0].shape)]
        case let transpose as Transpose where transpose.permutation == [0, 2, 1, 3]:
            return try stepsFirst(node, in: &patch)
        default: return nil
        }
    }

    private func fuse(
        _ scores: AttentionScores, values: Value, in patch: inout GraphPatch
    ) throws -> Value? {
        var key = scores.key
        if let move = scores.keyMove {
            key = try patch.graph.reshape(
                patch.graph.transpose(key, permutation: move.permutation), to: move.shape)
        }
        guard
            let frame = ScoreFrame(
                scores, key: patch.graph.shape(of: key), values: patch.graph.shape(of: values),
                in: patch.graph)
        else { return nil }
        var op = AttentionProduct()
        op.scale = scores.scale
        op.hidden = scores.hidden ?? op.hidden
        op.zeroesHidden = scores.zeroesHidden
        let operands = [
            (AttentionProduct.Parts.query, scores.query, frame.query), (.key, key, frame.key),
            (.value, values, frame.value),
        ]
        var inputs = try operands.map { part, value, extents in
            let value = try patch.graph.reshape(value, to: extents)
            return source(of: value, part, &op, in: patch.graph)
        }
        if let bias = scores.bias {
            guard let bias = try frame.flattened(bias, in: &patch.graph) else { return nil }
            op.hasBias = true
            inputs.append(bias)
        }
        guard let (masks, band) = try frame.masks(scores.masks, in: &patch.graph) else {
            return nil
        }
        op.maskCount = masks.count
        op.band = band
        let types = (inputs + masks).map { patch.graph[$0] }
        guard types.allSatisfy({ $0.elementCount > 0 }), (try? op.outputTypes(for: types)) != nil
        else { return nil }
        return try patch.graph.append(op, inputs + masks)[0]
    }

    /// What an operand was before its heads were brought before the steps and before queries were
    /// scaled.
    private func source(
        of value: Value, _ part: AttentionProduct.Parts, _ op: inout AttentionProduct,
        in graph: Graph
    ) -> Value {
        let shape = graph.shape(of: value)
        var source = value
        while graph.op(of: source).isView {
            source = graph.nodes[source.node].inputs[0]
            if graph.shape(of: source) == shape {
                return self.source(of: source, part, &op, in: graph)
            }
        }
        let node = graph.nodes[value.node]
        if part != .value, let (x, factor) = graph.scaled(node), graph.shape(of: x) == shape {
            op.scale *= factor
            return self.source(of: x, part, &op, in: graph)
        }
        guard let transpose = node.op as? Transpose, transpose.permutation == [0, 2, 1, 3] else {
            return value
        }
        op.stepsFirst.insert(part)
        return node.inputs[0]
    }

    /// Has the result written in the order that a transposition gives it.
    private func stepsFirst(_ node: Node, in patch: inout GraphPatch) throws -> [Value]? {
        var value = node.inputs[0]
        let shape = patch.graph.shape(of: value)
        while patch.graph.op(of: value).isView, patch.readerCount(of: value) <= 1 {
            value = patch.graph.nodes[value.node].inputs[0]
        }
        let producer = patch.graph.nodes[value.node]
        guard var op = producer.op as? AttentionProduct, !op.stepsFirst.contains(.result),
            producer.types[0].shape == shape, patch.readerCount(of: value) <= 1
        else { return nil }
        op.stepsFirst.insert(.result)
        return try patch.graph.append(op, producer.inputs)
    }
}

extension MatMul {
    func isPlain(transposesB: Bool) -> Bool {
        !transposesA && self.transposesB == transposesB && epilogue.isEmpty && packedShape == nil
    }
}
