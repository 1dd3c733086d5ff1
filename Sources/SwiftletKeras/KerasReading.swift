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
        var (model, report): (Model, WeightReport)
        do {
            var own = WeightLoading()
            own.keepsTypes = loading.keepsTypes
            (model, report) = try KerasReading(path, own).model(needsWeights: weights == nil)
        } catch {
            throw KerasFileError(error, file: path)
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
            let assignment = try reading.weights(for: network)
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
    private let path: String
    private let loading: WeightLoading

    init(_ path: String, _ loading: WeightLoading = WeightLoading()) {
        self.path = path
        self.loading = loading
    }

    func model(needsWeights: Bool) throws -> (Model, WeightReport) {
        switch try KerasContent(path) {
        case .package(let package): return try model(from: package)
        case .legacyModel(let file): return try model(from: file)
        case .architecture(let json):
            guard !needsWeights else {
                throw KerasFileError(
                    path, .foreign("an architecture without weights; name the file that has them"))
            }
            let model = try model(json, era: KerasEra(architecture: json), compiled: json)
            return (model, WeightReport())
        case .legacyWeights, .weights, .shardedWeights, .foreign:
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

    private func model(from package: KerasPackage) throws -> (Model, WeightReport) {
        let metadata = try package.metadata()
        let config = try package.json("config.json")
        let era =
            (metadata?["keras_version"]?.string).map(KerasEra.init(version:))
            ?? KerasEra(architecture: config)
        var model = try model(config, era: era, compiled: config)
        model.metadata = KerasMetadata.own(metadata)
        let stored = try package.weights()
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
        var model = try model(config, era: era)
        let weights = try LegacyWeights(root.group("model_weights"))
        let layers = ModelLayers(model.network, try model.network.shapes().weights)
        let assignment = try checked(weights.assigned(to: layers, loading))
        model.tensors = assignment.tensors
        if try root.attribute("training_config") != nil {
            let config = CompileConfig.canonical(legacy: try json("training_config", of: root))
            model.compilation = Compilation(
                config: config,
                optimizerState: try OptimizerVariables.legacy(root, config: config))
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

    func weights(for network: Network) throws -> WeightAssignment {
        let layers = ModelLayers(network, try network.shapes().weights)
        switch try KerasContent(path) {
        case .package(let package):
            return try checked(package.weights().assigned(to: layers, loading))
        case .weights(let file):
            return try checked(StoredWeights(file).assigned(to: layers, loading))
        case .shardedWeights(let index):
            let stored = try ShardIndex.weights(of: index, at: path)
            return try checked(stored.assigned(to: layers, loading))
        case .legacyWeights(let file):
            return try checked(LegacyWeights(file.root).assigned(to: layers, loading))
        case .legacyModel(let file):
            let weights = try LegacyWeights(file.root.group("model_weights"))
            return try checked(weights.assigned(to: layers, loading))
        case .foreign(let file):
            return try checked(
                ForeignWeights(file.arrays).assigned(to: layers, of: network, loading))
        case .architecture: throw KerasFileError(path, .foreign("an architecture without weights"))
        }
    }

    /// What proves the weights, if the file has it.
    func golden() throws -> Golden? {
        switch try KerasContent(path) {
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
