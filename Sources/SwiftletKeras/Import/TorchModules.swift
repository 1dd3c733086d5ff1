internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor
internal import SwiftletWeights

/// State dictionaries of PyTorch: a module's `weight`, `bias`, `running_mean`, `running_var`.
///
/// Modules find their layers by name (`layer1.0.conv1` as `layer1.0.conv1`, `layer1_0_conv1` or
/// `layer1/0/conv1`), as torchvision's ResNet does those of keras.applications, or by order where each
/// layer with weights follows from the one before it, so that there is only one order: VGG, DenseNet,
/// MobileNetV2, chains.
struct TorchModules: KnownLayout {
    func mapping(
        of arrays: [NamedArray], to model: ModelLayers, of network: Network
    ) throws -> FoundMapping? {
        guard let modules = TorchModule.modules(in: arrays) else { return nil }
        let layers = model.entries.filter { !$0.weights.isEmpty }
        let flattened = FlattenedInputs(network)
        for naming in [ResNetNames.layer, Self.sameName] {
            let pairs = modules.map { module in naming(module.name, layers) }
            guard !pairs.contains(where: { $0 == nil }), Set(pairs).count == layers.count else {
                continue
            }
            var found = FoundMapping(mapping: WeightMapping(rules: [:]))
            for case (let module, let position?) in zip(modules, pairs) {
                module.add(to: &found, layer: layers[position], flattened)
            }
            found.notes += ResNetNames.notes(on: network)
            return found
        }
        guard modules.count == layers.count, LayerChain(network).isOrdered(layers.map(\.name))
        else {
            return nil
        }
        var found = FoundMapping(mapping: WeightMapping(rules: [:]))
        for (module, layer) in zip(modules, layers) {
            module.add(to: &found, layer: layer, flattened)
        }
        found.notes.append("\(modules.count) modules were given to the layers by their order")
        return found
    }

    private static func sameName(_ module: String, _ layers: [ModelLayers.Entry]) -> Int? {
        let names = ["_", "/"].map { String(module.split(separator: ".").joined(separator: $0)) }
        return layers.firstIndex { $0.name == module || names.contains($0.name) }
    }
}

/// The arrays of one module.
private struct TorchModule {
    let name: String
    var arrays: [String: NamedArray] = [:]

    private static let leaves: Set = [
        "weight", "bias", "running_mean", "running_var", "num_batches_tracked",
    ]
    /// What training in parallel, and frameworks around it, put before every name.
    private static let wrappers = ["module.", "model.", "state_dict.", "model_state_dict.", "net."]

    /// Nil if any name is not one of a module's.
    static func modules(in arrays: [NamedArray]) -> [TorchModule]? {
        var modules: [TorchModule] = []
        var positions: [String: Int] = [:]
        for array in arrays {
            var parts = array.name.split(separator: ".")
            guard let leaf = parts.popLast().map(String.init), leaves.contains(leaf), !parts.isEmpty
            else { return nil }
            let name = parts.joined(separator: ".")
            let position = positions[name] ?? modules.count
            if position == modules.count {
                positions[name] = position
                modules.append(TorchModule(name: name))
            }
            modules[position].arrays[leaf] = array
        }
        var prefix = ""
        while let wrapper = wrappers.first(where: { wrapper in
            modules.allSatisfy { $0.name.hasPrefix(prefix + wrapper) }
        }), !modules.isEmpty { prefix += wrapper }
        return modules.map {
            TorchModule(name: String($0.name.dropFirst(prefix.count)), arrays: $0.arrays)
        }
    }

    /// What of the module each weight of a layer is.
    private static let sources = [
        "kernel": "weight", "depthwise_kernel": "weight", "gamma": "weight", "alpha": "weight",
        "embeddings": "weight", "bias": "bias", "beta": "bias", "moving_mean": "running_mean",
        "moving_variance": "running_var",
    ]

    func add(
        to found: inout FoundMapping, layer: ModelLayers.Entry, _ flattened: FlattenedInputs
    ) {
        var rules = found.mapping.rules
        for spec in layer.weights {
            guard let source = Self.sources[spec.name] else { continue }
            guard let array = arrays[source] else {
                // A convolution before a normalization does without a bias, which is one of 0;
                // a normalization without a factor has one of 1.
                if spec.name == "bias" || spec.name == "beta" { found.fills[spec.path] = 0 }
                if spec.name == "gamma" { found.fills[spec.path] = 1 }
                continue
            }
            rules[array.name] = rule(array, spec, flattened.extents[layer.name])
        }
        if let counter = arrays["num_batches_tracked"] { rules[counter.name] = .init(path: nil) }
        found.mapping = WeightMapping(rules: rules)
    }

    /// PyTorch's axes are out, in, space…; Keras's space…, in, out.
    private func rule(
        _ array: NamedArray, _ spec: ModelWeight, _ flattened: [Int]?
    ) -> WeightMapping.Rule {
        var rule = WeightMapping.Rule(path: spec.path)
        switch spec.name {
        case "kernel", "depthwise_kernel": return kernelRule(array, spec, flattened)
        case "alpha" where array.shape.elementCount == spec.shape.elementCount:
            rule.reshape = spec.shape.dimensions
        default: break
        }
        return rule
    }

