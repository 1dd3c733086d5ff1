package import SwiftletFiles

/// Whose vocabulary and habits a configuration follows.
package enum KerasEra: Sendable, Hashable {
    case keras1, keras2, keras3

    /// - Parameter version: `keras_version` as files state it; nil where there is none.
    init(version: String) {
        switch version.split(separator: ".").first {
        case "1", "0": self = .keras1
        case "2": self = .keras2
        default: self = .keras3
        }
    }

    /// The era of an architecture that stands alone: Keras 1 and 2 name their version beside it,
    /// Keras 3 gives each object its module.
    init(architecture json: JSON) {
        if let version = json["keras_version"]?.string {
            self.init(version: version)
        } else if json["class_name"] == nil {
            self = .keras1  // Keras 0, whose Sequential is read along with Keras 1's
        } else {
            self = json["module"] == nil ? .keras2 : .keras3
        }
    }
}

/// What cannot be brought into today's vocabulary.
package struct ConfigRefusal: Error {
    /// The layer's name, or what else tells the place.
    let place: String
    let cause: String
}

/// Rewrites a model's configuration of any era into the canonical one: Keras 3's vocabulary, with
/// every node index counted from 0. Nothing behind this knows of eras.
///
/// - Parameters:
///   - version: the version of Keras, where it is known.
///   - onTheano: whether the model ran on Theano.
package func canonicalConfig(
    _ json: JSON, era: KerasEra, version: String? = nil, onTheano: Bool = false
) throws(ConfigRefusal) -> JSON {
    let canonical: JSON
    switch era {
    case .keras1:
        let translated = try Keras1Config(json).model(json)
        canonical = try Keras2Config(for: translated, version: "1").model(translated)
    case .keras2: canonical = try Keras2Config(for: json, version: version).model(json)
    case .keras3: canonical = try Keras3Config(for: json).model(json)
    }
    return onTheano ? try TheanoPadding().model(canonical) : canonical
}
