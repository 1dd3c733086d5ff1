internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletTensor

/// A model's layers, shapes and weights, how it was compiled and what wrote it.
struct ModelListing {
    private let summary: ModelSummary
    private let compiled: JSONObject?
    private let origin: KerasOrigin

    init(_ summary: ModelSummary, _ model: Model, _ origin: KerasOrigin) {
        self.summary = summary
        compiled = model.compilation?.config
        self.origin = origin
    }

    func text(for console: Console) -> String {
        let version = origin.version.map { ", Keras \($0)" } ?? ""
        let backend = origin.backend.map { " on \($0)" } ?? ""
        var table = TextTable(
            title: "\(summary.name): \(origin.format)\(version)\(backend)",
            columns: [
                .init("layer", .left), .init("class", .left), .init("output", .left),
                .init("parameters"), .init("after", .left),
            ])
        for layer in summary.layers {
            let name = layer.path.split(separator: "/").last.map(String.init) ?? layer.path
            table.add([
                String(repeating: "  ", count: layer.depth) + name, layer.className,
                layer.outputShapes.map(Self.text).joined(separator: " "),
                layer.parameterCount == 0 ? "" : String(layer.parameterCount),
                layer.inputs.joined(separator: ", "),
            ])
        }
        let fixed = summary.parameterCount - summary.trainableCount
        let lines = [
            table.text(for: console),
            "\(summary.parameterCount) parameters, \(fixed) of them not trained",
            compiledText,
        ]
        return lines.joined(separator: "\n")
    }

    private static func text(_ shape: [Int?]) -> String {
        "[" + shape.map { $0.map(String.init) ?? "–" }.joined(separator: ", ") + "]"
    }

    private var compiledText: String {
        guard let compiled else { return "not compiled" }
        return "compiled with "
            + [("optimizer", "optimizer"), ("loss", "loss"), ("metrics", "metrics")]
            .compactMap { key, title in
                compiled[key].flatMap(Self.name).map { "\(title) \($0)" }
            }.joined(separator: ", ")
    }

    /// The name of an object that Keras has serialized, or of several.
    private static func name(_ json: JSON) -> String? {
        if let text = json.string { return text }
        if let name = json["class_name"]?.string {
            // A function is named by its config.
            return name == "function" ? json["config"]?.string : name
        }
        switch json {
        case .array(let items):
            let names = items.compactMap(name)
            return names.isEmpty ? nil : names.joined(separator: " ")
        case .object(let members):
            let names = members.compactMap { member in
                name(member.value).map { "\(member.key)=\($0)" }
            }
            return names.isEmpty ? nil : names.joined(separator: " ")
        default: return nil
        }
    }

    var json: JSON {
        func shape(_ shape: [Int?]) -> JSON { .array(shape.map { $0.map(JSON.int) ?? .null }) }
        func weights(_ weights: [ModelSummary.Weight]) -> JSON {
            .array(
                weights.map { weight in
                    [
                        "name": .string(weight.path), "dtype": .string(weight.dtype.rawValue),
                        "shape": shape(weight.shape.map { $0 }),
                        "trainable": .bool(weight.isTrainable),
                    ]
                })
        }
        let layers = summary.layers.map { layer -> JSON in
            [
                "name": .string(layer.path), "class_name": .string(layer.className),
                "output_shapes": .array(layer.outputShapes.map(shape)),
                "inputs": .array(layer.inputs.map(JSON.string)),
                "parameters": .int(layer.parameterCount),
                "weights": weights(layer.weights),
            ]
        }
        return [
            "kind": .string(origin.kind.rawValue), "format": .string(origin.format),
            "keras_version": origin.version.map(JSON.string) ?? .null,
            "backend": origin.backend.map(JSON.string) ?? .null, "name": .string(summary.name),
            "inputs": .array(
                summary.inputs.map { ["name": .string($0.name), "shape": shape($0.shape)] }),
            "output_shapes": .array(summary.outputShapes.map(shape)),
            "parameters": .int(summary.parameterCount),
            "trainable_parameters": .int(summary.trainableCount),
            "layers": .array(layers), "compiled": compiled.map(JSON.object) ?? .null,
        ]
    }
}
