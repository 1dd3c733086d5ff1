internal import SwiftletFiles

/// One layer of Keras 1 on its way into the words of Keras 2.
struct Keras1Layer {
    let className: String
    let config: JSONObject
    let place: String
    /// The extent of the last axis of the layer's input, where it is known.
    let inputWidth: Int?

    init(_ json: JSON, className: String, fed width: Int?) {
        self.className = className
        inputWidth =
            width ?? json["config"]?["input_dim"]?.int
            ?? json["config"]?["batch_input_shape"]?.array?.last?.int
        config = json["config"]?.object ?? [:]
        place = "layer '\(NetworkLayers.name(of: json) ?? className)' (\(className))"
    }

    func refusal(_ cause: String) -> ConfigRefusal { ConfigRefusal(place: place, cause: cause) }

    func converted(_ era: Keras1Config) throws(ConfigRefusal) -> JSON {
        switch className {
        case "Merge": return try Keras1Merge(self).layer()
        case "MaxoutDense": return try Keras1Composite.maxout(self)
        case "Highway": return try Keras1Composite.highway(self)
        case "ParametricSoftplus", "SReLU":
            throw refusal("\(className) exists in Keras 1 only and is not supported")
        default: break
        }
        guard let today = Keras1Words.classNames[className] else {
            throw refusal("a class that Keras 1 does not have; custom layers are not supported")
        }
        var words = try common()
        try adjust(&words, era)
        return ["class_name": .string(today), "config": .object(words)]
    }

    /// Everything that is only called otherwise.
    private func common() throws(ConfigRefusal) -> JSONObject {
        var words = JSONObject()
        let renamed = Keras1Words.keys(of: className)
        for (key, value) in config {
            switch key {
            case "input_dtype": words["dtype"] = value.isNull ? "float32" : value
            case "input_dim" where className != "Embedding": break
            case _ where Keras1Words.dropped.contains(key): break
            case "dim_ordering": words["data_format"] = try dataFormat(value)
            case _ where key.hasSuffix("regularizer"):
                words[renamed[key] ?? key] = try Keras1Words.regularizer(value, of: self)
            case _ where key.hasSuffix("constraint"):
                words[renamed[key] ?? key] = try Keras1Words.constraint(value, of: self)
            case _ where key == "init" || key.hasSuffix("_init"):
                words[renamed[key] ?? key] = Keras1Words.initializer(value)
            default: words[renamed[key] ?? key] = value
            }
        }
        return words
    }

    private func dataFormat(_ ordering: JSON) throws(ConfigRefusal) -> JSON {
        switch ordering {
        case "th": return "channels_first"
        case "tf", "default": return "channels_last"
        default: throw refusal("dim_ordering \(ordering.text()) is unknown")
        }
    }

    /// What single classes have of their own.
    private func adjust(
        _ words: inout JSONObject, _ era: Keras1Config
    ) throws(ConfigRefusal) {
        switch className {
        case "Convolution1D", "AtrousConvolution1D", "LocallyConnected1D":
            words["kernel_size"] = list(["filter_length"])
            words["strides"] = .array([config["subsample_length"] ?? 1])
        case "Convolution2D", "AtrousConvolution2D", "SeparableConvolution2D", "LocallyConnected2D",
            "ConvLSTM2D":
            words["kernel_size"] = list(["nb_row", "nb_col"])
        case "Deconvolution2D":
            words["kernel_size"] = list(["nb_row", "nb_col"])
            words["output_shape"] = nil
            guard config["border_mode"] != "full" else {
                throw refusal("border_mode \"full\" is not supported")
            }
        case "Convolution3D":
            words["kernel_size"] = list(["kernel_dim1", "kernel_dim2", "kernel_dim3"])
        case "MaxPooling1D", "AveragePooling1D":
            words["strides"] = config["stride"] ?? .null
        case "ZeroPadding1D", "ZeroPadding2D":
            words["padding"] = config["padding"].map(edges) ?? 1
        case "UpSampling1D": words["size"] = config["length"] ?? 2
        case "GRU": words["reset_after"] = false
        case "LSTM":
            words["unit_forget_bias"] = .bool(config["forget_bias_init"] != "zero")
            words["forget_bias_init"] = nil
        case "BatchNormalization": try normalization(&words, era)
        case "TimeDistributed", "Bidirectional":
            if let inner = config["layer"] { words["layer"] = try era.layer(inner) }
        case "Activation":
            if config["activation"]?.string == nil { throw refusal("an activation without a name") }
        default: break
        }
        if Keras1Words.orderedSilently.contains(className), words["data_format"] == nil {
            words["data_format"] = era.dataFormat
        }
        for key in ["strides", "dilation_rate"] where words[key]?.array?.isEmpty == true {
            words[key] = nil
        }
    }

    private func list(_ keys: [String]) -> JSON { .array(keys.map { config[$0] ?? .null }) }

    /// `{"top_pad": …}`, or a list of two or four numbers, as pairs.
    private func edges(_ padding: JSON) -> JSON {
        if padding.object != nil {
            func amount(_ key: String) -> JSON { padding[key] ?? 0 }
            let across: JSON = [amount("left_pad"), amount("right_pad")]
            return className == "ZeroPadding1D"
                ? across : [[amount("top_pad"), amount("bottom_pad")], across]
        }
        guard className == "ZeroPadding2D", let list = padding.array, list.count == 4 else {
            return padding
        }
        return [[list[0], list[1]], [list[2], list[3]]]
    }

    private func normalization(
        _ words: inout JSONObject, _ era: Keras1Config
    ) throws(ConfigRefusal) {
        guard !era.keepsDeviations else {
            throw refusal(
                "before Keras 1.0.7 its weights are standard deviations, which is not supported")
        }
        let mode = config["mode"]?.int ?? 0
        guard mode == 0 else {
            throw refusal(
                mode == 2
                    ? "mode 2 normalizes with each batch's own statistics, which is not supported"
                    : "mode \(mode) is not supported")
        }
        words["mode"] = nil
    }
}
