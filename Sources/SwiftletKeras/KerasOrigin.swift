internal import SwiftletArchive
internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletLayers
internal import SwiftletTensor

/// What kind of Keras file a file is, and what wrote it.
package struct KerasOrigin: Sendable {
    package enum Kind: String, Sendable {
        case model, weights, architecture
    }

    package let kind: Kind
    /// The kind in words, e.g. `a whole model in HDF5`.
    package let format: String
    /// The Keras that wrote it, as far as it says so.
    package let version: String?
    package let backend: String?

    /// Nil if the file is none of Keras's.
    ///
    /// - Throws: ``KerasFileError`` if it cannot be read at all.
    package init?(of path: String) throws {
        let content: KerasContent
        do {
            content = try KerasContent(path)
        } catch let error as KerasFileError {
            if case .foreign = error.cause { return nil }
            throw error
        } catch {
            throw KerasFileError(error, file: path)
        }
        format = content.name
        do {
            switch content {
            case .archive(let archive):
                guard archive["config.json"] != nil else { return nil }
                let metadata = try archive["metadata.json"].map {
                    try JSON(parsing: archive.read($0))
                }
                (kind, version, backend) = (.model, metadata?["keras_version"]?.string, nil)
            case .legacyModel(let file):
                kind = .model
                (version, backend) = try Self.attributes(of: file)
            case .legacyWeights(let file), .weights(let file):
                kind = .weights
                (version, backend) = try Self.attributes(of: file)
            case .architecture(let json):
                guard json["class_name"] != nil || json["layers"] != nil else { return nil }
                kind = .architecture
                (version, backend) = (json["keras_version"]?.string, json["backend"]?.string)
            }
        } catch {
            throw KerasFileError(error, file: path)
        }
    }

    private static func attributes(of file: HDF5File) throws -> (String?, String?) {
        (
            try file.root.attribute("keras_version")?.strings?.first,
            try file.root.attribute("backend")?.strings?.first
        )
    }
}

extension Model {
    /// Opens a model to train it: of an architecture alone, the weights are still to be initialized.
    ///
    /// - Throws: ``KerasFileError``.
    package init(trainable path: String, weights: String? = nil) throws {
        do {
            self = try KerasReading(path).model(needsWeights: false)
        } catch {
            throw KerasFileError(error, file: path)
        }
        if let weights { try loadWeights(from: weights) }
    }
}
