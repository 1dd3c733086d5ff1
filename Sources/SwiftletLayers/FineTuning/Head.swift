internal import SwiftletFiles
internal import SwiftletTensor

extension Network {
    /// The network up to what `output` gives, without the layers that it does not need.
    fileprivate func cut(at output: Reference) throws -> Network {
        var needed = Set<Reference>()
        var stack = [output]
        while let reference = stack.popLast() {
            let call = Reference(layer: reference.layer, call: reference.call)
            guard needed.insert(call).inserted, !(entries[call.layer].layer is Input) else {
                continue
            }
            stack += entries[call.layer].calls[call.call].leaves
        }
        // An input that is not needed stays one, for the caller's sake.
        let inputLayers = Set(inputs.leaves.map(\.layer))
        var calls: [Reference: Reference] = [:]
        var kept: [Entry] = []
        for (index, entry) in entries.enumerated() {
            let own = entry.calls.indices.filter {
                needed.contains(Reference(layer: index, call: $0))
            }
            guard !own.isEmpty || inputLayers.contains(index) else { continue }
            for (place, call) in own.enumerated() {
                calls[Reference(layer: index, call: call)] = Reference(
                    layer: kept.count, call: place)
            }
            if entry.layer is Input {
                calls[Reference(layer: index)] = Reference(layer: kept.count)
            }
            kept.append(
                Entry(name: entry.name, layer: entry.layer, calls: own.map { entry.calls[$0] }))
        }
        func moved(_ reference: Reference) throws -> Reference {
            guard let base = calls[Reference(layer: reference.layer, call: reference.call)] else {
                throw ModelError.structure("a call's argument is not connected")
            }
            return Reference(layer: base.layer, call: base.call, output: reference.output)
        }
        for index in kept.indices {
            kept[index].calls = try kept[index].calls.map { try $0.map(moved) }
        }
        return try Network(
            kind: kind, options: options, entries: kept, inputs: inputs.map(moved),
            outputs: .leaf(moved(output)))
    }

    /// Layers put behind the only output.
    fileprivate func appending(_ layers: [any Layer]) throws -> Network {
        guard var last = outputs.leaf ?? (outputs.leaves.count == 1 ? outputs.leaves[0] : nil)
        else {
            throw ModelError.structure("a head needs a model of one output")
        }
        var names = LayerNames(
            reserved: entries.map(\.name) + layers.compactMap(\.options.name))
        var all = entries
        for layer in layers {
            let name = names.name(for: layer)
            guard !all.contains(where: { $0.name == name }) else {
                throw ModelError.structure("two layers are named '\(name)'")
            }
            all.append(Entry(name: name, layer: layer, calls: [CallArguments(last)]))
            last = Reference(layer: all.count - 1)
        }
        return try Network(
            kind: kind, options: options, entries: all, inputs: inputs, outputs: .leaf(last))
    }

    /// What the classifier at the end of the network takes: the input of the last dense layer, or of
    /// the last convolution of single points where scores of classes follow from it. The output itself
    /// if neither is the last layer with weights.
    fileprivate func features() throws -> Reference {
        guard let output = outputs.leaf ?? (outputs.leaves.count == 1 ? outputs.leaves[0] : nil)
        else {
            throw ModelError.structure("a head can only be replaced in a model of one output")
        }
        let paths = try shapes().weights.map(\.path)
        let isFlat = try shapes().outputs.first?.count == 2
        var place = output
        while !(entries[place.layer].layer is Input) {
            let entry = entries[place.layer]
            let inputs = entry.calls[place.call].leaves
            let hasWeights = paths.contains { $0.hasPrefix(entry.name + "/") }
            let isClassifier =
                entry.layer is Dense
                || isFlat && entry.layer is Conv2D
                    && entry.layer.config["kernel_size"] == [1, 1]
            if hasWeights { return isClassifier && inputs.count == 1 ? inputs[0] : output }
            guard inputs.count == 1 else { return output }
            place = inputs[0]
        }
        return output
    }

    /// The output of a layer, which is called once.
    fileprivate func output(of name: String) throws -> Reference {
        guard let index = entries.firstIndex(where: { $0.name == name }) else {
            throw ModelError.structure("no layer is named '\(name)'")
        }
        guard entries[index].layer is Input || entries[index].calls.count == 1 else {
            throw ModelError.structure(
                "layer '\(name)' is called \(entries[index].calls.count) times")
        }
        return Reference(layer: index)
    }
}

extension Model {
    /// The model with other layers in the place of its classifier: those behind `layer`, or from the
    /// last dense layer on.
    ///
    /// The layers that stay keep their weights, the new ones get first values. What an optimizer
    /// remembers is forgotten.
    ///
    /// - Parameters:
    ///   - layer: the last layer that stays; nil for the one before the classifier.
    ///   - seed: decides the new layers' first weights.
    /// - Throws: ``ModelError/structure(_:)`` if the model has several outputs or no such layer.
    public func replacingHead(
        after layer: String? = nil, with layers: [any Layer], seed: UInt64 = 0
    ) throws -> Model {
        let place = try layer.map { try network.output(of: $0) } ?? network.features()
        var result = self
        result.network = try network.cut(at: place).appending(layers)
        let specs = try result.network.shapes().weights
        let kept = Set(try network.cut(at: place).shapes().weights.map(\.path))
        result.tensors = tensors.filter { kept.contains($0.key) }
        result.compilation?.optimizerState = []
        for spec in specs where result.tensors[spec.path] == nil {
            result.tensors[spec.path] = try spec.initialValue(seed: seed)
        }
        return result
    }

    /// The model with a new classifier: the mean over positions where there are any, and a dense layer
    /// with softmax, or with sigmoid for a single unit.
    ///
    /// ```swift
    /// var model = try Model(contentsOf: "resnet50.h5").replacingHead(units: 5)
    /// try model.setTrainable(false, matching: "conv*")
    /// ```
    public func replacingHead(
        after layer: String? = nil, units: Int, seed: UInt64 = 0
    ) throws -> Model {
        guard units > 0 else { throw ModelError.structure("a head of \(units) units") }
        let place = try layer.map { try network.output(of: $0) } ?? network.features()
        let shape = try network.cut(at: place).shapes().outputs.first ?? []
        var layers: [any Layer] = []
        switch shape.count {
        case 2: break
        case 3: layers.append(GlobalAveragePooling1D())
        case 4: layers.append(GlobalAveragePooling2D())
        case 5: layers.append(GlobalAveragePooling3D())
        default: throw ModelError.structure("no head fits outputs of rank \(shape.count)")
        }
        layers.append(Dense(units, activation: units == 1 ? .sigmoid : .softmax))
        return try replacingHead(after: layer, with: layers, seed: seed)
    }
}
