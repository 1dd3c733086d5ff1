internal import SwiftletGraph
internal import SwiftletLimits
package import SwiftletTensor

/// A network's weights and the shapes of its layers' outputs, worked out without computing.
package struct NetworkShapes: Sendable {
    package let weights: [WeightSpec]
    /// Output shapes per layer path, call and output; nil where an extent varies with the input.
    package let layers: [String: [[[Int?]]]]
    /// The shapes of the model's outputs.
    package let outputs: [[Int?]]
    /// The element types of the model's outputs.
    package let outputTypes: [DType]
}

extension Network {
    /// Works out weights and shapes by lowering the network for two different input sizes: an
    /// extent that differs between the two is one that varies.
    ///
    /// - Throws: what any layer says of its configuration or operands, or
    ///   ``ModelError/weight(path:cause:)`` if a weight's shape depends on an extent that varies.
    package func shapes() throws -> NetworkShapes {
        var refusal: (any Error)?
        for extents in Self.trialExtents {
            do {
                return try shapes(
                    first: try probe(batch: 2, unknown: extents.0),
                    second: try probe(batch: 3, unknown: extents.1))
            } catch {
                // The usual sizes tell best what is wrong with a network that fits none.
                refusal = refusal ?? error
                if hasDeclaredExtents { break }
            }
        }
        throw refusal ?? ModelError.structure("no shapes")
    }

    /// Sizes to try for extents that are not declared: first some that survive many halvings, as in
    /// image networks, then larger ones for networks that crop much of a long sequence, then small
    /// ones.
    private static let trialExtents = [(192, 256), (1536, 2048), (24576, 32768), (24, 32), (3, 4)]

    private var hasDeclaredExtents: Bool {
        inputEntries.allSatisfy { entry in
            (entry.layer as? Input)?.shape.allSatisfy { $0 != nil } ?? false
        }
    }

    private func shapes(
        first: (lowering: Lowering, outputs: [Value]),
        second: (lowering: Lowering, outputs: [Value])
    ) throws -> NetworkShapes {
        for (a, b) in zip(first.lowering.specs, second.lowering.specs) where a.shape != b.shape {
            throw ModelError.weight(
                path: a.path, cause: "its shape depends on an input extent that is not declared")
        }
        let layers = first.lowering.outputTypes.map { path, calls in
            let others = second.lowering.outputTypes[path] ?? []
            return (
                path,
                zip(calls, others).map { types, otherTypes in
                    zip(types, otherTypes).map { common($0.shape, $1.shape) }
                }
            )
        }
        var bytes = 0
        for spec in first.lowering.specs { bytes += spec.shape.elementCount * spec.dtype.size }
        try Limits.check(.modelBytes, bytes)
        return NetworkShapes(
            weights: first.lowering.specs,
            layers: Dictionary(uniqueKeysWithValues: layers),
            outputs: zip(first.outputs, second.outputs).map {
                common(first.lowering.graph.shape(of: $0), second.lowering.graph.shape(of: $1))
            },
            outputTypes: first.outputs.map { first.lowering.graph[$0].dtype })
    }

    private func probe(batch: Int, unknown: Int) throws -> (lowering: Lowering, outputs: [Value]) {
        var lowering = Lowering(
            isTraining: false, weights: .placeholders, unknownExtent: unknown)
        let inputs = try inputEntries.map { entry in
            guard let input = entry.layer as? Input else {
                throw ModelError.structure("'\(entry.name)' is an input but no InputLayer")
            }
            let type = try input.type(batch: batch, unknown: unknown)
            return try lowering.graph.placeholder(entry.name, type)
        }
        let outputs = try lower(CallArguments(list: inputs), in: &lowering)
        return (lowering, outputs)
    }
}

private func common(_ a: Shape, _ b: Shape) -> [Int?] {
    zip(a, b).map { $0 == $1 ? $0 : nil }
}
