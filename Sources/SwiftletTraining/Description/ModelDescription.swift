public import SwiftletFiles
public import SwiftletLayers
internal import SwiftletTensor

/// A chain of layers as people write it down, with what it is trained by, in Keras's words.
///
/// ```yaml
/// name: digits
/// input: [8, 8, 1]                 # without the batch
/// layers:
///   - Conv2D: {filters: 32, kernel_size: 3, activation: relu}
///   - Flatten
///   - Dense: {units: 10, activation: softmax}
/// loss: sparse_categorical_crossentropy
/// optimizer: {adam: {learning_rate: 0.002}}
/// metrics: [accuracy]
/// ```
///
/// A learning rate may be a schedule: `{cosine_decay: {initial_learning_rate: 0.002, decay_steps: 500}}`.
/// The same keys as JSON do as well. `input` may be `{shape: […], dtype: int32, name: words}`, and
/// null stands for an extent that varies. Graphs of layers are Keras architectures instead.
struct ModelDescription {
    private let members: JSONObject
    private static let keys: Set = ["name", "input", "layers", "loss", "optimizer", "metrics"]

    init(_ json: JSON) throws {
        guard let members = json.object, members["layers"] != nil else {
            throw ModelError.structure("a description with input and layers expected")
        }
        if let unknown = members.keys.first(where: { !Self.keys.contains($0) }) {
            throw ModelError.config(
                key: unknown, cause: "is none of \(Self.keys.sorted().joined(separator: ", "))")
        }
        self.members = members
    }

    /// Whether the JSON is meant as a description and not as a Keras architecture.
    static func describes(_ json: JSON) -> Bool {
        json["class_name"] == nil && json["layers"]?.array != nil
    }

    func model() throws -> Model {
        let layers = try layers()
        var model = try Model(name: members["name"]?.string, [input()] + layers)
        if let setup = try setup() { model.compile(setup) }
        return model
    }

    /// The layers alone, without their weights.
    func layers() throws -> [any Layer] {
        guard let list = members["layers"]?.array, !list.isEmpty else {
            throw ModelError.config(key: "layers", cause: "a list of layers expected")
        }
        return try list.enumerated().map { try layer($0.element, at: $0.offset + 1) }
    }

    private func input() throws -> Input {
        guard let given = members["input"] else {
            throw ModelError.config(key: "input", cause: "missing")
        }
        let shape = given["shape"] ?? given
        guard let extents = shape.int.map({ [.int($0)] }) ?? shape.array else {
            throw ModelError.config(key: "input", cause: "a shape expected, e.g. [8, 8, 1]")
        }
        var config: JSONObject = ["batch_shape": .array([.null] + extents)]
        config["dtype"] = given["dtype"] ?? "float32"
        config["name"] = given["name"]
        return try Input(config: LayerConfig(config, registry: .standard))
    }

    /// `Flatten`, or `Dense: {units: 10}`.
    private func layer(_ json: JSON, at position: Int) throws -> any Layer {
        let (className, options) = try named(json, "layers", "layer \(position)")
        let layer = try Self.layer(className, options)
        let known = Set(layer.config.keys).union(["name", "trainable", "dtype"])
        if let unknown = options.keys.first(where: { !known.contains($0) }) {
            throw ModelError.layer(
                place: options["name"]?.string ?? "\(position)", className: className,
                cause: "config \"\(unknown)\" is unknown"
                    + Suggestion.hint(for: unknown, among: known.sorted()))
        }
        return layer
    }

    private static func layer(_ className: String, _ options: JSONObject) throws -> any Layer {
        let registry = LayerRegistry.standard
        do {
            return try registry.layer(
                from: ["class_name": .string(className), "config": .object(options)])
        } catch ModelError.unknownLayer(let place, className, _) {
            throw ModelError.unknownLayer(
                place: place, className: className,
                suggestion: Suggestion.nearest(to: className, among: registry.classNames))
        }
    }

    /// A name alone, or one name with its options.
    private func named(
        _ json: JSON, _ key: String, _ place: String
    ) throws -> (name: String, options: JSONObject) {
        if let name = json.string { return (name, [:]) }
        guard let object = json.object, object.count == 1, let member = object.members.first,
            member.value.isNull || member.value.object != nil
        else {
            throw ModelError.config(
                key: key,
                cause: "\(place): a name, or a name with options, expected, "
                    + "\(json.text().prefix(60)) found")
        }
        return (member.key, member.value.object ?? [:])
    }

    private func setup() throws -> TrainingSetup? {
        guard let loss = try object("loss") else {
            if members["optimizer"] != nil || members["metrics"] != nil {
                throw ModelError.config(key: "loss", cause: "missing")
            }
            return nil
        }
        let metrics = members["metrics"].map { $0.array ?? [$0] } ?? []
        return TrainingSetup(
            optimizer: try Optimizer(json: object("optimizer") ?? "rmsprop"),
            loss: try Loss(json: loss),
            metrics: try metrics.map { try Metric(json: keras($0, "metrics")) })
    }

    private func object(_ key: String) throws -> JSON? {
        guard let json = members[key], !json.isNull else { return nil }
        return try keras(json, key)
    }

    /// Keras's form of a name with options.
    private func keras(_ json: JSON, _ key: String) throws -> JSON {
        var (name, options) = try named(json, key, key)
        for inner in ["learning_rate", "inner_optimizer"] {
            guard let value = options[inner], value.double == nil, value["class_name"] == .none
            else { continue }
            options[inner] = try keras(value, inner)
        }
        return options.isEmpty
            ? .string(name) : ["class_name": .string(name), "config": .object(options)]
    }
}

extension Model {
    /// The layers of a description, for a model that is there: ``replacingHead(after:with:seed:)``.
    ///
    /// - Throws: ``ModelError`` naming the layer and the option.
    public static func layers(description: JSON) throws -> [any Layer] {
        try ModelDescription(description).layers()
    }

    /// Whether the JSON is a description for ``init(description:)`` and not a Keras architecture.
    public static func isDescription(_ json: JSON) -> Bool { ModelDescription.describes(json) }

    /// A chain of layers, and what it is trained by, as people write it down in YAML or JSON:
    /// `input`, `layers` and, to compile it, `loss`, `optimizer` and `metrics`.
    ///
    /// - Throws: ``ModelError`` or ``TrainingError`` naming the layer and the option.
    public init(description: JSON) throws {
        self = try ModelDescription(description).model()
    }
}
