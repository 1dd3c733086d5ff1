internal import SwiftletFiles
internal import SwiftletKeras
package import SwiftletLayers
internal import SwiftletTensor

/// A network that turns pictures into features, and maybe into logits or probabilities.
package struct FeatureNetwork: Sendable {
    /// What becomes of a picture before it goes in.
    package var preprocessing: Preprocessing
    /// The file, and the first digits of its SHA-256.
    package let path: String
    package let digest: String
    /// The layer that gives the features, by name.
    package let layer: String
    /// Whether the second kind of output is a softmax's.
    package let givesProbabilities: Bool
    /// Why the file may not be the one that its name says.
    package let warning: String?
    let model: Model
    let featureOutput: Int?
    /// How many channels are kept at all positions; nil if all are averaged over positions.
    let spatialChannels: Int?
    let logitOutput: Int?
    /// Nil where the network takes any size.
    package let inputSize: (height: Int, width: Int)?
    let inputChannels: Int

    /// Opens PyTorch's weights of the FID Inception-v3, or a Keras model.
    ///
    /// - Parameters:
    ///   - layer: whose output the features are; the last one's if nil.
    ///   - features, logits: what is wanted of the network.
    package init(
        _ path: String, layer: String?, features: Bool = true, logits: Bool = false
    ) throws {
        let name = fileName(of: path).lowercased()
        if name.hasSuffix(".pth") || name.hasSuffix(".pt") || name.hasSuffix(".safetensors") {
            let weights = try TorchWeights(path)
            try self.init(inception: path, layer: layer, features, logits) { place in
                try Self.inception(weights, layer: place, logits: logits)
            }
        } else {
            guard PathKind(path) != .missing else {
                throw FeatureError(path, KnownFile.advice(fileName(of: path)) ?? "no such file")
            }
            if name.hasPrefix("inception_v3_weights"), name.hasSuffix(".h5") {
                try self.init(
                    inception: path, givesProbabilities: true, layer: layer, features, logits
                ) { try Self.kerasInception(path, layer: $0, logits: logits) }
                return
            }
            try self.init(
                Model.opened(path).model, path: path, layer: layer, features: features,
                logits: logits)
        }
    }

    /// - Parameter open: makes the network whose outputs are a layer's features, if there is one, and,
    ///   if wanted, logits.
    private init(
        inception path: String, givesProbabilities: Bool = false, layer: String?, _ features: Bool,
        _ logits: Bool, open: (InceptionV3.Layer?) throws -> Model
    ) throws {
        let last = String(InceptionV3.Layer.last.rawValue)
        guard let number = Int(layer ?? last), let place = InceptionV3.Layer(rawValue: number)
        else {
            throw FeatureError(
                path,
                "layer '\(layer ?? "")' is none of 64, 192, 768, 2048 and (spatial) 2023")
        }
        model = try open(features ? place : nil)
        self.path = path
        (digest, warning) = try Self.digest(of: path)
        self.layer = String(number)
        preprocessing = .symmetric()
        self.givesProbabilities = givesProbabilities
        spatialChannels = place == .spatial ? InceptionV3.spatialChannels : nil
        featureOutput = features ? 0 : nil
        logitOutput = logits ? (features ? 1 : 0) : nil
        inputSize = (InceptionV3.size, InceptionV3.size)
        inputChannels = 3
    }

    private static func inception(
        _ weights: TorchWeights, layer: InceptionV3.Layer?, logits: Bool
    ) throws -> Model {
        guard weights.contains("Conv2d_1a_3x3.conv.weight") else {
            throw FeatureError(
                weights.path,
                "not the Inception-v3 of FID (array 'Conv2d_1a_3x3.conv.weight' is missing)")
        }
        var model = try InceptionV3.model(layer: layer, logits: logits)
        try weights.fill(&model)
        return model
    }

    /// The weights that keras.applications offers; the layers are counted from 1, or as a new session
    /// of Keras does it.
    private static func kerasInception(
        _ path: String, layer: InceptionV3.Layer?, logits: Bool
    ) throws -> Model {
        var refusal: (any Error)?
        for firstNumber in [1, 0] {
            do {
                var model = try InceptionV3.model(
                    .keras(firstNumber: firstNumber), layer: layer, logits: logits)
                let report = try model.loadWeights(from: path, WeightLoading(matching: .name))
                guard report.missing.isEmpty else {
                    throw FeatureError(
                        path,
                        "\(report.missing.count) weights are missing, "
                            + "'\(report.missing[0])' is the first")
                }
                return model
            } catch {
                refusal = refusal ?? error
            }
        }
        throw refusal ?? FeatureError(path, "no weights")
    }

    /// Any model of one picture.
    package init(
        _ model: Model, path: String, layer: String?, features: Bool = true, logits: Bool = false
    ) throws {
        let shape = model.inputShapes.first ?? []
        guard model.inputNames.count == 1, shape.count == 3,
            let channels = shape[2], channels == 1 || channels == 3
        else {
            throw FeatureError(
                path,
                "a model of one picture [height, width, 1 or 3] is needed; its inputs are "
                    + model.inputShapes.map { "\($0.map { $0.map(String.init) ?? "any" })" }
                    .joined(separator: ", "))
        }
        var outputs: [Network.Reference] = []
        let last = model.network.outputs.leaves
        guard let end = last.first, last.count == 1 || layer != nil && !logits else {
            throw FeatureError(path, "\(last.count) outputs; name the layer with --layer")
        }
        var network = model.network
        if features, let layer {
            guard let found = try network.exposing(layer) else {
                throw FeatureError(path, network.lack(of: layer))
            }
            network = found.network
            outputs.append(found.reference)
        } else if features {
            outputs.append(end)
        }
        if logits { outputs.append(end) }
        var cut = Model(
            network: try Network(
                kind: .functional, options: network.options, entries: network.entries,
                inputs: network.inputs,
                outputs: outputs.count == 1
                    ? .leaf(outputs[0]) : .list(outputs.map { .leaf($0) })))
        cut.tensors = model.tensors
        self.model = cut
        self.path = path
        (digest, warning) =
            PathKind(path) == .regular
            ? try Self.digest(of: path) : (Self.digest(of: model), nil)
        self.layer = layer ?? model.network.entries[end.layer].name
        preprocessing = Preprocessing()
        givesProbabilities = model.network.endsInSoftmax(end)
        spatialChannels = nil
        featureOutput = features ? 0 : nil
        logitOutput = logits ? outputs.count - 1 : nil
        if let height = shape[0], let width = shape[1] {
            inputSize = (height, width)
        } else {
            inputSize = nil
        }
        inputChannels = channels
    }

    /// Of the weights in the order of their names.
    private static func digest(of model: Model) -> String {
        var bytes: [UInt8] = []
        for (name, tensor) in model.tensors.sorted(by: { $0.key < $1.key }) {
            bytes += Array(name.utf8)
            tensor.withUnsafeBytes { bytes += $0 }
        }
        return bytes.withUnsafeBytes { SHA256.digest($0) }
    }

    /// The file's digest, and a warning if its name promises another.
    static func digest(of path: String) throws -> (String, String?) {
        let digest = try MappedFile(path).withUnsafeBytes { SHA256.digest($0) }
        guard let promised = KnownFile.promisedDigest(fileName(of: path)),
            !digest.hasPrefix(promised)
        else { return (digest, nil) }
        return (
            digest,
            "\(path): its SHA-256 begins with \(digest.prefix(8)), not with \(promised) as its name "
                + "says; scores will not compare with others'"
        )
    }
}

