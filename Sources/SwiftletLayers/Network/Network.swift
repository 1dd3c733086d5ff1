public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletLimits
internal import SwiftletTensor

/// Layers and how they are connected: a whole model's architecture, or a layer of a larger one.
public struct Network: Layer {
    public enum Kind: String, Sendable {
        case sequential = "Sequential"
        case functional = "Functional"
    }

    /// An output of a call of one of the layers.
    package struct Reference: Sendable, Hashable {
        package let layer: Int
        package let call: Int
        package let output: Int

        package init(layer: Int, call: Int = 0, output: Int = 0) {
            self.layer = layer
            self.call = call
            self.output = output
        }
    }

    /// A layer with its name and every call of it in this network; input layers have none.
    package struct Entry: Sendable {
        package var name: String
        package var layer: any Layer
        package var calls: [CallArguments<Reference>]

        package init(name: String, layer: any Layer, calls: [CallArguments<Reference>]) {
            self.name = name
            self.layer = layer
            self.calls = calls
        }
    }

    public static let className = Kind.functional.rawValue
    public var configClassName: String { kind.rawValue }
    /// The names under which files hold a network; older ones say Model.
    static let classNames = [Kind.functional.rawValue, Kind.sequential.rawValue, "Model"]
    public var options: LayerOptions
    package let kind: Kind
    package var entries: [Entry]
    package let inputs: Structure<Reference>
    package let outputs: Structure<Reference>
    /// Layers, those of models within it included.
    private let layerCount: Int
    /// Calls in an order in which they can be computed.
    private let schedule: [Reference]

    /// - Throws: ``ModelError/structure(_:)`` if names repeat, references lead nowhere or calls
    ///   depend on themselves; a `LimitError` if there are too many layers.
    package init(
        kind: Kind, options: LayerOptions, entries: [Entry], inputs: Structure<Reference>,
        outputs: Structure<Reference>
    ) throws {
        self.kind = kind
        self.options = options
        self.entries = entries
        self.inputs = inputs
        self.outputs = outputs
        layerCount = entries.reduce(0) { $0 + (($1.layer as? Network)?.layerCount ?? 1) }
        try Limits.check(.layers, layerCount)
        var names = Set<String>()
        for entry in entries where !names.insert(entry.name).inserted {
            throw ModelError.structure("two layers are named '\(entry.name)'")
        }
        schedule = try Self.schedule(entries, inputs: inputs.leaves, outputs: outputs.leaves)
    }

    public init(config: LayerConfig) throws {
        self = try NetworkConfig.network(from: config)
    }

    public var config: JSONObject { NetworkConfig.config(of: self) }

    /// Orders the calls that the outputs need so that each comes after what it takes.
    private static func schedule(
        _ entries: [Entry], inputs: [Reference], outputs: [Reference]
    ) throws -> [Reference] {
        enum Mark { case open, done }
        var marks: [Reference: Mark] = [:]
        for input in inputs { marks[Reference(layer: input.layer, call: input.call)] = .done }
        var order: [Reference] = []
        // An explicit stack: a deep network must not exhaust the thread's.
        var stack = outputs.reversed().map { Reference(layer: $0.layer, call: $0.call) }
        while let call = stack.last {
            guard entries.indices.contains(call.layer) else {
                throw ModelError.structure("a reference to a layer that is not there")
            }
            let entry = entries[call.layer]
            switch marks[call] {
            case .done: stack.removeLast()
            case .open:
                stack.removeLast()
                marks[call] = .done
                order.append(call)
            case nil:
                guard entry.calls.indices.contains(call.call) else {
                    throw ModelError.structure(
                        entry.layer is Input
                            ? "input '\(entry.name)' is not among the model's inputs"
                            : "layer '\(entry.name)' has no call \(call.call)")
                }
                marks[call] = .open
                for leaf in entry.calls[call.call].leaves.reversed() {
                    let needed = Reference(layer: leaf.layer, call: leaf.call)
                    switch marks[needed] {
                    case .open: throw ModelError.structure("layer '\(entry.name)' is in a cycle")
                    case nil: stack.append(needed)
                    case .done: break
                    }
                }
            }
        }
        return order
    }

    public var mixesExamples: Bool { entries.contains { $0.layer.mixesExamples } }

    /// The input layers' entries in the order in which the model takes its inputs.
    package var inputEntries: [Entry] { inputs.leaves.map { entries[$0.layer] } }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        let references = inputs.leaves
        guard call.inputs.count == references.count else {
            throw refusal("\(references.count) inputs expected, \(call.inputs.count) found")
        }
        var values: [Reference: Value] = [:]
        for (reference, value) in zip(references, call.inputs) { values[reference] = value }
        let groups = storeGroups
        for step in schedule {
            let entry = entries[step.layer]
            let arguments = try entry.calls[step.call].map { reference in
                guard let value = values[reference] else {
                    throw ModelError.structure(
                        "layer '\(entry.name)' takes output \(reference.output) of "
                            + "'\(entries[reference.layer].name)', which has no such output")
                }
                return value
            }
            let results = try lowering.applyEntry(
                entry.layer, at: step.layer, name: entry.name, group: groups[step.layer],
                to: arguments)
            for (output, value) in results.enumerated() {
                values[Reference(layer: step.layer, call: step.call, output: output)] = value
            }
        }
        return try outputs.leaves.map { reference in
            guard let value = values[reference] else {
                throw ModelError.structure(
                    "'\(entries[reference.layer].name)' has no output \(reference.output)")
            }
            return value
        }
    }

    /// Where each layer's weights lie in a `.weights.h5` file: the class in snake case, counted.
    package var storeGroups: [String] {
        var groups = StoreGroups()
        return entries.map { entry in
            if kind == .sequential, entry.layer is Input { return "" }
            // Operations are no layers and have no place there.
            if entry.layer is KerasOperation { return "" }
            return "layers/" + groups.next(entry.layer)
        }
    }
}

/// Names layers of one list in a `.weights.h5` file: the class in snake case, counted.
struct StoreGroups {
    private var counts: [String: Int] = [:]

    mutating func next(_ layer: any Layer) -> String {
        let name = snakeCase(layer.storedClassName)
        let count = counts[name, default: 0]
        counts[name] = count + 1
        return count == 0 ? name : "\(name)_\(count)"
    }
}

/// Keras's `to_snake_case`: `Conv2D` → `conv2d`, `MaxPooling2D` → `max_pooling2d`, `ReLU` → `re_lu`.
package func snakeCase(_ name: String) -> String {
    let letters = name.filter { $0.isLetter || $0.isNumber || $0 == "_" }
    // `(.)([A-Z][a-z]+)` → `\1_\2`, without overlaps, as Python's re.sub.
    var first: [Character] = []
    var characters = Array(letters)
    var index = 0
    while index < characters.count {
        if index + 2 < characters.count, characters[index + 1].isUppercase,
            characters[index + 2].isLowercase
        {
            first += [characters[index], "_", characters[index + 1]]
            index += 2
            while index < characters.count, characters[index].isLowercase {
                first.append(characters[index])
                index += 1
            }
        } else {
            first.append(characters[index])
            index += 1
        }
    }
    // `([a-z])([A-Z])` → `\1_\2`.
    characters = first
    var result = ""
    for (index, character) in characters.enumerated() {
        if index > 0, character.isUppercase, characters[index - 1].isLowercase { result += "_" }
        result.append(character)
    }
    return result.lowercased()
}
