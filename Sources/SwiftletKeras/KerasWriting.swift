internal import SwiftletArchive
internal import SwiftletFiles
internal import SwiftletHDF5
public import SwiftletLayers
internal import SwiftletTensor
internal import SwiftletWeights

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension Model {
    /// Saves the model in a format of Keras. The file appears whole or not at all.
    ///
    /// - Parameters:
    ///   - path: where to; an existing file is replaced.
    ///   - format: what the suffix of `path` says if nil.
    /// - Throws: ``KerasFileError``, also if the model has no weights yet.
    public func save(to path: String, as format: KerasFormat? = nil) throws {
        guard let format = format ?? KerasFormat(path: path) else {
            throw KerasFileError(
                path,
                .foreign("the format is not clear from the name; .keras, .h5, .weights.h5 or .json")
            )
        }
        do {
            try KerasWriting(self, format).write(to: path)
        } catch {
            throw KerasFileError(error, file: path)
        }
    }
}

extension Model {
    /// Saves the weights alone under their paths, as safetensors or NumPy's `.npz`, by the suffix of
    /// `path`.
    ///
    /// - Throws: ``KerasFileError``, also if the model has no weights yet.
    public func saveWeights(to path: String) throws {
        do {
            guard let format = WeightFile.format(ofName: path) else {
                throw KerasFileError(
                    path, .foreign("a name that ends in .safetensors or .npz expected"))
            }
            let arrays = try network.shapes().weights.map { spec in
                guard let tensor = tensors[spec.path] else {
                    throw ModelError.weight(
                        path: spec.path, cause: "has no value; initialize the model")
                }
                return (name: spec.path, tensor: tensor)
            }
            try WeightFile.write(arrays, to: path, as: format, metadata: [("format", "np")])
        } catch {
            throw KerasFileError(error, file: path)
        }
    }
}

/// Writing one file.
private struct KerasWriting {
    private let model: PreparedModel
    private let format: KerasFormat

    init(_ model: Model, _ format: KerasFormat) throws {
        let prepared = try PreparedModel(model, for: format)
        if format == .legacy, !Self.hasWordsOfKeras2(prepared) {
            self.model = try PreparedModel(model, for: .legacyKeras3)
            self.format = .legacyKeras3
        } else {
            self.model = prepared
            self.format = format
        }
    }

    /// Whether the words of Keras 2 can say it, so that both Kerases understand.
    private static func hasWordsOfKeras2(_ model: PreparedModel) -> Bool {
        guard let written = try? Keras2Writing(for: model.config).model(model.config) else {
            return false
        }
        return Keras2Writing.isReadByKeras3(written)
    }

    func write(to path: String) throws {
        switch format {
        case .keras: try writeArchive(to: path)
        case .legacy, .legacyKeras2, .legacyKeras3: try HDF5Writer.write(to: path, legacyModel)
        case .legacyWeights:
            try HDF5Writer.write(to: path) { writer in
                try writer.legacyWeights(model, in: "/", format.version)
                try GoldenStorage.write(model.golden, to: writer)
            }
        case .weights:
            try HDF5Writer.write(to: path) { writer in
                try writer.storedWeights(model, optimizer: [])
                try GoldenStorage.write(model.golden, to: writer)
            }
        case .architecture, .architectureKeras2:
            try AtomicFile.write(architecture().text(), to: path)
        }
    }

    private func config() throws -> JSON {
        format.isForKeras2
            ? try Keras2Writing(for: model.config).model(model.config)
            : try Keras3Writing(for: model.config, shapes: model.shapes).model(model.config)
    }

    private func architecture() throws -> JSON {
        var json = try config()
        if format.isForKeras2 {
            json["keras_version"] = .string(format.version)
            json["backend"] = "tensorflow"
        } else if let compiled = model.compilation {
            json["compile_config"] = CompileConfig.stored(compiled.config)
        }
        return json
    }

    // MARK: HDF5

    private func legacyModel(_ writer: HDF5Writer) throws {
        try writer.attribute("keras_version", of: "/", format.version)
        try writer.attribute("backend", of: "/", "tensorflow")
        try writer.attribute("model_config", of: "/", config().text())
        try KerasMetadata.write(model.metadata, to: writer)
        try GoldenStorage.write(model.golden, to: writer)
        try writer.legacyWeights(model, in: "/model_weights", format.version)
        guard let compilation = model.compilation else { return }
        let training = CompileConfig.legacy(
            compilation.config, forKeras2: format.isForKeras2)
        try writer.attribute("training_config", of: "/", training.text())
        try OptimizerVariables.write(
            compilation.optimizerState,
            optimizer: compilation.config["optimizer"]?["class_name"]?.string ?? "optimizer",
            forKeras2: format.isForKeras2, to: writer)
    }

    // MARK: .keras

    private func writeArchive(to path: String) throws {
        let config = try architecture().text()
        let weights = try HDF5Writer.image(named: path) { writer in
            let state = model.compilation?.optimizerState ?? []
            try writer.storedWeights(model, optimizer: state.map(\.value))
        }
        var metadata: JSONObject = [
            "keras_version": .string(format.version), "date_saved": .string(Self.now()),
        ]
        for (key, value) in model.metadata where metadata[key] == nil { metadata[key] = value }
        var archive = try ZipWriter(replacing: path)
        try archive.add(KerasMetadata.member, JSON.object(metadata).text())
        try archive.add("config.json", config)
        try archive.add("model.weights.h5", weights, alignment: 64)
        if model.golden != nil {
            let golden = try HDF5Writer.image(named: path) {
                try GoldenStorage.write(model.golden, to: $0)
            }
            try archive.add(GoldenStorage.member, golden)
        }
        try archive.finish()
    }

    /// The time in Keras's form: `2025-01-31@23:59:59`. `SOURCE_DATE_EPOCH` sets it, so that the same
    /// work gives the same bytes.
    private static func now() -> String {
        var seconds =
            getenv("SOURCE_DATE_EPOCH").flatMap { time_t(String(cString: $0)) } ?? time(nil)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
            + "@\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }
}
