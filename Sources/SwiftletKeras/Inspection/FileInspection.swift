package import SwiftletFiles
internal import SwiftletHDF5
package import SwiftletLayers
package import SwiftletTensor
internal import SwiftletWeights

/// Everything that a file of a model or of weights says, as far as it can be read: what is damaged or
/// unknown is listed beside the rest.
package struct FileInspection: Sendable {
    /// A layer as the file's configuration has it, whether or not its class is known.
    package struct Layer: Sendable {
        package let name: String
        package let className: String
        /// How many models and wrappers stand around it.
        package let depth: Int
        package fileprivate(set) var isKnown: Bool
    }

    package struct Weight: Sendable {
        package let name: String
        package let shape: Shape
        package let dtype: DType
        /// Nil if the elements cannot be read.
        package let statistics: ArrayStatistics?
    }

    package let path: String
    package let origin: KerasOrigin
    package private(set) var era: KerasEra?
    package private(set) var layers: [Layer] = []
    /// The model, if every layer of it is known and they fit together.
    package private(set) var model: Model?
    package private(set) var summary: ModelSummary?
    /// How the weights of the file fit the model.
    package private(set) var report: WeightReport?
    package private(set) var weights: [Weight] = []
    package private(set) var compiled: JSON?
    package private(set) var metadata: JSONObject = [:]
    /// Parts of the file that are none of Keras's.
    package private(set) var unknown: [String] = []
    /// Why there is no model, where that is nobody's damage: a class that is not known, say.
    package private(set) var limits: [String] = []
    /// What cannot be read.
    package private(set) var damage: [String] = []

    /// Nil if the file is no model and no weights.
    ///
    /// - Throws: ``KerasFileError`` if nothing of it can be read.
    package init?(_ path: String) throws {
        self.path = path
        let content: KerasContent
        do {
            content = try KerasContent(path)
            origin = try KerasOrigin(content)
        } catch let error as KerasFileError {
            if case .foreign = error.cause { return nil }
            throw error
        } catch {
            throw KerasFileError(error, file: path)
        }
        switch content {
        case .package(let package):
            guard package.contains("config.json") else { return nil }
            inspect(package)
        case .legacyModel(let file): inspect(model: file)
        case .legacyWeights(let file), .weights(let file): add(arrays(below: file.root))
        case .shardedWeights(let index):
            do {
                add(try ShardIndex.weights(of: index, at: path).all)
            } catch {
                damage.append(Self.cause(error, path))
            }
        case .architecture(let json):
            guard json["class_name"] != nil else { return nil }
            era = KerasEra(architecture: json)
            architecture(json, compiled: json["compile_config"])
        case .foreign(let file):
            for (key, value) in file.metadata { metadata[key] = .string(value) }
            add(file.arrays)
        }
    }

    private static func cause(_ error: any Error, _ path: String) -> String {
        let text = KerasFileError(error, file: path).description
        return text.hasPrefix(path + ": ") ? String(text.dropFirst(path.count + 2)) : text
    }

    // MARK: Kinds of files

    private mutating func inspect(_ package: KerasPackage) {
        var config: JSON?
        do {
            metadata = KerasMetadata.own(try package.metadata())
            config = try package.json("config.json")
        } catch {
            damage.append(Self.cause(error, path))
        }
        if let config {
            era =
                origin.version.map(KerasEra.init(version:)) ?? KerasEra(architecture: config)
            architecture(config, compiled: config["compile_config"])
        }
        do {
            let stored = try package.weights()
            add(stored.all)
            match { try stored.assigned(to: $0, Self.lenient) }
        } catch {
            damage.append(Self.cause(error, path))
        }
        let names = (try? package.names()) ?? []
        unknown += names.filter { name in
            name != KerasMetadata.member && name != "config.json" && name != GoldenStorage.member
                && !name.hasPrefix("model.weights.") && !name.hasPrefix("model_0")
                && !name.hasPrefix("assets")
        }
    }

    private mutating func inspect(model file: HDF5File) {
        let root = file.root
        era = KerasEra(version: origin.version ?? "1")
        metadata = (try? KerasMetadata.own(root)) ?? [:]
        func json(_ name: String) throws -> JSON? {
            guard let text = try root.attribute(name)?.strings?.first else { return Optional.none }
            return try JSON(parsing: text)
        }
        do {
            let training = try json("training_config")
            if let config = try json("model_config") {
                architecture(
                    config, compiled: training.map { .object(CompileConfig.canonical(legacy: $0)) })
            }
        } catch {
            damage.append(Self.cause(error, path))
        }
        add(arrays(below: root))
        let version = origin.version
        match {
            try LegacyWeights(root.group("model_weights"), version: version)
                .assigned(to: $0, Self.lenient)
        }
        let known: Set = ["model_weights", "optimizer_weights", GoldenStorage.group]
        unknown += ((try? root.childNames()) ?? []).filter { !known.contains($0) }
    }

    private static let lenient = WeightLoading(skippingMismatches: true)

    /// Compares the file's weights with the model's, if there is one.
    private mutating func match(_ assign: (ModelLayers) throws -> WeightAssignment) {
        guard let network = model?.network, let shapes = try? network.shapes() else { return }
        do {
            report = try assign(ModelLayers(network, shapes.weights)).report
        } catch {
            damage.append(Self.cause(error, path))
        }
    }

    // MARK: Weights

    private mutating func add(_ arrays: [NamedArray]) {
        for array in arrays {
            var statistics: ArrayStatistics?
            do {
                statistics = ArrayStatistics(try array.read())
            } catch {
                damage.append("\(array.name): \(Self.cause(error, path))")
            }
            weights.append(
                Weight(
                    name: array.name, shape: array.shape, dtype: array.dtype,
                    statistics: statistics))
        }
    }

    /// Every dataset that can be reached; what cannot is noted.
    private mutating func arrays(below group: HDF5Group, depth: Int = 0) -> [NamedArray] {
        var arrays: [NamedArray] = []
        var names: [String] = []
        do {
            names = try group.childNames()
        } catch {
            damage.append(Self.cause(error, path))
        }
        guard depth < 64, weights.count + names.count < 1_000_000 else { return [] }
        for name in names {
            do {
                switch try group.child(name) {
                case .group(let inner): arrays += self.arrays(below: inner, depth: depth + 1)
                case .dataset(let dataset):
                    guard !GoldenStorage.isPart(dataset.path) else { continue }
                    arrays.append(
                        NamedArray(
                            name: dataset.path, shape: dataset.shape, dtype: dataset.dtype
                        ) { try dataset.read() })
                }
            } catch {
                damage.append(Self.cause(error, path))
            }
        }
        return arrays
    }

    // MARK: Architecture

    private mutating func architecture(_ json: JSON, compiled: JSON?) {
        self.compiled = compiled.flatMap { $0.isNull ? Optional.none : $0 }
        list(json, depth: -1)
        do {
            let canonical = try WeightHints(file: path).canonicalConfig(
                json, era: era ?? .keras3, version: origin.version)
            guard let network = try LayerRegistry.standard.layer(from: canonical) as? Network else {
                limits.append("a single layer, not a model")
                return
            }
            let model = Model(network: network)
            summary = try model.summary()
            self.model = model
            for index in layers.indices { layers[index].isKnown = true }
        } catch {
            limits.append(Self.cause(error, path))
        }
    }

    private static let deepest = 64

    /// The layers in a configuration of any era, outermost first.
    private mutating func list(_ json: JSON, depth: Int) {
        guard depth < Self.deepest, let className = json["class_name"]?.string else { return }
        let config = json["config"]
        if depth >= 0 {
            layers.append(
                Layer(
                    name: json["name"]?.string ?? config?["name"]?.string ?? "",
                    className: className,
                    depth: depth, isKnown: isKnown(json)))
        }
        for inner in config?["layers"]?.array ?? config?.array ?? [] {
            list(inner, depth: depth + 1)
        }
        for key in ["layer", "backward_layer"] {
            if let inner = config?[key] { list(inner, depth: depth + 1) }
        }
    }

    /// Whether the layer's class is known today, under whatever name its era had.
    private func isKnown(_ json: JSON) -> Bool {
        if NetworkLayers.isNetwork(json) { return true }
        if let isKnown = TensorFlowLayers.knows(json) { return isKnown }
        guard
            let canonical = try? canonicalConfig(
                json, era: era ?? .keras3, version: origin.version)
        else { return false }
        return LayerRegistry.standard.knows(canonical)
    }
}
