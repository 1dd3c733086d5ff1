internal import SwiftletFiles

/// Keras 1's Merge, one class for all ways of merging.
struct Keras1Merge {
    private let given: Keras1Layer
    private let name: JSON

    init(_ layer: Keras1Layer) {
        given = layer
        name = layer.config["name"] ?? "merge"
    }

    /// The layer of today that merges so.
    func layer() throws(ConfigRefusal) -> JSON {
        let config = given.config
        if let kind = config["mode_type"]?.string, kind != "raw" {
            throw given.refusal("its mode is Python code, which is not run")
        }
        switch config["mode"]?.string {
        case "sum": return object("Add")
        case "mul": return object("Multiply")
        case "ave": return object("Average")
        case "max": return object("Maximum")
        case "min": return object("Minimum")
        case "concat": return object("Concatenate", ["axis": config["concat_axis"] ?? -1])
        case "dot": return object("Dot", ["axes": axes, "normalize": false])
        case "cos": return Keras1Composite.cosine(name: name, axes: axes)
        case let mode:
            throw given.refusal("mode \"\(mode ?? "")\" is unknown")
        }
    }

    private func object(_ className: String, _ options: JSONObject = [:]) -> JSON {
        var config = options
        config["name"] = name
        return ["class_name": .string(className), "config": .object(config)]
    }

    /// A number, or a list of one for each input, which early files wrap in lists of one.
    private var axes: JSON {
        guard let list = given.config["dot_axes"]?.array else {
            return given.config["dot_axes"] ?? -1
        }
        return .array(list.map { $0[0] ?? $0 })
    }
}
