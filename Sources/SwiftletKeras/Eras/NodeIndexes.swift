package import SwiftletFiles

/// `[layer, call, output]` as configurations refer to a tensor; nil for anything else.
package struct TensorReference {
    let layer: String
    var call: Int
    let output: Int

    init?(_ json: JSON) {
        guard let parts = json.array, parts.count == 3 || parts.count == 4,
            let layer = parts[0].string, let call = parts[1].int, let output = parts[2].int
        else { return nil }
        (self.layer, self.call, self.output) = (layer, call, output)
    }

    package init(layer: String, call: Int, output: Int) {
        (self.layer, self.call, self.output) = (layer, call, output)
    }

    var json: JSON { [.string(layer), .int(call), .int(output)] }

    /// Keras 3's form of the tensor in a call's arguments.
    package var tensor: JSON {
        ["class_name": "__keras_tensor__", "config": ["keras_history": json]]
    }
}

/// Where the calls of the layers of one network begin to count.
///
/// A nested model starts life with a node of its own, which some eras count: the first call that a
/// configuration mentions is then number 1.
struct NodeBases {
    private var bases: [String: Int] = [:]

    subscript(layer: String) -> Int {
        get { bases[layer, default: 0] }
        set { bases[layer] = newValue }
    }

    func canonical(_ reference: TensorReference) -> TensorReference {
        var reference = reference
        reference.call -= self[reference.layer]
        return reference
    }

    /// Rewrites every reference in a list, dictionary or single triple.
    func canonical(_ json: JSON) -> JSON {
        if let reference = TensorReference(json) { return canonical(reference).json }
        switch json {
        case .array(let elements): return .array(elements.map(canonical))
        case .object(let object):
            var result = JSONObject()
            for (key, value) in object { result[key] = canonical(value) }
            return .object(result)
        default: return json
        }
    }
}

/// The layers of a network as its configuration lists them, whatever the era.
package struct NetworkLayers {
    static let networkClasses: Set = ["Functional", "Model", "Sequential"]

    static func isNetwork(_ layer: JSON) -> Bool {
        layer["class_name"]?.string.map { networkClasses.contains($0) } == true
            || layer["config"]?["layers"] != nil
    }

    package static func name(of layer: JSON) -> String? {
        layer["name"]?.string ?? layer["config"]?["name"]?.string
    }
}
