internal import SwiftletFiles
internal import SwiftletLayers

/// Operations of Keras 3 as the TFOpLambda and SlicingOpLambda layers of Keras 2.
struct TensorFlowWriting {
    private let name: String
    private let operation: String
    private let config: JSONObject
    private let bases: NodeBases
    /// The model's inputs that are whole numbers or truth values.
    private let wholeInputs: Set<String>

    /// - Returns: nil for what is no operation.
    init?(_ layer: JSON, bases: NodeBases, wholeInputs: Set<String>) {
        guard layer["module"]?.string.flatMap(OperationModule.init(path:)) != nil,
            let operation = layer["class_name"]?.string
        else { return nil }
        name = NetworkLayers.name(of: layer) ?? operation
        self.operation = operation
        config = layer["config"]?.object ?? [:]
        self.bases = bases
        self.wholeInputs = wholeInputs
    }

    private func refusal(_ cause: String) -> ConfigRefusal {
        ConfigRefusal(
            place: "layer '\(name)'", cause: "the operation \(operation) \(cause)")
    }

    func layer(nodes: [JSON]) throws(ConfigRefusal) -> JSON {
        let isItem = operation == "GetItem"
        guard let (function, row) = TensorFlowFunctions.written[operation] else {
            throw refusal("has no counterpart in Keras 2; save as .keras")
        }
        var written: [JSON] = []
        for node in nodes { written.append(try self.node(node, row)) }
        let config: JSON = [
            "name": .string(name), "trainable": true, "dtype": "float32",
            "function": .string(function),
        ]
        return [
            "class_name": isItem ? "SlicingOpLambda" : "TFOpLambda", "config": config,
            "name": .string(name), "inbound_nodes": .array(written),
        ]
    }

    private func node(_ node: JSON, _ row: ForeignRow) throws(ConfigRefusal) -> JSON {
        if !Self.takesAnyType.contains(operation),
            references(in: node["args"] ?? []).contains(where: { wholeInputs.contains($0.layer) })
        {
            throw refusal("of whole numbers means another thing in Keras 2; save as .keras")
        }
        var values: [String: JSON] = [:]
        let own = row.parameters.filter { !$0.isOption }
        for (place, value) in (node["args"]?.array ?? []).enumerated() where !value.isNull {
            guard place < own.count else { throw refusal("is called with too many arguments") }
            values[own[place].own] = value
        }
        for (key, value) in config where key != "name" { values[key] = value }
        for (key, value) in node["kwargs"]?.object ?? [:] { values[key] = value }
        guard let first = own.first, let start = values.removeValue(forKey: first.own) else {
            throw refusal("is called without its first argument")
        }
        var keywords = JSONObject()
        for parameter in row.parameters {
            guard let value = values.removeValue(forKey: parameter.own), !value.isNull else {
                // None would mean something else there.
                if Self.needed[operation] == parameter.own {
                    throw refusal("without \(parameter.own) has no counterpart in Keras 2")
                }
                continue
            }
            keywords[parameter.foreign] = argument(try adapted(parameter.own, value))
        }
        for (key, value) in values where !Self.saysNothing(key, value) {
            throw refusal("with \(key) \(value.text().prefix(40)) has no counterpart in Keras 2")
        }
        return try entries(start, .object(keywords))
    }

    /// Operations that do the same with numbers of any type: TensorFlow promotes none.
    private static let takesAnyType: Set = [
        "Cast", "ConvertToTensor", "GetItem", "Reshape", "Transpose", "ExpandDims", "Squeeze",
        "Stack", "Split", "Unstack", "Tile", "Repeat", "Flip", "Roll", "Take", "Copy", "Equal",
        "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual", "ZerosLike", "OnesLike",
        "Shape", "StopGradient", "Pad", "Slice", "BroadcastTo",
    ]

    /// Options without which TensorFlow's function does another thing.
    private static let needed = [
        "Cumsum": "axis", "Cumprod": "axis", "Argmax": "axis", "Argmin": "axis", "Take": "axis",
        "Flip": "axis", "Roll": "axis", "Sort": "axis", "Argsort": "axis",
    ]

