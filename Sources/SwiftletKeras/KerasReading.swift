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
            self = try KerasReading(path).model(
                needsWeights: weights == nil, hints: WeightHints(file: weights))
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
            tensors.merge(try KerasReading(path).weights(for: network, matching)) { _, new in new }
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

    /// - Parameter hints: what the weights that go with an architecture tell of it.
    func model(needsWeights: Bool, hints: WeightHints = WeightHints()) throws -> Model {
        switch try KerasContent(path) {
        case .archive(let archive): return try model(from: archive)
        case .legacyModel(let file): return try model(from: file)
        case .architecture(let json):
            guard !needsWeights else {
                throw KerasFileError(
                    path, .foreign("an architecture without weights; name the file that has them"))
            }
            return try model(
                json, era: KerasEra(architecture: json), compiled: json, hints: hints)
        case .legacyWeights, .weights:
            throw KerasFileError(
                path, .foreign("a file of weights; name the architecture that goes with it"))
        }
    }

    /// The model without weights.
    private func model(
        _ json: JSON, era: KerasEra, version: String? = nil, compiled: JSON? = nil,
        hints: WeightHints
    ) throws -> Model {
        let canonical = UndeclaredInput.declared(
            try canonicalConfig(
                json, era: era, version: version ?? json["keras_version"]?.string,
                onTheano: hints.isTheano || json["backend"] == "theano"),
            firstWeight: hints.firstWeight)
        if let className = canonical["class_name"]?.string, canonical["config"]?["layers"] == nil,
            LayerRegistry.standard[className] == nil
        {
            throw KerasFileError(
                path,
                .model(
                    "a model of class \(className), which is Python code that no file holds; "
                        + "only Sequential and functional models can be opened"))
        }
        guard let network = try LayerRegistry.standard.layer(from: canonical) as? Network else {
            throw KerasFileError(
                path, .model("a single \(json["class_name"]?.string ?? "layer"), not a model"))
        }
        if era == .keras1 { try DeclaredShapes(json).check(network) }
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
        var model = try model(
            config, era: era, compiled: config,
            hints: WeightHints { try? storedWeights(in: archive) })
        let stored = try storedWeights(in: archive)
        model.tensors = try checked(stored.assigned(to: model.network.shapes().weights))
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

    // MARK: Legacy HDF5

    private func model(from file: HDF5File) throws -> Model {
        let root = file.root
        let config = try json("model_config", of: root)
        let version = try root.attribute("keras_version")?.strings?.first
        let era = KerasEra(version: version ?? "1")
        var model = try model(
            config, era: era, version: version, hints: WeightHints(file: path))
        let weights = try LegacyWeights(root.group("model_weights"), version: version)
        let layers = ModelLayers(model.network, try model.network.shapes().weights)
        model.tensors = try checked(weights.assigned(to: layers))
        if try root.attribute("training_config") != nil {
            let config = CompileConfig.canonical(legacy: try json("training_config", of: root))
            model.compilation = Compilation(
                config: config,
                optimizerState: try OptimizerVariables.legacy(
                    root, config: config,
                    weights: model.network.shapes().weights.count { $0.isTrainable },
                    era: era))
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

    func weights(for network: Network, _ matching: WeightMatching) throws -> [String: Tensor] {
        let specs = try network.shapes().weights
        switch try KerasContent(path) {
        case .archive(let archive):
            return try checked(storedWeights(in: archive).assigned(to: specs))
        case .weights(let file): return try checked(StoredWeights(file).assigned(to: specs))
        case .legacyWeights(let file):
            return try legacy(file.root, ModelLayers(network, specs), matching)
        case .legacyModel(let file):
            return try legacy(
                file.root.group("model_weights"), ModelLayers(network, specs), matching)
        case .architecture: throw KerasFileError(path, .foreign("an architecture without weights"))
        }
    }

    private func legacy(
        _ group: HDF5Group, _ layers: ModelLayers, _ matching: WeightMatching
    ) throws -> [String: Tensor] {
        let weights = try LegacyWeights(group)
        return try checked(
            matching == .order
                ? weights.assigned(to: layers) : weights.assigned(byNameTo: layers, all: false))
    }

    private func checked(_ assignment: WeightAssignment) throws -> [String: Tensor] {
        guard assignment.mismatch.isEmpty else {
            throw KerasFileError(path, .weights(assignment.mismatch))
        }
        return assignment.tensors
    }
}
