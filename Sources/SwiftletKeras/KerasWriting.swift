internal import SwiftletArchive
internal import SwiftletFiles
internal import SwiftletHDF5
public import SwiftletLayers
internal import SwiftletTensor

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
            try HDF5Writer.write(to: path) { try $0.legacyWeights(model, in: "/", format.version) }
        case .weights:
            try HDF5Writer.write(to: path) { try $0.storedWeights(model, optimizer: []) }
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
        let metadata: JSON = [
            "keras_version": .string(format.version), "date_saved": .string(Self.now()),
        ]
        var archive = try ZipWriter(replacing: path)
        try archive.add("metadata.json", metadata.text())
        try archive.add("config.json", config)
        try archive.add("model.weights.h5", weights, alignment: 64)
        try archive.finish()
    }

    /// The time in Keras's form: `2025-01-31@23:59:59`.
    private static func now() -> String {
        var seconds = time(nil)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
            + "@\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }
}
