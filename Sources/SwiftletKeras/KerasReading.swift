internal import SwiftletArchive
internal import SwiftletFiles
internal import SwiftletHDF5
public import SwiftletLayers
internal import SwiftletTensor

/// How the weights of a file find their layers.
public enum WeightMatching: Sendable, Hashable {
    /// By the order of the layers, as Keras does.
    case order
    /// By the layers' names; layers of other names stay as they are. Legacy files only.
    case name
}

extension Model {
    /// Opens a model that Keras or ``save(to:as:)`` wrote, of any format and era.
    ///
    /// - Parameters:
    ///   - path: a `.keras` file, a whole model in HDF5, or an architecture as JSON.
    ///   - weights: a file of weights, needed for an architecture alone.
    /// - Throws: ``KerasFileError``.
    public init(contentsOf path: String, weights: String? = nil) throws {
        do {
            let reading = KerasReading(path)
            self = try reading.model(needsWeights: weights == nil)
        } catch {
            throw KerasFileError(error, file: path)
        }
        if let weights { try loadWeights(from: weights) }
    }

    /// Takes over the weights of a file.
    ///
    /// - Throws: ``KerasFileError``; a model keeps its weights if they do not all fit.
    public mutating func loadWeights(
        from path: String, matching: WeightMatching = .order
    ) throws {
        do {
            let (completed, new) = try KerasReading(path).weights(for: network, matching)
            tensors.merge(new) { _, new in new }
            network = completed
        } catch {
            throw KerasFileError(error, file: path)
        }
    }
}

/// Reading one file.
struct KerasReading {
    private let path: String

    init(_ path: String) { self.path = path }

    private static let configLimit = 1 << 30

    func model(needsWeights: Bool) throws -> Model {
        switch try KerasContent(path) {
        case .archive(let archive): return try model(from: archive)
        case .legacyModel(let file): return try model(from: file)
        case .architecture(let json):
            guard !needsWeights else {
                throw KerasFileError(
                    path, .foreign("an architecture without weights; name the file that has them"))
            }
            return try model(json, era: KerasEra(architecture: json), compiled: json)
        case .legacyWeights, .weights:
            throw KerasFileError(
                path, .foreign("a file of weights; name the architecture that goes with it"))
        }
    }

    /// The model without weights.
    private func model(_ json: JSON, era: KerasEra, compiled: JSON? = nil) throws -> Model {
        let canonical = try canonicalConfig(json, era: era)
        guard let network = try LayerRegistry.standard.layer(from: canonical) as? Network else {
            throw KerasFileError(
                path, .model("a single \(json["class_name"]?.string ?? "layer"), not a model"))
        }
        var model = Model(network: network)
        if let config = CompileConfig.canonical(stored: compiled?["compile_config"]) {
            model.compilation = Compilation(config: config)
        }
        return model
    }

    // MARK: .keras

    private func model(from archive: ZipArchive) throws -> Model {
        let metadata = try archive["metadata.json"].map { try json($0, in: archive) }
        let config = try json(archive.entry("config.json"), in: archive)
        let era =
            metadata?["keras_version"]?.string.map(KerasEra.init(version:))
            ?? KerasEra(architecture: config)
        var model = try model(config, era: era, compiled: config)
        let stored = try storedWeights(in: archive)
        let taken: Set<String>
        (model.network, taken) = try completed(model.network, stored, archive)
        model.tensors = try checked(
            stored.assigned(to: model.network.shapes().weights, besides: taken))
        if let compiled = model.compilation?.config {
            model.compilation?.optimizerState = OptimizerVariables.stored(
                try stored.optimizerVariables(), config: compiled)
        }
        return model
    }

    private func json(_ entry: ZipEntry, in archive: ZipArchive) throws -> JSON {
        guard entry.size <= Self.configLimit else {
            throw KerasFileError(path, place: entry.name, .content("\(entry.size) bytes"))
        }
        do {
            return try JSON(parsing: archive.read(entry))
        } catch {
            throw KerasFileError(error, file: path, place: entry.name)
        }
    }

    private func storedWeights(in archive: ZipArchive) throws -> StoredWeights {
        let name = "model.weights.h5"
        guard let entry = archive[name] else {
            throw KerasFileError(
                path,
                archive["model.weights.npz"] == nil
                    ? .content("no \(name) in the archive")
                    : .content("weights as .npz are not supported"))
        }
        do {
            return try StoredWeights(HDF5File(archive.file(entry, name: path)))
        } catch {
            throw KerasFileError(error, file: path, place: name)
        }
    }

