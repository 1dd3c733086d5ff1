internal import SwiftletFiles

/// Layers of Keras 1 that today are several: written as small models of today's layers, so that
/// every later Keras can read what is saved of them.
enum Keras1Composite {
    /// The inner layers of Highway that have weights; files list both kernels, then both biases.
    static let highwayLayers = ["highway_gate", "highway_body"]

    /// `max over k of x · W[k] + b[k]`.
    static func maxout(_ layer: Keras1Layer) throws(ConfigRefusal) -> JSON {
        guard let units = layer.config["output_dim"]?.int,
            case let count = layer.config["nb_feature"]?.int ?? 4,
            units > 0, count > 0, units <= 1 << 24, count <= 1 << 24
        else { throw layer.refusal("output_dim and nb_feature must be positive numbers") }
        return sequential(
            layer,
            [
                try dense(layer, name: "maxout_features", units: units * count),
                object(
                    "Reshape",
                    [
                        "name": "maxout_choices",
                        "target_shape": [.int(count), .int(units)],
                    ]),
                object("GlobalMaxPooling1D", ["name": "maxout_maximum"]),
            ])
    }

    /// `t · f(x · W + b) + (1 − t) · x` with `t = sigmoid(x · W_carry + b_carry)`, computed as
    /// `x + t · (f − x)`.
    static func highway(_ layer: Keras1Layer) throws(ConfigRefusal) -> JSON {
        guard let width = layer.inputWidth, width > 0 else {
            throw layer.refusal("the width of its input is not declared anywhere before it")
        }
        let x: JSON = ["highway_input", 0, 0]
        var gate = try dense(layer, name: highwayLayers[0], units: width)
        gate["config"] = [
            "name": .string(highwayLayers[0]), "units": .int(width), "activation": "sigmoid",
            "use_bias": layer.config["bias"] ?? true, "bias_initializer": "ones",
            "kernel_initializer": layer.config["init"].map(Keras1Words.initializer)
                ?? "glorot_uniform",
        ]
        var body = try dense(layer, name: highwayLayers[1], units: width)
        if var config = body["config"] {
            config["activation"] = layer.config["activation"] ?? "linear"
            body["config"] = config
        }
        func merging(_ className: String, _ name: String) -> JSON {
            object(className, ["name": .string(name)])
        }
        return functional(
            layer.config["name"] ?? "highway",
            inputs: ["highway_input": [nil, .int(width)]],
            [
                (gate, [x]), (body, [x]),
                (merging("Subtract", "highway_change"), [["highway_body", 0, 0], x]),
                (
                    merging("Multiply", "highway_gated"),
                    [["highway_gate", 0, 0], ["highway_change", 0, 0]]
                ),
                (merging("Add", "highway_sum"), [x, ["highway_gated", 0, 0]]),
            ])
    }

    /// The cosine of two vectors, with the axis that Keras 1 adds.
    static func cosine(name: JSON, axes: JSON) -> JSON {
        functional(
            name, inputs: ["cosine_a": [nil, nil], "cosine_b": [nil, nil]],
            [
                (
                    object("Dot", ["name": "cosine_dot", "axes": axes, "normalize": true]),
                    [["cosine_a", 0, 0], ["cosine_b", 0, 0]]
                ),
                (
                    object("Reshape", ["name": "cosine_axis", "target_shape": [1, 1]]),
                    [["cosine_dot", 0, 0]]
                ),
            ])
    }

    private static func dense(
        _ layer: Keras1Layer, name: String, units: Int
    ) throws(ConfigRefusal) -> JSON {
        var config: JSONObject = [
            "name": .string(name), "units": .int(units), "activation": "linear",
            "use_bias": layer.config["bias"] ?? true,
        ]
        for (key, value) in layer.config {
            switch key {
            case "W_regularizer", "b_regularizer":
                config[Keras1Words.keys(of: "Dense")[key] ?? key] =
                    try Keras1Words.regularizer(value, of: layer)
            case "init": config["kernel_initializer"] = Keras1Words.initializer(value)
            case "trainable": config[key] = value
            default: break
            }
        }
        return object("Dense", config)
    }

    private static func object(_ className: String, _ config: JSONObject) -> JSON {
        ["class_name": .string(className), "config": .object(config)]
    }

    private static func sequential(_ layer: Keras1Layer, _ layers: [JSON]) -> JSON {
        let name = layer.config["name"] ?? "maxout"
        return object("Sequential", ["name": name, "layers": .array(layers)])
    }

    /// A model of layers, each with its arguments; the last one gives the output.
    private static func functional(
        _ name: JSON, inputs: JSONObject, _ layers: [(layer: JSON, arguments: [JSON])]
    ) -> JSON {
        var listed = inputs.members.map { input -> JSON in
            [
                "class_name": "InputLayer", "name": .string(input.key), "inbound_nodes": [],
                "config": [
                    "name": .string(input.key), "batch_input_shape": input.value,
                    "dtype": "float32", "sparse": false,
                ],
            ]
        }
        for (layer, arguments) in layers {
            var layer = layer
            layer["name"] = layer["config"]?["name"]
            layer["inbound_nodes"] = [.array(arguments)]
            listed.append(layer)
        }
        return object(
            "Model",
            [
                "name": name, "layers": .array(listed),
                "input_layers": .array(inputs.keys.map { [.string($0), 0, 0] }),
                "output_layers": [[layers.last?.layer["config"]?["name"] ?? .null, 0, 0]],
            ])
    }
}
