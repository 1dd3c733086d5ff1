internal import SwiftletFiles
internal import SwiftletLayers

/// Sizes that Keras 1 was told and that follow from the input today: those of transposed convolutions.
struct DeclaredShapes {
    private var shapes: [(layer: String, extents: [JSON])] = []

    init(_ json: JSON) { collect(json) }

    private mutating func collect(_ json: JSON) {
        if json["class_name"] == "Deconvolution2D", let name = NetworkLayers.name(of: json),
            let extents = json["config"]?["output_shape"]?.array
        {
            shapes.append((name, extents))
        }
        switch json {
        case .array(let elements): for element in elements { collect(element) }
        case .object(let object): for (_, value) in object { collect(value) }
        default: break
        }
    }

    /// - Throws: ``ConfigRefusal`` where a layer of the network gives another size.
    func check(_ network: Network) throws {
        guard !shapes.isEmpty else { return }
        let found = try network.shapes().layers
        for (layer, declared) in shapes {
            let calls = found.first { $0.key == layer || $0.key.hasSuffix("/" + layer) }?.value
            guard let output = calls?.first?.first, output.count == declared.count else { continue }
            let differs = zip(output, declared).dropFirst().contains { given, wanted in
                given != nil && wanted.int != nil && given != wanted.int
            }
            guard differs else { continue }
            throw ConfigRefusal(
                place: "layer '\(layer)' (Deconvolution2D)",
                cause: "output_shape \(JSON.array(declared).text()) is not the natural size "
                    + "\(output.map { $0.map(String.init) ?? "null" }), which is not supported")
        }
    }
}