    private static func saysNothing(_ key: String, _ value: JSON) -> Bool {
        if value.isNull || value == false { return true }
        switch key {
        case "order": return value == 2
        case "data_format": return value == "channels_last"
        case "fill_mode": return value == "constant"
        case "fill_value": return value.double == 0
        case "sorted": return value == true
        default: return false
        }
    }

    /// Where both mean the same in another form.
    private func adapted(_ key: String, _ value: JSON) throws(ConfigRefusal) -> JSON {
        switch (operation, key) {
        case ("Normalize", "epsilon"):
            return .double((value.double ?? 1e-7) * (value.double ?? 1e-7))
        case ("Flip", "axis"): return value.int.map { JSON.array([.int($0)]) } ?? value
        case ("ExpandDims", "axis"):
            guard value.int != nil else {
                throw refusal("of several axes does not exist in Keras 2")
            }
            return value
        case ("Matmul", _), ("Take", "indices"):
            let constant = self.constant(value)
            let isVector = constant.array?.allSatisfy { $0.array == nil } == true
            let isNegative = constant.array?.contains { ($0.int ?? 0) < 0 } == true
            guard operation == "Matmul" ? !isVector : !isNegative else {
                throw refusal("with \(key) \(constant.text().prefix(40)) does not exist in Keras 2")
            }
            return value
        case ("Pad", "mode"): return .string((value.string ?? "constant").uppercased())
        case ("Pad", "pad_width"):
            guard value.array?.allSatisfy({ $0.array?.count == 2 }) == true else {
                throw refusal("with pad_width \(value.text()) has no counterpart in Keras 2")
            }
            return value
        case ("Split", "indices_or_sections"):
            guard value.int != nil else {
                throw refusal("at given places has no counterpart in Keras 2")
            }
            return value
        case ("Softmax", "axis"), ("LogSoftmax", "axis"):
            guard value.int != nil else {
                throw refusal("over several axes does not exist in Keras 2")
            }
            return value
        case ("GetItem", "key"): return .array((value.array ?? [value]).map(slice))
        default: return value
        }
    }

    private func slice(_ part: JSON) -> JSON {
        switch part["class_name"]?.string {
        case "__slice__": part["config"] ?? [:]
        case "__ellipsis__": ["class_name": "__ellipsis__"]
        default: part
        }
    }

    // MARK: Tensors

    private func entries(_ first: JSON, _ keywords: JSON) throws(ConfigRefusal) -> JSON {
        if let list = first.array, !references(in: first).isEmpty {
            var entries: [JSON] = []
            for element in list { entries.append(entry(element, keywords)) }
            return .array(entries)
        }
        return entry(first, keywords)
    }

    private func entry(_ json: JSON, _ keywords: JSON) -> JSON {
        guard let triple = reference(json)?.array else {
            // Division does not take a whole number with floats, as the others do.
            let isDividend = operation == "TrueDivide" || operation == "Divide"
            let number = isDividend ? json.int.map { JSON.double(Double($0)) } : nil
            return ["_CONSTANT_VALUE", -1, number ?? constant(json), keywords]
        }
        return .array(triple + [keywords])
    }

    private func reference(_ json: JSON) -> JSON? {
        guard json["class_name"] == "__keras_tensor__",
            let history = json["config"]?["keras_history"],
            let reference = TensorReference(history)
        else { return nil }
        return bases.canonical(reference).json
    }

    private func argument(_ json: JSON) -> JSON {
        if let reference = reference(json) { return reference }
        switch json {
        case .array(let elements): return .array(elements.map(argument))
        case .object(let object) where object["class_name"] == nil:
            var result = JSONObject()
            for (key, value) in object { result[key] = argument(value) }
            return .object(result)
        default: return constant(json)
        }
    }

    /// Arrays as nested lists.
    private func constant(_ json: JSON) -> JSON {
        switch json["class_name"]?.string {
        case "__numpy__", "__tensor__": json["config"]?["value"] ?? json
        default: json
        }
    }
}