extension Network {
    /// This network, in which a layer's output can be referred to. A layer of a nested model has the
    /// outer layer's name and a slash before its own.
    fileprivate func exposing(_ name: String) throws -> (network: Network, reference: Reference)? {
        if let position = entries.firstIndex(where: { $0.name == name }) {
            return (self, Reference(layer: position))
        }
        for (position, entry) in entries.enumerated() where name.hasPrefix(entry.name + "/") {
            guard let nested = entry.layer as? Network,
                let found = try nested.exposing(String(name.dropFirst(entry.name.count + 1)))
            else { continue }
            let outputs = found.network.outputs.leaves
            var own = self
            own.entries[position].layer = try Network(
                kind: found.network.kind, options: found.network.options,
                entries: found.network.entries, inputs: found.network.inputs,
                outputs: .list((outputs + [found.reference]).map { .leaf($0) }))
            return (own, Reference(layer: position, output: outputs.count))
        }
        return nil
    }

    fileprivate func lack(of name: String) -> String {
        let near = entries.map(\.name).suffix(5).map { "'\($0)'" }
        let nested = entries.last { $0.layer is Network }
        return "no layer '\(name)'; the last ones are \(near.joined(separator: ", "))"
            + (nested.map { "; those within '\($0.name)' are called '\($0.name)/…'" } ?? "")
    }

    /// Whether an output is a softmax's, in this network or in one nested in it.
    fileprivate func endsInSoftmax(_ reference: Reference) -> Bool {
        let layer = entries[reference.layer].layer
        if let network = layer as? Network, let end = network.outputs.leaves.first {
            return network.endsInSoftmax(end)
        }
        return layer is Softmax || layer.config["activation"]?.string == "softmax"
    }
}
