internal import SwiftletFiles
internal import SwiftletLayers

/// How a model was compiled, between the files of all eras and Keras 3's `compile_config`.
enum CompileConfig {
    // MARK: Reading

    /// `training_config` of a legacy file.
    static func canonical(legacy json: JSON) -> JSONObject {
        var config: JSONObject = [:]
        if let optimizer = json["optimizer_config"] {
            config["optimizer"] = self.optimizer(optimizer)
        }
        return completed(config, from: json)
    }

    /// `compile_config` of a `.keras` file; nil if the model was not compiled.
    static func canonical(stored json: JSON?) -> JSONObject? {
        guard let json, let members = json.object, !members.isEmpty else { return nil }
        var config: JSONObject = [:]
        if let optimizer = json["optimizer"], !optimizer.isNull {
            config["optimizer"] = self.optimizer(optimizer)
        }
        return completed(config, from: json)
    }

    private static func completed(_ given: JSONObject, from json: JSON) -> JSONObject {
        var config = given
        config["loss"] = json["loss"].map(loss) ?? .null
        config["loss_weights"] = json["loss_weights"] ?? .null
        config["metrics"] = json["metrics"].map(metrics) ?? .null
        config["weighted_metrics"] = json["weighted_metrics"].map(metrics) ?? .null
        for (key, fallback) in runOptions {
            config[key] = json[key].flatMap { $0.isNull ? nil : $0 } ?? fallback
        }
        return config
    }

    private static let runOptions: [(String, JSON)] = [
        ("run_eagerly", false), ("steps_per_execution", 1), ("jit_compile", false),
    ]

    /// Names and options of Keras 2's optimizers in today's words.
    private static func optimizer(_ json: JSON) -> JSON {
        guard let className = json["class_name"]?.string, var config = json["config"]?.object else {
            return json
        }
        if config["learning_rate"] == nil, let rate = config["lr"] {
            config["learning_rate"] = rate
        }
        config["lr"] = nil
        if let decay = config["decay"]?.double {
            if decay > 0, let rate = config["learning_rate"]?.double {
                config["learning_rate"] = kerasObject(
                    module: "keras.optimizers.schedules", className: "InverseTimeDecay",
                    config: [
                        "initial_learning_rate": .double(rate), "decay_steps": 1,
                        "decay_rate": .double(decay), "staircase": false,
                        "name": "InverseTimeDecay",
                    ])
            }
            config["decay"] = nil
        }
        for key in ["jit_compile", "is_legacy_optimizer"] { config[key] = nil }
        if className.hasSuffix("Adamax") == false { config["schedule_decay"] = nil }
        let name = className.split(separator: ">").last.map(String.init) ?? className
        return kerasObject(module: "keras.optimizers", className: name, config: .object(config))
    }

    private static func loss(_ json: JSON) -> JSON {
        switch json {
        case .array(let losses): return .array(losses.map(loss))
        case .object where json["class_name"] != nil:
            var json = json
            if json["config"]?["reduction"] == "auto", var config = json["config"] {
                config["reduction"] = "sum_over_batch_size"
                json["config"] = config
            }
            return json
        case .object(let object):
            var losses = JSONObject()
            for (key, value) in object { losses[key] = loss(value) }
            return .object(losses)
        default: return json
        }
    }

    /// Keras 2 wraps the functions it was given by name, and lists those of one output in a list.
    private static func metrics(_ json: JSON) -> JSON {
        switch json {
        case .array(let elements):
            if elements.count == 1, elements[0].array != nil { return metrics(elements[0]) }
            return .array(elements.map(metrics))
        case .object where json["class_name"] != nil:
            guard let className = json["class_name"]?.string, className.hasSuffix("MetricWrapper")
            else { return json }
            let given = json["config"]?["name"]?.string
            let function = json["config"]?["fn"]?.string ?? json["config"]?["fn"]?["config"]?.string
            if let given, shortNames.contains(given) { return .string(given) }
            return function.map(JSON.string) ?? json
        case .object(let object):
            var result = JSONObject()
            for (key, value) in object { result[key] = metrics(value) }
            return .object(result)
        default: return json
        }
    }

    /// Names that users give and Keras keeps in the history.
    private static let shortNames: Set = [
        "accuracy", "acc", "mse", "MSE", "mae", "MAE", "mape", "MAPE", "msle", "MSLE", "kld",
        "cosine_similarity",
    ]

    // MARK: Writing

    /// `compile_config` for a `.keras` file.
    static func stored(_ config: JSONObject) -> JSON {
        var config = config
        config["optimizer"] = config["optimizer"].map(withoutOwnWords)
        for (key, value) in runOptions where config[key] == nil { config[key] = value }
        return .object(config)
    }

    /// `training_config` for a legacy file, in a form that both eras read.
    static func legacy(_ config: JSONObject, forKeras2: Bool) -> JSON {
        var written: JSONObject = [:]
        for key in ["loss", "loss_weights", "metrics", "weighted_metrics"] {
            written[key] = fullNames(config[key] ?? .null)
        }
        if let optimizer = config["optimizer"].map(withoutOwnWords) {
            written["optimizer_config"] = forKeras2 ? keras2(optimizer) : bare(optimizer)
        }
        return .object(written)
    }

    /// An optimizer, and those in it, without what Keras's files have no word for.
    private static func withoutOwnWords(_ json: JSON) -> JSON {
        guard let object = json.object else { return json }
        var result = JSONObject()
        for (key, value) in object where key != "exclude_from_weight_decay" {
            result[key] = withoutOwnWords(value)
        }
        return .object(result)
    }

    private static func bare(_ json: JSON) -> JSON {
        ["class_name": json["class_name"] ?? .null, "config": json["config"] ?? [:]]
    }

    /// `Custom>` is how Keras 2 tells its newer optimizers from the former ones of the same names.
    private static func keras2(_ json: JSON) -> JSON {
        let className = json["class_name"]?.string ?? json.string ?? ""
        var config = json["config"]?.object ?? [:]
        config["loss_scale_factor"] = nil
        config["gradient_accumulation_steps"] = nil
        if config["name"] == nil { config["name"] = .string(className) }
        config["jit_compile"] = false
        config["is_legacy_optimizer"] = false
        return ["class_name": .string("Custom>\(className)"), "config": .object(config)]
    }

    /// Keras 3 cannot read the short names of losses in legacy files.
    private static func fullNames(_ json: JSON) -> JSON {
        switch json {
        case .string(let name): return .string(longNames[name.lowercased()] ?? name)
        case .array(let elements): return .array(elements.map(fullNames))
        case .object where json["class_name"] != nil: return json
        case .object(let object):
            var result = JSONObject()
            for (key, value) in object { result[key] = fullNames(value) }
            return .object(result)
        default: return json
        }
    }

    private static let longNames = [
        "mse": "mean_squared_error", "mae": "mean_absolute_error",
        "mape": "mean_absolute_percentage_error", "msle": "mean_squared_logarithmic_error",
        "bce": "binary_crossentropy", "kld": "kl_divergence", "huber_loss": "huber",
    ]
}
