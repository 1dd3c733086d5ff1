internal import SwiftletFiles
public import SwiftletLayers

/// Where the two Kerases make different things of masks, see ``MaskRule``: what files say of it.
///
/// Neither Keras has a word for the other's rule. A canonical configuration says `strict` where
/// Keras 2's rule holds; a file for a Keras of the other rule says it beside the layer's `config`,
/// where both overlook it, so that at least a model saved and opened here stays the same.
struct MaskRules {
    /// Whether any layer makes masks, so that it matters what the others make of them.
    let hasMasks: Bool

    /// - Parameter model: the outermost object, in any era's words.
    init(for model: JSON) {
        hasMasks = model.contains { $0["class_name"] == "Masking" || $0["mask_zero"] == true }
    }

    /// The canonical layer with its rule.
    ///
    /// - Parameters:
    ///   - stored: the layer as the file has it.
    ///   - usual: the rule of the Keras whose words the file uses.
    func reading(_ layer: JSON, stored: JSON, usual: MaskRule) -> JSON {
        guard isConcerned(layer) else { return layer }
        let rule = stored[MaskRule.configKey]?.string.flatMap(MaskRule.init) ?? usual
        var layer = layer
        set(rule == .loose ? nil : .string(rule.rawValue), in: &layer)
        return layer
    }

    private func set(_ rule: JSON?, in layer: inout JSON) {
        guard var config = layer["config"] else { return }
        config[MaskRule.configKey] = rule
        for key in ["layer", "backward_layer"] {
            guard var inner = config[key], inner["class_name"] != nil else { continue }
            set(rule, in: &inner)
            config[key] = inner
        }
        layer["config"] = config
    }

    /// The written layer with its rule, if that is not the usual one of the Keras it is written for.
    func writing(_ layer: JSON, canonical: JSON, usual: MaskRule) -> JSON {
        guard differs(canonical, from: usual) else { return layer }
        var layer = layer
        layer[MaskRule.configKey] = .string(Self.rule(of: canonical).rawValue)
        return layer
    }

    private static func rule(of layer: JSON) -> MaskRule {
        layer["config"]?[MaskRule.configKey]?.string.flatMap(MaskRule.init) ?? .loose
    }

    private func differs(_ layer: JSON, from usual: MaskRule) -> Bool {
        isConcerned(layer) && Self.rule(of: layer) != usual
    }

    /// Merging layers and recurrent ones that are given states, where there are masks; attention and
    /// softmax where they are given one, too.
    private func isConcerned(_ layer: JSON) -> Bool {
        guard let name = layer["class_name"]?.string else { return false }
        let nodes = layer["inbound_nodes"]?.array ?? []
        if Self.attending.contains(name) {
            return hasMasks
                || nodes.contains {
                    $0["kwargs"]?["attention_mask"] != nil || $0["kwargs"]?["mask"] != nil
                }
        }
        guard hasMasks else { return false }
        if Self.merging.contains(name) { return true }
        return Keras2Calls.recurrentClasses.contains(name)
            && nodes.contains {
                references(in: $0["args"] ?? []).count > 1 || $0["kwargs"]?["initial_state"] != nil
            }
    }

    private static let attending: Set = ["MultiHeadAttention", "Softmax"]
    private static let merging: Set = [
        "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate",
    ]

    /// The names of the layers whose rule is not the usual one.
    func unusual(in layer: JSON, usual: MaskRule) -> [String] {
        let own = differs(layer, from: usual) ? [NetworkLayers.name(of: layer) ?? "layer"] : []
        let inner = layer["config"]?["layers"]?.array ?? []
        return own + inner.flatMap { unusual(in: $0, usual: usual) }
    }
}

extension KerasFormat {
    /// The rule of the Keras for which the file is written.
    var maskRule: MaskRule { isForKeras2 ? .strict : .loose }
}

extension Model {
    /// The layers whose masked steps Keras will treat otherwise than this model does, once it is
    /// saved as `format`: the two Kerases differ in this.
    public func layersWithOtherMasks(in format: KerasFormat) -> [String] {
        let json = network.serialized()
        return MaskRules(for: json).unusual(in: json, usual: format.maskRule)
    }
}
