internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// The augmenting layers that ``RandAugment`` and ``AugMix`` choose from, made with the same range.
struct AugmentationSet: Sendable {
    let layers: [(name: String, layer: any UnaryLayer)]

    private enum Kind {
        case moving([String])
        case colouring([String])
    }

    private static let kinds: [(name: String, type: any UnaryLayer.Type, kind: Kind)] = [
        ("random_shear", RandomShear.self, .moving(["x_factor", "y_factor"])),
        ("random_translation", RandomTranslation.self, .moving(["height_factor", "width_factor"])),
        ("random_rotation", RandomRotation.self, .moving(["factor"])),
        ("random_brightness", RandomBrightness.self, .colouring(["factor"])),
        ("random_color_degeneration", RandomColorDegeneration.self, .colouring(["factor"])),
        ("random_contrast", RandomContrast.self, .colouring(["factor"])),
        ("random_sharpness", RandomSharpness.self, .colouring(["factor"])),
        ("random_posterization", RandomPosterization.self, .colouring([])),
        ("solarization", Solarization.self, .colouring(["addition_factor", "threshold_factor"])),
        ("auto_contrast", AutoContrast.self, .colouring([])),
        ("equalization", Equalization.self, .colouring([])),
    ]

    /// - Parameters:
    ///   - factor: the strength of all of them.
    ///   - names: which ones; all if nil.
    init(config: LayerConfig, factor: ClosedRange<Float>, names: Set<String>? = nil) throws {
        let chosen = Self.kinds.filter { names?.contains($0.name) != false }
        layers = try chosen.map { name, type, kind in
            var options: JSONObject = ["seed": config.json["seed"] ?? .null]
            let range: JSON = [.number(factor.lowerBound), .number(factor.upperBound)]
            switch kind {
            case .moving(let keys):
                for key in keys { options[key] = range }
                options["interpolation"] = config.json["interpolation"] ?? .null
            case .colouring(let keys):
                for key in keys { options[key] = range }
                options["value_range"] = config.json["value_range"] ?? .null
            }
            if name == "random_posterization" {
                options["factor"] = .int(max(1, Int(8 * factor.upperBound)))
            }
            let layer = try type.init(
                config: LayerConfig(
                    options, registry: config.registry, depth: config.depth + 1))
            return (name, layer)
        }
    }

    /// The images, changed by the layer whose number is in `choice`, a scalar; by none beyond them.
    ///
    /// - Parameter scope: tells one draw of random numbers from another.
    func applied(
        _ choice: Value, to images: Value, scope: String, in lowering: inout Lowering
    ) throws -> Value {
        try layers.enumerated().reduce(images) { result, entry in
            let (position, (name, layer)) = entry
            let changed = try lowering.apply(
                layer, name: "\(scope)\(name)", group: nil, to: CallArguments(images))
            guard let changed = changed.first else { return result }
            let isChosen = try lowering.graph.compare(
                .equal, choice, lowering.graph.constant(Float(position)))
            return try lowering.graph.select(isChosen, changed, result)
        }
    }
}

extension Lowering {
    /// Whole numbers from 0 to `limit` − 1, as float32 scalars.
    mutating func drawnChoices(
        _ count: Int, below limit: Int, seed: Int?, name: String
    ) throws -> [Value] {
        guard count > 0 else { return [] }
        let noise = try uniformNoise([count], seed: seed, name: name)
        let whole = try graph.unary(.floor, graph.scale(noise, by: Float(limit)))
        return try (0..<count).map {
            try graph.reshape(graph.slice(whole, axis: 0, $0..<($0 + 1)), to: [])
        }
    }
}
