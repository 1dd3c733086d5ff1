internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletLayers
internal import SwiftletTensor

/// What weights tell of the model that they belong to, before it is built. A file that cannot be read
/// tells nothing; it says why when its weights are read.
struct WeightHints {
    /// Whether the model ran on Theano.
    private(set) var isTheano = false
    /// The shape of the first weight of the first layer that has any, given that layer's class.
    private(set) var firstWeight: (_ className: String) -> [Int]? = { _ in nil }

    init() {}

    init(file path: String?) {
        self = path.flatMap { try? Self.hints(in: KerasContent($0), at: $0) } ?? WeightHints()
    }

    /// - Parameter file: a whole model.
    init(_ file: HDF5File) {
        self = (try? Self.hints(in: .legacyModel(file), at: file.name)) ?? WeightHints()
    }

    init(_ weights: @escaping () -> StoredWeights?) {
        firstWeight = { weights()?.firstShape(of: $0) }
    }

    private static func hints(in content: KerasContent, at path: String) throws -> WeightHints {
        switch content {
        case .legacyWeights(let file): try WeightHints(legacy: file.root)
        case .legacyModel(let file):
            try WeightHints(
                legacy: file.root.group("model_weights"),
                version: file.root.attribute("keras_version")?.strings?.first)
        case .weights(let file): WeightHints { try? StoredWeights(file) }
        case .shardedWeights(let index):
            WeightHints { try? ShardIndex.weights(of: index, at: path) }
        case .package(let package): WeightHints { try? package.weights() }
        case .architecture, .foreign: WeightHints()
        }
    }

    private init(legacy group: HDF5Group, version: String? = nil) throws {
        isTheano = try FormerWeights(group, version: version).isTheano
        firstWeight = { _ in
            for layer in (try? LegacyWeights.strings("layer_names", of: group)) ?? [] {
                guard let layer = try? group.group(layer),
                    let name = try? LegacyWeights.strings("weight_names", of: layer).first
                else { continue }
                return (try? layer.dataset(name))?.shape.dimensions
            }
            return nil
        }
    }

    /// The canonical configuration of the model that the weights belong to.
    func canonicalConfig(
        _ json: JSON, era: KerasEra, version: String?
    ) throws(ConfigRefusal) -> JSON {
        UndeclaredInput.declared(
            try SwiftletKeras.canonicalConfig(
                json, era: era, version: version ?? json["keras_version"]?.string,
                onTheano: isTheano || json["backend"] == "theano"),
            firstWeight: firstWeight)
    }
}
