internal import SwiftletFiles

/// What `padding: "same"` meant on Theano, said in today's words in a canonical configuration.
///
/// Theano pads a window of `n` by `n / 2` before and `(n - 1) / 2` after, whatever the stride;
/// TensorFlow, and so Keras today, pads the other way round and counts from the stride. Where the two
/// differ, a layer of zeros goes before the convolution.
struct TheanoPadding {
    /// A model, or a layer without one.
    func model(_ json: JSON) throws(ConfigRefusal) -> JSON {
        guard var config = json["config"]?.object, let layers = config["layers"]?.array else {
            try refuseUneven(json)
            return json
        }
        let isFunctional = config["output_layers"] != nil
        var taken = Set(layers.compactMap(NetworkLayers.name(of:)))
        var written: [JSON] = []
        for layer in layers {
            guard !NetworkLayers.isNetwork(layer) else {
                written.append(try model(layer))
                continue
            }
            guard let amounts = padding(of: layer) else {
                try refuseUneven(layer)
                written.append(layer)
                continue
            }
            var name = (NetworkLayers.name(of: layer) ?? "convolution") + "_padding"
            while !taken.insert(name).inserted { name += "_" }
            written += split(layer, amounts, name: name, isFunctional: isFunctional)
        }
        config["layers"] = .array(written)
        var json = json
        json["config"] = .object(config)
        return json
    }

    /// The zeros, then the convolution without padding of its own.
    private func split(
        _ layer: JSON, _ amounts: [JSON], name: String, isFunctional: Bool
    ) -> [JSON] {
        var zeros: JSON = [
            "class_name": .string("ZeroPadding\(amounts.count)D"),
            "config": [
                "name": .string(name), "trainable": true,
                "padding": amounts.count == 1 ? amounts[0] : .array(amounts),
                "data_format": layer["config"]?["data_format"] ?? "channels_last",
            ],
        ]
        var convolution = layer
        if var config = convolution["config"] {
            config["padding"] = "valid"
            convolution["config"] = config
        }
        if isFunctional {
            let calls = layer["inbound_nodes"]?.array ?? []
            zeros["name"] = .string(name)
            zeros["inbound_nodes"] = .array(calls)
            convolution["inbound_nodes"] = .array(
                calls.indices.map { call in
                    let reference = TensorReference(layer: name, call: call, output: 0)
                    return ["args": [reference.tensor], "kwargs": [:]]
                })
        }
        return [zeros, convolution]
    }

    private static let convolutions = [
        "Conv1D": 1, "Conv2D": 2, "Conv3D": 3, "SeparableConv1D": 1, "SeparableConv2D": 2,
        "DepthwiseConv1D": 1, "DepthwiseConv2D": 2,
    ]

    /// How many zeros go before and after along each axis; nil where none are needed.
    private func padding(of layer: JSON) -> [JSON]? {
        guard let axes = layer["class_name"]?.string.flatMap({ Self.convolutions[$0] }),
            let windows = windows(of: layer, axes: axes),
            windows.contains(where: { !$0.isEven })
        else { return nil }
        return windows.map { window in
            let extent = (window.size - 1) * window.dilation + 1
            return [.int(extent / 2), .int((extent - 1) / 2)]
        }
    }

    private struct Window {
        let size, stride, dilation: Int
        /// Whether both ways of padding agree.
        var isEven: Bool { stride == 1 && ((size - 1) * dilation) % 2 == 0 }
    }

    /// The windows of a layer with padding `"same"`; nil for others.
    private func windows(of layer: JSON, axes: Int) -> [Window]? {
        guard let config = layer["config"], config["padding"] == "same" else { return nil }
        func numbers(_ key: String) -> [Int]? {
            guard let value = config[key], !value.isNull else { return nil }
            return value.int.map { [Int](repeating: $0, count: axes) }
                ?? value.array?.compactMap(\.int)
        }
        guard let sizes = numbers("kernel_size") ?? numbers("pool_size"), sizes.count == axes else {
            return nil
        }
        let isPooling = config["pool_size"] != nil
        let strides = numbers("strides") ?? (isPooling ? sizes : [Int](repeating: 1, count: axes))
        let dilations = numbers("dilation_rate") ?? [Int](repeating: 1, count: axes)
        guard strides.count == axes, dilations.count == axes,
            (sizes + strides + dilations).allSatisfy({ (1...1 << 20).contains($0) })
        else { return nil }
        return (0..<axes).map {
            Window(size: sizes[$0], stride: strides[$0], dilation: dilations[$0])
        }
    }

    /// Refuses layers whose windows lie elsewhere on Theano, where that cannot be said today.
    private func refuseUneven(_ layer: JSON) throws(ConfigRefusal) {
        guard let className = layer["class_name"]?.string else { return }
        if let inner = layer["config"]?["layer"], inner["class_name"] != nil {
            if padding(of: inner) != nil { throw refusal(inner) }
            return try refuseUneven(inner)
        }
        let isUnsplit = ["Pooling", "Transpose", "ConvLSTM"].contains { className.contains($0) }
        guard isUnsplit, let axes = className.first(where: \.isNumber)?.wholeNumberValue,
            let windows = windows(of: layer, axes: axes)
        else { return }
        // Pooling pads 3 by 1 and 2 by 1, but 5 by 3.
        let isSame = windows.allSatisfy {
            $0.isEven && (!className.contains("Pooling") || $0.size <= 3)
        }
        if !isSame { throw refusal(layer) }
    }

    private func refusal(_ layer: JSON) -> ConfigRefusal {
        let className = layer["class_name"]?.string ?? "layer"
        return ConfigRefusal(
            place: "layer '\(NetworkLayers.name(of: layer) ?? className)' (\(className))",
            cause: "the model ran on Theano, where padding \"same\" lays these windows elsewhere; "
                + "that is not supported")
    }
}
