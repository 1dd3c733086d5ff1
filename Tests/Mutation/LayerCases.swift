package import SwiftletFiles

/// Models to begin mutations with: those of `fixtures/layers` and `fixtures/operations`.
package enum LayerCases {
    /// A functional model of Keras 3 around the layer of a case; see `fixtures/README.md`.
    package static func model(of layer: JSON) -> JSON? {
        guard let inputs = layer["inputs"]?.array, let className = layer["class_name"]?.string,
            var config = layer["config"]
        else { return nil }
        config["name"] = "layer"
        let tensors = inputs.enumerated().map { index, input in tensor("input_\(index)", input) }
        // Without a word on it all inputs are one list.
        let separate = layer["call"]?["separate"]?.int ?? (tensors.count == 1 ? 1 : 0)
        let arguments = separate > 0 ? tensors : [.array(tensors)]
        var layers: [JSON] = inputs.enumerated().map { index, input in
            object(
                "InputLayer", name: "input_\(index)",
                config: [
                    "batch_shape": batchShape(input), "dtype": dtype(input),
                    "name": .string("input_\(index)"),
                ])
        }
        var node = object(className, name: "layer", config: config)
        node["inbound_nodes"] = .array([["args": .array(arguments), "kwargs": [:]]])
        layers.append(node)
        return object(
            "Functional", name: "model",
            config: [
                "name": "model", "trainable": true, "layers": .array(layers),
                "input_layers": .array(
                    inputs.indices.map { [.string("input_\($0)"), 0, 0] }),
                "output_layers": [["layer", 0, 0]],
            ])
    }

    private static func object(_ className: String, name: String, config: JSON) -> JSON {
        [
            "module": className == "Functional" ? "keras" : "keras.layers",
            "class_name": .string(className), "config": config, "registered_name": nil,
            "name": .string(name), "inbound_nodes": [],
        ]
    }

    private static func tensor(_ name: String, _ input: JSON) -> JSON {
        [
            "class_name": "__keras_tensor__",
            "config": [
                "shape": batchShape(input), "dtype": dtype(input),
                "keras_history": [.string(name), 0, 0],
            ],
        ]
    }

    private static func batchShape(_ input: JSON) -> JSON {
        .array([.null] + (input["shape"]?.array ?? []).dropFirst())
    }

    private static func dtype(_ input: JSON) -> JSON {
        input["dtype"] ?? (input["texts"] == nil ? "float32" : "string")
    }
}