    /// The network with what lies beside its configuration, and the paths of the variables that went
    /// into it.
    private func completed(
        _ network: Network, _ stored: StoredWeights, _ archive: ZipArchive? = nil
    ) throws -> (Network, Set<String>) {
        var taken: Set<String> = []
        let network = try network.completed { _, group in
            StoredParts(
                asset: { name in
                    try archive.flatMap { try asset("assets/\(group)/\(name)", in: $0) }
                },
                variable: { name in
                    let tensor = try stored.variable(name, of: group)
                    if tensor != nil { taken.insert("\(group)/vars/\(name)") }
                    return tensor
                })
        }
        return (network, taken)
    }

    private func asset(_ name: String, in archive: ZipArchive) throws -> String? {
        guard let entry = archive[name] else { return nil }
        guard entry.size <= Self.configLimit else {
            throw KerasFileError(path, place: name, .content("\(entry.size) bytes"))
        }
        let bytes: [UInt8]
        do {
            bytes = try archive.read(entry)
        } catch {
            throw KerasFileError(error, file: path, place: name)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw KerasFileError(path, place: name, .content("the text is not UTF-8"))
        }
        return text
    }

    // MARK: Legacy HDF5

    private func model(from file: HDF5File) throws -> Model {
        let root = file.root
        let config = try json("model_config", of: root)
        let version = try root.attribute("keras_version")?.strings?.first
        let era = KerasEra(version: version ?? "1")
        var model = try model(config, era: era)
        var weights = try LegacyWeights(root.group("model_weights"))
        (model.network, weights) = try completed(model.network, weights)
        let layers = ModelLayers(model.network, try model.network.shapes().weights)
        model.tensors = try checked(weights.assigned(to: layers))
        if try root.attribute("training_config") != nil {
            let config = CompileConfig.canonical(legacy: try json("training_config", of: root))
            model.compilation = Compilation(
                config: config,
                optimizerState: try OptimizerVariables.legacy(root, config: config))
        }
        return model
    }

    private func json(_ attribute: String, of root: HDF5Group) throws -> JSON {
        guard let text = try root.attribute(attribute)?.strings?.first else {
            throw KerasFileError(path, place: attribute, .content("no text"))
        }
        do {
            return try JSON(parsing: text)
        } catch {
            throw KerasFileError(error, file: path, place: attribute)
        }
    }

    // MARK: Weights

    /// The values of a network's weights, and the network with what else of it lies among them.
    func weights(
        for network: Network, _ matching: WeightMatching
    ) throws -> (Network, [String: Tensor]) {
        switch try KerasContent(path) {
        case .archive(let archive):
            return try stored(storedWeights(in: archive), network, archive)
        case .weights(let file): return try stored(StoredWeights(file), network)
        case .legacyWeights(let file): return try legacy(file.root, network, matching)
        case .legacyModel(let file):
            return try legacy(file.root.group("model_weights"), network, matching)
        case .architecture: throw KerasFileError(path, .foreign("an architecture without weights"))
        }
    }

    private func stored(
        _ weights: StoredWeights, _ network: Network, _ archive: ZipArchive? = nil
    ) throws -> (Network, [String: Tensor]) {
        let (network, taken) = try completed(network, weights, archive)
        let specs = try network.shapes().weights
        return (network, try checked(weights.assigned(to: specs, besides: taken)))
    }

    private func legacy(
        _ group: HDF5Group, _ network: Network, _ matching: WeightMatching
    ) throws -> (Network, [String: Tensor]) {
        let (network, weights) = try completed(network, LegacyWeights(group))
        let layers = ModelLayers(network, try network.shapes().weights)
        let assignment =
            try matching == .order
            ? weights.assigned(to: layers) : weights.assigned(byNameTo: layers, all: false)
        return (network, try checked(assignment))
    }

    /// The network with what of its layers lies among the weights, and these without it.
    private func completed(
        _ network: Network, _ weights: LegacyWeights
    ) throws -> (Network, LegacyWeights) {
        var taken: Set<String> = []
        let network = try network.completed { name, _ in
            StoredParts(
                asset: { _ in nil },
                variable: { variable in
                    // A legacy file numbers a layer's variables; it names none as layers do.
                    guard variable == "0", let tensor = weights.first(of: name) else { return nil }
                    taken.insert(name)
                    return tensor
                })
        }
        return (network, weights.without(taken.union(network.layersOfVocabularies)))
    }

    private func checked(_ assignment: WeightAssignment) throws -> [String: Tensor] {
        guard assignment.mismatch.isEmpty else {
            throw KerasFileError(path, .weights(assignment.mismatch))
        }
        return assignment.tensors
    }
}