    private func kernelRule(
        _ array: NamedArray, _ spec: ModelWeight, _ flattened: [Int]?
    ) -> WeightMapping.Rule {
        var rule = WeightMapping.Rule(path: spec.path)
        let rank = spec.shape.rank
        if rank >= 3, array.shape.rank == rank, array.shape[1] == 1,
            spec.shape[rank - 2] * spec.shape[rank - 1] == array.shape[0]
        {
            // Each channel on its own: PyTorch has (channels · multiplier, 1, space…).
            let space = Array(spec.shape.dropLast(2))
            rule.reshape = Array(spec.shape.suffix(2)) + space
            rule.transpose = Array(2..<rank) + [0, 1]
        } else if rank == 2 {
            // Channels come first where PyTorch flattens, last where Keras does.
            if let flattened, let channels = flattened.last, flattened.count > 1,
                array.shape.rank == 2, flattened.reduce(1, *) == array.shape[1]
            {
                let space = Array(flattened.dropLast())
                rule.reshape = [array.shape[0], channels] + space
                rule.transpose = Array(2..<flattened.count + 1) + [1, 0]
                rule.result = spec.shape.dimensions
            } else {
                rule.transpose = [1, 0]
            }
        } else if array.shape.rank == rank {
            rule.transpose = Array(2..<rank) + [1, 0]
        }
        return rule
    }
}

/// torchvision's ResNet and that of keras.applications.
private enum ResNetNames {
    /// `layer2.0.conv1` → `conv3_block1_1_conv`, `layer2.0.downsample.1` → `conv3_block1_0_bn`.
    static func layer(_ module: String, _ layers: [ModelLayers.Entry]) -> Int? {
        func position(_ name: String) -> Int? { layers.firstIndex { $0.name == name } }
        switch module {
        case "conv1": return position("conv1_conv")
        case "bn1": return position("conv1_bn")
        case "fc": return position("predictions")
        default: break
        }
        let parts = module.split(separator: ".")
        guard parts.count >= 3, parts[0].hasPrefix("layer"),
            let stage = Int(parts[0].dropFirst(5)), let block = Int(parts[1])
        else { return nil }
        let stem = "conv\(stage + 1)_block\(block + 1)_"
        switch (parts[2], parts.count > 3 ? parts[3] : "") {
        case ("downsample", "0"): return position(stem + "0_conv")
        case ("downsample", "1"): return position(stem + "0_bn")
        case (let part, "") where part.hasPrefix("conv"):
            return position(stem + part.dropFirst(4) + "_conv")
        case (let part, "") where part.hasPrefix("bn"):
            return position(stem + part.dropFirst(2) + "_bn")
        default: return nil
        }
    }

    /// The weights fit, the two architectures differ in a detail.
    static func notes(on network: Network) -> [String] {
        guard let first = network.entries.first(where: { $0.name == "conv3_block1_1_conv" }),
            case let strides = first.layer.config["strides"],
            strides?[0]?.int == 2 || strides?.int == 2
        else { return [] }
        return [
            "torchvision's ResNet takes its steps of 2 in the 3×3 convolutions, this model in the "
                + "1×1 before them: its outputs differ"
        ]
    }
}

/// Which dense layers take what a Flatten made of an image, and the image's extents.
private struct FlattenedInputs {
    private(set) var extents: [String: [Int]] = [:]

    init(_ network: Network) {
        guard let shapes = try? network.shapes() else { return }
        for entry in network.entries where entry.layer is Dense {
            var source = entry.calls.first?.leaves.first
            // Through layers that leave the elements where they are.
            for _ in 0..<16 {
                guard let reference = source, network.entries.indices.contains(reference.layer)
                else { break }
                let before = network.entries[reference.layer]
                let input = before.calls.first?.leaves.first
                if before.layer is Flatten, let input,
                    network.entries.indices.contains(input.layer)
                {
                    let name = network.entries[input.layer].name
                    let types = shapes.layers[name]?.first ?? []
                    guard types.indices.contains(input.output) else { break }
                    let inner = types[input.output].dropFirst().compactMap { $0 }
                    if inner.count + 1 == types[input.output].count { extents[entry.name] = inner }
                    break
                }
                guard before.layer is Dropout || before.layer is ActivationLayer else { break }
                source = input
            }
        }
    }
}

/// Whether layers follow one from the other.
private struct LayerChain {
    private let network: Network
    private let positions: [String: Int]

    init(_ network: Network) {
        self.network = network
        positions = Dictionary(
            network.entries.enumerated().map { ($1.name, $0) }
        ) { first, _ in first }
    }

    /// Whether each of these layers takes, however indirectly, what the one before it gives.
    func isOrdered(_ names: [String]) -> Bool {
        zip(names, names.dropFirst()).allSatisfy { before, after in
            guard let start = positions[after], let goal = positions[before] else { return false }
            var seen: Set = [start]
            var stack = [start]
            while let position = stack.popLast() {
                if position == goal { return true }
                for call in network.entries[position].calls {
                    for source in call.leaves where seen.insert(source.layer).inserted {
                        stack.append(source.layer)
                    }
                }
            }
            return false
        }
    }
}
