internal import SwiftletFiles
internal import SwiftletLayers

/// What a function of TensorFlow is called in `keras.ops`, and its arguments.
struct ForeignRow {
    /// An argument: its name in Keras and in TensorFlow, and whether Keras has it as an option of
    /// the operation's class.
    struct Parameter {
        let own: String
        let foreign: String
        let isOption: Bool
    }

    let operation: String
    /// In TensorFlow's order.
    let parameters: [Parameter]
    /// Options whose default differs from Keras's.
    let defaults: JSONObject

    /// - Parameter text: the operation, then its parameters: `own=foreign` for an argument,
    ///   `own:foreign` for an option; just one name where they agree.
    init(_ text: String, _ defaults: JSONObject = [:]) {
        let words = text.split(separator: " ")
        operation = words.first.map(String.init) ?? ""
        parameters = words.dropFirst().map { word in
            let isOption = word.contains(":")
            let names = word.split { $0 == "=" || $0 == ":" }.map(String.init)
            return Parameter(
                own: names.first ?? "", foreign: names.last ?? "", isOption: isOption)
        }
        self.defaults = defaults
    }
}

/// A call of a function of TensorFlow, with tensors in the canonical form.
struct ForeignCall {
    var positional: [JSON]
    var named: JSONObject

    /// The argument of a name, wherever it stands.
    func argument(_ name: String, in row: ForeignRow) -> JSON? {
        if let value = named[name], !value.isNull { return value }
        guard let place = row.parameters.firstIndex(where: { $0.foreign == name }),
            place < positional.count, !positional[place].isNull
        else { return nil }
        return positional[place]
    }
}

/// An operation that has to come before; its result takes the place of the first of its arguments.
struct Prelude: Hashable {
    let arguments: [String]
    let operation: String
    let options: JSONObject
}

/// A call of an operation of Keras.
struct OwnCall {
    var operation: String
    var arguments: [(name: String, value: JSON)] = []
    var options: JSONObject = [:]
    var preludes: [Prelude] = []

    /// - Throws: ``ConfigRefusal`` if an argument that is given has no place in the row.
    init(
        _ call: ForeignCall, _ row: ForeignRow, function: String, layer: String
    ) throws(ConfigRefusal) {
        operation = row.operation
        options = row.defaults
        var known: Set<String> = ["name"]
        for parameter in row.parameters {
            known.insert(parameter.foreign)
            guard let value = call.argument(parameter.foreign, in: row) else {
                if !parameter.isOption { arguments.append((parameter.own, .null)) }
                continue
            }
            if parameter.isOption {
                options[parameter.own] = value
            } else {
                arguments.append((parameter.own, Self.constant(value, for: parameter.own)))
            }
        }
        while arguments.last?.value.isNull == true { arguments.removeLast() }
        for (key, value) in call.named where !known.contains(key) && !value.isNull {
            guard Self.saysNothing(key, value) else {
                throw ConfigRefusal(
                    place: "layer '\(layer)'",
                    cause: "argument \(key) of tf.\(function) is not supported")
            }
        }
        guard call.positional.count <= row.parameters.count else {
            throw ConfigRefusal(
                place: "layer '\(layer)'", cause: "tf.\(function) with too many arguments")
        }
    }

    /// Lists of numbers in place of a tensor, as Keras 3 writes arrays.
    private static func constant(_ value: JSON, for name: String) -> JSON {
        let isList = ["key", "start_indices", "xs", "inputs", "dims"].contains(name)
        guard !isList, let parts = value.array, !parts.isEmpty, references(in: value).isEmpty
        else { return value }
        func isWhole(_ json: JSON) -> Bool {
            switch json {
            case .array(let parts): parts.allSatisfy(isWhole)
            case .int: true
            default: false
            }
        }
        let dtype: JSON = isWhole(value) ? "int32" : "float32"
        return ["class_name": "__numpy__", "config": ["value": value, "dtype": dtype]]
    }

