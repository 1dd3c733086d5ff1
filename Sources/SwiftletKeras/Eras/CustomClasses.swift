internal import SwiftletFiles

/// Classes that are not Keras's own.
///
/// Files tell them by a package before the name, `Custom>Swish`, or not at all. A few that came with
/// published models mean one thing only and are read as today's layers; a class of a package that has
/// the name of a layer of Keras is still another class and stays unknown.
enum CustomClasses {
    /// Classes of published models, with today's class and the configuration that makes them.
    private static let published: [String: (className: String, config: JSONObject)] = [
        "FixedDropout": ("Dropout", [:]),
        "Swish": ("Activation", ["activation": "silu"]),
        "SiLU": ("Activation", ["activation": "silu"]),
        "Mish": ("Activation", ["activation": "mish"]),
        "HardSwish": ("Activation", ["activation": "hard_silu"]),
        "ReLU6": ("Activation", ["activation": "relu6"]),
        "Relu6": ("Activation", ["activation": "relu6"]),
    ]

    /// The packages under which Keras registers its own.
    private static let own: Set = ["Keras", "keras", "tf_keras", "tensorflow"]

    /// The layer with today's class where it can be told, or the full name that nobody knows.
    static func resolved(_ json: JSON) -> JSON {
        guard let given = json["class_name"]?.string else { return json }
        let registered = json["registered_name"]?.string
        let full = registered.map { $0.contains(">") } == true ? registered ?? given : given
        let parts = full.split(separator: ">", maxSplits: 1).map(String.init)
        let name = parts.last ?? full
        var json = json
        if let today = published[name] {
            json["class_name"] = .string(today.className)
            var config = json["config"]?.object ?? [:]
            for (key, value) in today.config { config[key] = value }
            json["config"] = .object(config)
        } else if parts.count == 2 {
            json["class_name"] = .string(own.contains(parts[0]) ? name : full)
        }
        return json
    }

    /// Initializers of published EfficientNets in today's words; others as they are.
    static func initializer(_ json: JSON) -> JSON {
        func scaling(_ scale: JSON, _ distribution: JSON) -> JSON {
            [
                "class_name": "VarianceScaling",
                "config": ["scale": scale, "mode": "fan_out", "distribution": distribution],
            ]
        }
        switch json["class_name"]?.string?.split(separator: ">").last {
        case "EfficientConv2DKernelInitializer": return scaling(2.0, "untruncated_normal")
        case "EfficientDenseKernelInitializer": return scaling(.double(1 / 3.0), "uniform")
        default: return json
        }
    }
}
