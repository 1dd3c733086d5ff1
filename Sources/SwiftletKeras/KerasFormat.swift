internal import SwiftletFiles

/// The kinds of files that a model is saved to.
public enum KerasFormat: Sendable, Hashable, CaseIterable {
    /// Keras 3's own: a zip of configuration and weights (`.keras`).
    case keras
    /// A whole model in HDF5 (`.h5`, `.hdf5`) that Keras 2 and Keras 3 both read: in the words of
    /// Keras 2, with nested functional models written as their layers, since the two number their
    /// calls differently. Training resumes in Keras 2; Keras 3 resumes from ``keras``. A model that
    /// uses what only Keras 3 has is written as ``legacyKeras3``.
    case legacy
    /// A whole model in HDF5 for Keras 2, nested models kept.
    case legacyKeras2
    /// A whole model in HDF5 for Keras 3, nested models kept.
    case legacyKeras3
    /// Weights alone in HDF5 as Keras 2 lists them by layer.
    case legacyWeights
    /// Weights alone in HDF5 by object (`.weights.h5`); Keras 3, and Keras 2 from 2.12.
    case weights
    /// The architecture alone as JSON, for Keras 3.
    case architecture
    /// The architecture alone as JSON, for Keras 2.
    case architectureKeras2

    /// The format that a file's name asks for; nil if it says nothing.
    public init?(path: String) {
        let name = fileName(of: path).lowercased()
        let suffixes: [(String, KerasFormat)] = [
            (".keras", .keras), (".weights.h5", .weights), (".h5", .legacy), (".hdf5", .legacy),
            (".json", .architecture),
        ]
        guard let match = suffixes.first(where: { name.hasSuffix($0.0) }) else { return nil }
        self = match.1
    }

    /// Whether the words are those of Keras 2.
    var isForKeras2: Bool {
        switch self {
        case .legacy, .legacyKeras2, .legacyWeights, .architectureKeras2: true
        case .keras, .legacyKeras3, .weights, .architecture: false
        }
    }

    /// Whether changes of low rank go into the weights that they change.
    var mergesWeights: Bool { self == .keras || self == .weights }

    /// The version of Keras whose words the file uses.
    var version: String { isForKeras2 ? "2.15.0" : "3.15.1" }
}
