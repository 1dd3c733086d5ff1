internal import SwiftletFiles
internal import SwiftletHDF5
public import SwiftletLayers
internal import SwiftletTensor
internal import SwiftletWeights

extension Model {
    /// Opens a model that Keras or ``save(to:as:)`` wrote, of any format and era.
    ///
    /// - Parameters:
    ///   - path: a `.keras` file, zipped or unpacked, a whole model in HDF5, or an architecture as
    ///     JSON.
    ///   - weights: a file of weights, needed for an architecture alone.
    ///   - loading: how these weights find their layers.
    /// - Throws: ``KerasFileError``, also if any weight of the file was not used or any of the model
    ///   not set, unless `loading` allows it.
    public init(
        contentsOf path: String, weights: String? = nil, loading: WeightLoading = WeightLoading()
    ) throws {
        self = try Self.opened(path, weights: weights, loading: loading).model
    }

    /// The same, with what became of the weights.
    public static func opened(
        _ path: String, weights: String? = nil, loading: WeightLoading = WeightLoading()
    ) throws -> (model: Model, report: WeightReport) {
        var own = WeightLoading()
        own.keepsTypes = loading.keepsTypes
        return try opened(KerasReading(path, own), weights: weights, loading: loading)
    }

    /// Opens a model whose file is in memory; the bytes are copied.
    ///
    /// - Parameters:
    ///   - bytes: a zipped `.keras` file, a whole model in HDF5, or an architecture as JSON.
    ///   - name: what errors call the file.
    ///   - weights: a file of weights, needed for an architecture alone.
    /// - Throws: ``KerasFileError``.
    public init(
        bytes: RawSpan, name: String = "model", weights: String? = nil,
        loading: WeightLoading = WeightLoading()
    ) throws {
        let file = bytes.withUnsafeBytes { bytes in
            MappedFile(count: bytes.count, name: name) { $0.copyMemory(from: bytes) }
        }
        guard let file else { throw KerasFileError(name, .file(.outOfMemory)) }
        var own = WeightLoading()
        own.keepsTypes = loading.keepsTypes
        self = try Self.opened(KerasReading(file, own), weights: weights, loading: loading).model
    }

    private static func opened(
        _ reading: KerasReading, weights: String?, loading: WeightLoading
    ) throws -> (model: Model, report: WeightReport) {
        var (model, report): (Model, WeightReport)
        do {
            (model, report) = try reading.model(
                needsWeights: weights == nil, hints: WeightHints(file: weights))
        } catch {
            throw KerasFileError(error, file: reading.path)
        }
        if let weights { report = try model.loadWeights(from: weights, loading) }
        return (model, report)
    }

    /// Takes over the weights of a file: of Keras, safetensors, PyTorch, NumPy, TensorFlow or MXNet.
    ///
    /// - Returns: what became of every weight of the file and of the model.
    /// - Throws: ``KerasFileError``; a model keeps its weights if they do not all fit and `loading`
    ///   does not allow it.
    @discardableResult
    public mutating func loadWeights(
        from path: String, _ loading: WeightLoading = WeightLoading()
    ) throws -> WeightReport {
        do {
            let reading = KerasReading(path, loading)
            let (completed, assignment) = try reading.weights(for: network)
            network = completed
            tensors.merge(assignment.tensors) { _, new in new }
            if assignment.report.isComplete { golden = try reading.golden() }
            return assignment.report
        } catch {
            throw KerasFileError(error, file: path)
        }
    }
}

/// Reading one file.
struct KerasReading {
    /// As errors show it.
    let path: String
    /// The file, if it is in memory.
    private let bytes: MappedFile?
    private let loading: WeightLoading

    init(_ path: String, _ loading: WeightLoading = WeightLoading()) {
        self.path = path
        bytes = nil
        self.loading = loading
    }

    init(_ bytes: MappedFile, _ loading: WeightLoading) {
        path = bytes.name
        self.bytes = bytes
        self.loading = loading
    }

    private func content() throws -> KerasContent {
        guard let bytes else { return try KerasContent(path) }
        return try KerasContent(bytes, at: nil)
    }

    /// - Parameter hints: what the weights that go with an architecture tell of it.
    func model(
        needsWeights: Bool, hints: WeightHints = WeightHints()
    ) throws -> (Model, WeightReport) {
        switch try content() {
        case .package(let package): return try model(from: package)
        case .legacyModel(let file): return try model(from: file)
        case .architecture(let json):
            let model = try model(
                json, era: KerasEra(architecture: json), compiled: json, hints: hints)
            guard try !needsWeights || model.network.shapes().weights.isEmpty else {
                throw KerasFileError(
                    path,
                    .foreign(
                        "an architecture without weights; name the file that has them (--weights)"))
            }
            return (model, WeightReport())
        case .legacyWeights, .weights, .shardedWeights, .foreign:
            throw KerasFileError(
                path, .foreign("a file of weights; name the architecture that goes with it"))
        }
    }

