internal import SwiftletArchive
internal import SwiftletFiles
internal import SwiftletHDF5
package import SwiftletLayers
internal import SwiftletTensor
internal import SwiftletWeights

/// What kind of file of a model or of weights a file is, and what wrote it.
package struct KerasOrigin: Sendable {
    package enum Kind: String, Sendable {
        case model, weights, architecture
        /// Arrays that may be anything.
        case data
    }

    package let kind: Kind
    /// The kind in words, e.g. `a whole model in HDF5`.
    package let format: String
    /// The Keras that wrote it, as far as it says so.
    package let version: String?
    package let backend: String?

    init(_ content: KerasContent) throws {
        format = content.name
        switch content {
        case .package(let package):
            (kind, version, backend) = (
                .model, (try? package.metadata())??["keras_version"]?.string, nil
            )
        case .legacyModel(let file):
            kind = .model
            (version, backend) = Self.attributes(of: file)
        case .legacyWeights(let file), .weights(let file):
            kind = .weights
            (version, backend) = Self.attributes(of: file)
        case .foreign(let file) where file.format == .numPy:
            (kind, version, backend) = (.data, nil, nil)
        case .shardedWeights, .foreign: (kind, version, backend) = (.weights, nil, nil)
        case .architecture(let json):
            kind = .architecture
            (version, backend) = (json["keras_version"]?.string, json["backend"]?.string)
        }
    }

    private static func attributes(of file: HDF5File) -> (String?, String?) {
        func text(_ name: String) -> String? {
            (try? file.root.attribute(name))??.strings?.first
        }
        return (text("keras_version"), text("backend"))
    }
}

extension Model {
    /// Opens a model to train it: of an architecture alone, the weights are still to be initialized.
    ///
    /// - Throws: ``KerasFileError``.
    package static func trainable(
        _ path: String, weights: String? = nil, loading: WeightLoading = WeightLoading()
    ) throws -> (model: Model, report: WeightReport) {
        var (model, report): (Model, WeightReport)
        do {
            (model, report) = try KerasReading(path).model(
                needsWeights: false, hints: WeightHints(file: weights))
        } catch {
            throw KerasFileError(error, file: path)
        }
        if let weights { report = try model.loadWeights(from: weights, loading) }
        return (model, report)
    }
}
