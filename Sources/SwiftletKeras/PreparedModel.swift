internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// A model as it goes into a file: its layers in Keras's order, weights and optimizer state likewise.
struct PreparedModel {
    /// The canonical configuration.
    let config: JSON
    let network: Network
    let shapes: NetworkShapes
    let compilation: Compilation?
    let metadata: JSONObject
    let golden: Golden?
    private let tensors: [String: Tensor]

    init(_ model: Model, for format: KerasFormat) throws {
        var config = inKerasOrder(model.network.serialized())
        // Where layers have been moved, the way back to the paths in memory, latest step first.
        var moves: [[(path: String, name: String)]] = []
        if format == .legacy {
            let flattening = Flattening(config)
            moves.insert(flattening.renamed, at: 0)
            config = inKerasOrder(flattening.config)
        }
        if format == .legacy || !format.isForKeras2 {
            let renaming = LayerRenaming(config)
            moves.insert(renaming.renamed, at: 0)
            config = renaming.config
        }
        guard let network = try LayerRegistry.standard.layer(from: config) as? Network else {
            throw ModelError.structure("the model is no network")
        }
        self.config = config
        self.network = network
        shapes = try network.shapes()

        func former(_ path: String) -> String {
            moves.reduce(path) { path, renamed in
                guard let moved = renamed.last(where: { path.hasPrefix($0.name + "/") }) else {
                    return path
                }
                return moved.path + path.dropFirst(moved.name.count)
            }
        }
        var tensors: [String: Tensor] = [:]
        for spec in shapes.weights { tensors[spec.path] = model.tensors[former(spec.path)] }
        if format.mergesWeights { try Self.merge(shapes.weights, in: &tensors) }
        self.tensors = tensors
        var compilation = model.compilation
        if let state = compilation?.optimizerState {
            compilation?.optimizerState = Self.reordered(
                state, from: try model.network.shapes().weights.filter(\.isOptimized).map(\.path),
                to: shapes.weights.filter(\.isOptimized).map { former($0.path) })
        }
        self.compilation = compilation
        metadata = model.metadata
        golden = model.golden
    }

    /// - Throws: ``ModelError/weight(path:cause:)`` if the weight has no value.
    func tensor(_ spec: ModelWeight) throws -> Tensor {
        guard let tensor = tensors[spec.path] else {
            throw ModelError.weight(path: spec.path, cause: "has no value; initialize the model")
        }
        return tensor
    }

    /// Takes changes of low rank into the weights that they change, as Keras 3's own stores hold them.
    private static func merge(_ specs: [WeightSpec], in tensors: inout [String: Tensor]) throws {
        let given = tensors
        for merge in specs.compactMap(\.traits.merge) {
            let merged = try merge { path in
                guard let tensor = given[path] else {
                    throw ModelError.weight(
                        path: path, cause: "has no value; initialize the model")
                }
                return tensor
            }
            tensors.merge(merged) { _, new in new }
        }
    }

    /// Optimizer variables follow the weights when these change their order.
    private static func reordered(
        _ state: [(name: String, value: Tensor)], from old: [String], to new: [String]
    ) -> [(name: String, value: Tensor)] {
        guard old != new, old.count == new.count else { return state }
        let values = Dictionary(state.map { ($0.name, $0.value) }) { first, _ in first }
        let successors = Dictionary(zip(old, new)) { first, _ in first }
        return state.map { variable in
            guard let slash = variable.name.lastIndex(of: "/"),
                let path = successors[String(variable.name[..<slash])],
                let value = values[path + variable.name[slash...]]
            else { return variable }
            return (path + variable.name[slash...], value)
        }
    }
}