    /// The model without weights.
    private func model(
        _ json: JSON, era: KerasEra, version: String? = nil, compiled: JSON? = nil,
        hints: WeightHints
    ) throws -> Model {
        let canonical = try hints.canonicalConfig(json, era: era, version: version)
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

    private func model(from package: KerasPackage) throws -> (Model, WeightReport) {
        let metadata = try package.metadata()
        let config = try package.json("config.json")
        let era =
            (metadata?["keras_version"]?.string).map(KerasEra.init(version:))
            ?? KerasEra(architecture: config)
        var model = try model(
            config, era: era, compiled: config, hints: WeightHints { try? package.weights() })
        model.metadata = KerasMetadata.own(metadata)
        var stored = try package.weights()
        (model.network, stored) = try completed(model.network, stored, package)
        let assignment = try checked(
            stored.assigned(to: ModelLayers(model.network, model.network.shapes().weights), loading)
        )
        model.tensors = assignment.tensors
        if let compiled = model.compilation?.config {
            model.compilation?.optimizerState = OptimizerVariables.stored(
                try stored.optimizerVariables(), config: compiled)
        }
        model.golden = try GoldenStorage.golden(in: package)
        return (model, assignment.report)
    }

    // MARK: Legacy HDF5

    private func model(from file: HDF5File) throws -> (Model, WeightReport) {
        let root = file.root
        let config = try json("model_config", of: root)
        let version = try root.attribute("keras_version")?.strings?.first
        let era = KerasEra(version: version ?? "1")
        var model = try model(
            config, era: era, version: version, hints: WeightHints(file))
        var weights = try LegacyWeights(root.group("model_weights"), version: version)
        (model.network, weights) = try completed(model.network, weights)
        let layers = ModelLayers(model.network, try model.network.shapes().weights)
        let assignment = try checked(weights.assigned(to: layers, loading))
        model.tensors = assignment.tensors
        if try root.attribute("training_config") != nil {
            let config = CompileConfig.canonical(legacy: try json("training_config", of: root))
            model.compilation = Compilation(
                config: config,
                optimizerState: try OptimizerVariables.legacy(
                    root, config: config,
                    weights: model.network.shapes().weights.count { $0.isOptimized },
                    era: era))
        }
        model.metadata = try KerasMetadata.own(root)
        model.golden = try GoldenStorage.golden(in: root)
        return (model, assignment.report)
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
    func weights(for network: Network) throws -> (Network, WeightAssignment) {
        switch try content() {
        case .package(let package): return try stored(package.weights(), for: network, package)
        case .weights(let file): return try stored(StoredWeights(file), for: network)
        case .shardedWeights(let index):
            return try stored(ShardIndex.weights(of: index, at: path), for: network)
        case .legacyWeights(let file): return try legacy(file.root, for: network)
        case .legacyModel(let file):
            return try legacy(file.root.group("model_weights"), for: network)
        case .foreign(let file):
            let layers = ModelLayers(network, try network.shapes().weights)
            let weights = ForeignWeights(file.arrays)
            return (network, try checked(weights.assigned(to: layers, of: network, loading)))
        case .architecture: throw KerasFileError(path, .foreign("an architecture without weights"))
        }
    }

    private func stored(
        _ weights: StoredWeights, for network: Network, _ package: KerasPackage? = nil
    ) throws -> (Network, WeightAssignment) {
        let (network, weights) = try completed(network, weights, package)
        let layers = ModelLayers(network, try network.shapes().weights)
        return (network, try checked(weights.assigned(to: layers, loading)))
    }

    private func legacy(
        _ group: HDF5Group, for network: Network
    ) throws -> (Network, WeightAssignment) {
        let (network, weights) = try completed(network, LegacyWeights(group))
        let layers = ModelLayers(network, try network.shapes().weights)
        return (network, try checked(weights.assigned(to: layers, loading)))
    }

    // MARK: What belongs to configurations

    /// The network with what lies beside its configuration, and the weights without it.
    private func completed(
        _ network: Network, _ stored: StoredWeights, _ package: KerasPackage?
    ) throws -> (Network, StoredWeights) {
        var taken: Set<String> = []
        let network = try network.completed { _, group in
            StoredParts(
                asset: { try package?.text("assets/\(group)/\($0)") },
                variable: { name in
                    let tensor = try stored.variable(name, of: group)
                    if tensor != nil { taken.insert("\(group)/vars/\(name)") }
                    return tensor
                })
        }
        return (network, stored.without(taken))
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

    /// What proves the weights, if the file has it.
    func golden() throws -> Golden? {
        switch try content() {
        case .package(let package): try GoldenStorage.golden(in: package)
        case .legacyModel(let file), .legacyWeights(let file), .weights(let file):
            try GoldenStorage.golden(in: file.root)
        case .shardedWeights, .architecture, .foreign: nil
        }
    }

    private func checked(_ assignment: WeightAssignment) throws -> WeightAssignment {
        guard !assignment.isRefused else {
            throw KerasFileError(path, .weights(assignment.report))
        }
        return assignment
    }
}