    /// Arguments in a state in which they change nothing.
    private static func saysNothing(_ key: String, _ value: JSON) -> Bool {
        switch key {
        case "validate_indices", "conjugate", "adjoint_a", "adjoint_b", "a_is_sparse",
            "b_is_sparse", "preserve_aspect_ratio", "sparse", "sorted", "stable", "optimize",
            "partial":
            key == "sorted" || key == "stable" || value == false || value.isNull
        case "batch_dims": value == 0
        case "output_type", "out_type", "output_dtype", "out_idx", "layout": true
        default: false
        }
    }
}

/// A layer of TensorFlow's functions in the canonical form: operations of `keras.ops`.
struct ForeignOperation {
    private let name: String
    private let function: String
    private let calls: [OwnCall]

    /// - Parameters:
    ///   - calls: how each node of the layer calls the function.
    init(
        layer name: String, function: String, calls: [ForeignCall], rows: [String: ForeignRow]
    ) throws(ConfigRefusal) {
        self.name = name
        self.function = function
        guard !function.hasPrefix("compat.v1.image."),
            let row = rows[function] ?? rows[Self.plain(function)]
        else {
            throw ConfigRefusal(
                place: "layer '\(name)'",
                cause: "the TensorFlow function \(function) is not supported")
        }
        var own: [OwnCall] = []
        for call in calls {
            var call = call
            let preludes = try ForeignAdaptation(layer: name, function: function)
                .adapt(&call, row)
            var result = try OwnCall(call, row, function: function, layer: name)
            result.preludes = preludes
            own.append(result)
        }
        self.calls = own
    }

    /// Without the prefix of functions of TensorFlow 1.
    private static func plain(_ function: String) -> String {
        function.hasPrefix("compat.v1.") ? String(function.dropFirst(10)) : function
    }

    /// Canonical layers: preludes, then the operation under the layer's own name.
    func layers() throws(ConfigRefusal) -> [JSON] {
        guard let first = calls.first else { return [] }
        guard calls.allSatisfy({ $0.preludes == first.preludes }) else {
            throw ConfigRefusal(
                place: "layer '\(name)'", cause: "calls of tf.\(function) that differ in kind")
        }
        var calls = calls
        var layers: [JSON] = []
        for (number, prelude) in first.preludes.enumerated() {
            let preludeName = "\(name)_before_\(number)"
            var nodes: [JSON] = []
            for index in calls.indices {
                let taken = calls[index].arguments.filter { prelude.arguments.contains($0.name) }
                calls[index].arguments.removeAll {
                    prelude.arguments.dropFirst().contains($0.name)
                }
                let place = calls[index].arguments.firstIndex {
                    $0.name == prelude.arguments.first
                }
                guard let place else { continue }
                nodes.append(["args": .array(taken.map(\.value)), "kwargs": [:]])
                calls[index].arguments[place].value =
                    TensorReference(layer: preludeName, call: index, output: 0).tensor
            }
            layers.append(
                layer(preludeName, prelude.operation, prelude.options, nodes: nodes))
        }
        // Options belong to the operation if all calls share them and none is a tensor.
        let isShared =
            calls.allSatisfy { $0.options == first.options }
            && references(in: .object(first.options)).isEmpty
        let nodes = calls.map { call -> JSON in
            [
                "args": .array(call.arguments.map(\.value)),
                "kwargs": isShared ? [:] : .object(call.options),
            ]
        }
        layers.append(
            layer(name, first.operation, isShared ? first.options : [:], nodes: nodes))
        return layers
    }

    private func layer(
        _ name: String, _ operation: String, _ options: JSONObject, nodes: [JSON]
    ) -> JSON {
        var config: JSONObject = ["name": .string(name)]
        for (key, value) in options { config[key] = value }
        let module = OperationTable.module(of: operation) ?? .core
        return [
            "module": .string(module.path), "class_name": .string(operation),
            "config": .object(config), "registered_name": .string(operation),
            "name": .string(name), "inbound_nodes": .array(nodes),
        ]
    }
}
