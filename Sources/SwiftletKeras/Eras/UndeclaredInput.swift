internal import SwiftletFiles

/// The input of a Sequential that declares none, in a canonical configuration: what its first layer
/// was built for, or what the shape of its first weight tells.
enum UndeclaredInput {
    /// - Parameter firstWeight: the shape of the first weight of the first layer that has any, given
    ///   that layer's class.
    static func declared(_ json: JSON, firstWeight: (_ className: String) -> [Int]?) -> JSON {
        guard json["class_name"] == "Sequential", var config = json["config"],
            let layers = config["layers"]?.array, let first = layers.first,
            first["class_name"] != "InputLayer",
            config["build_input_shape"].map(\.isNull) ?? true,
            let shape = built(first) ?? declaration(in: first) ?? told(by: layers, firstWeight)
        else { return json }
        config["build_input_shape"] = shape
        var json = json
        json["config"] = config
        return json
    }

    private static func built(_ layer: JSON) -> JSON? {
        guard let shape = layer["build_config"]?["input_shape"], let extents = shape.array,
            !extents.isEmpty, extents.allSatisfy({ $0.isNull || $0.int != nil })
        else { return nil }
        return .array([.null] + extents.dropFirst())
    }

    /// What a model that stands first declares of its own input.
    private static func declaration(in layer: JSON) -> JSON? {
        guard layer["class_name"] == "Sequential",
            let first = layer["config"]?["layers"]?.array?.first
        else { return nil }
        return first["class_name"] == "InputLayer"
            ? first["config"]?["batch_shape"] : built(first) ?? declaration(in: first)
    }

    /// Layers that leave shapes as they are and have no weights.
    private static let transparent: Set = [
        "Activation", "Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout", "Rescaling",
        "Masking", "ReLU", "LeakyReLU", "ELU", "Softmax", "ActivityRegularization", "Identity",
    ]

    private static func told(
        by layers: [JSON], _ firstWeight: (String) -> [Int]?
    ) -> JSON? {
        if let inner = layers.first, inner["class_name"] == "Sequential" {
            return told(by: inner["config"]?["layers"]?.array ?? [], firstWeight)
        }
        let weighted = layers.first { layer in
            layer["class_name"]?.string.map { !transparent.contains($0) } ?? true
        }
        guard let weighted, let className = weighted["class_name"]?.string,
            let weight = firstWeight(className)
        else { return nil }
        return extents(of: weighted, weight).map { .array($0) }
    }

    private static func extents(of layer: JSON, _ weight: [Int]) -> [JSON]? {
        let className = layer["class_name"]?.string ?? ""
        switch className {
        case "Dense": return weight.count == 2 ? [.null, .int(weight[0])] : nil
        case "BatchNormalization", "LayerNormalization":
            return weight.count == 1 ? [.null, .int(weight[0])] : nil
        case "Embedding": return [.null, .null]
        case "LSTM", "GRU", "SimpleRNN", "Bidirectional":
            return weight.count == 2 ? [.null, .null, .int(weight[0])] : nil
        case "TimeDistributed":
            guard let inner = layer["config"]?["layer"], let step = extents(of: inner, weight)
            else {
                return nil
            }
            return [.null, .null] + step.dropFirst()
        case _ where className.contains("Conv") && !className.contains("LSTM"):
            guard weight.count >= 3 else { return nil }
            let space = [JSON](repeating: .null, count: weight.count - 2)
            // A transposed kernel is [space, out, in].
            let channels = JSON.int(
                weight[className.contains("Transpose") ? weight.count - 1 : weight.count - 2])
            return layer["config"]?["data_format"] == "channels_first"
                ? [.null, channels] + space : [.null] + space + [channels]
        default: return nil
        }
    }
}
