/// Gives layers without a name one of Keras's kind: `dense`, `dense_1`, …
struct LayerNames {
    private var taken: Set<String> = []
    private var counts: [String: Int] = [:]

    /// - Parameter reserved: names that users chose.
    init(reserved: [String]) { taken = Set(reserved) }

    mutating func name(for layer: any Layer) -> String {
        if let name = layer.options.name { return name }
        return unique(snakeCase(layer.storedClassName))
    }

    /// `stem`, or with a number behind it a name that is not taken.
    mutating func unique(_ stem: String) -> String {
        while true {
            let count = counts[stem, default: 0]
            counts[stem] = count + 1
            let name = count == 0 ? stem : "\(stem)_\(count)"
            if taken.insert(name).inserted { return name }
        }
    }
}

extension Network {
    /// A chain of layers; the first may be an ``Input``.
    ///
    /// - Throws: ``ModelError/structure(_:)`` for an empty chain or one without an input's shape.
    package static func sequential(_ layers: [any Layer], name: String?) throws -> Network {
        guard layers.first is Input else {
            throw ModelError.structure("a Sequential model must begin with its Input")
        }
        var names = LayerNames(reserved: layers.compactMap(\.options.name))
        var entries: [Entry] = []
        var positions: [Int: Int] = [:]
        var last = Reference(layer: 0)
        for layer in layers {
            let call = CallArguments(last)
            if let position = positions[layer.options.identity] {
                entries[position].calls.append(call)
                last = Reference(layer: position, call: entries[position].calls.count - 1)
                continue
            }
            last = Reference(layer: entries.count)
            positions[layer.options.identity] = entries.count
            let isInput = layer is Input
            guard !isInput || entries.isEmpty else {
                throw ModelError.structure("an Input can only be the first layer")
            }
            entries.append(
                Entry(
                    name: names.name(for: layer), layer: layer, calls: isInput ? [] : [call]))
        }
        return try Network(
            kind: .sequential, options: LayerOptions(name: name ?? "sequential"), entries: entries,
            inputs: .leaf(Reference(layer: 0)), outputs: .leaf(last))
    }

    /// The network between symbols.
    package static func functional(
        inputs: [Input], outputs: [Symbol], name: String?
    ) throws -> Network {
        var builder = FunctionalBuilder(inputs: inputs)
        let references = try outputs.map { try builder.reference(to: $0) }
        let entries = builder.namedEntries()
        func structure(_ list: [Reference]) -> Structure<Reference> {
            list.count == 1 ? .leaf(list[0]) : .list(list.map { .leaf($0) })
        }
        return try Network(
            kind: .functional, options: LayerOptions(name: name ?? "functional"), entries: entries,
            inputs: structure(inputs.indices.map { Reference(layer: $0) }),
            outputs: structure(references))
    }
}

/// Collects the calls that lead to a network's outputs.
private struct FunctionalBuilder {
    private var entries: [Network.Entry] = []
    private var positions: [Int: Int] = [:]
    private var calls: [ObjectIdentifier: Network.Reference] = [:]

    init(inputs: [Input]) {
        for input in inputs {
            positions[input.options.identity] = entries.count
            entries.append(Network.Entry(name: "", layer: input, calls: []))
        }
    }

    mutating func reference(to symbol: Symbol) throws -> Network.Reference {
        // An explicit stack: a deep network must not exhaust the thread's.
        var stack = [symbol.call]
        while let call = stack.last {
            let waiting = call.arguments.leaves.map(\.call).filter { known($0) == nil }
            if known(call) == nil {
                guard waiting.isEmpty else {
                    stack += waiting.reversed()
                    continue
                }
                guard !(call.layer is Input) else {
                    throw ModelError.structure(
                        "an Input (\(call.layer.displayName)) is not among the model's inputs")
                }
                try record(call)
            }
            stack.removeLast()
        }
        guard let base = known(symbol.call) else {
            throw ModelError.structure("an output is not connected")
        }
        return Network.Reference(layer: base.layer, call: base.call, output: symbol.output)
    }

    private func known(_ call: Symbol.Call) -> Network.Reference? {
        if call.layer is Input {
            return positions[call.layer.options.identity].map { Network.Reference(layer: $0) }
        }
        return calls[ObjectIdentifier(call)]
    }

    private mutating func record(_ call: Symbol.Call) throws {
        let arguments = try call.arguments.map { symbol in
            guard let base = known(symbol.call) else {
                throw ModelError.structure("a call's argument is not connected")
            }
            return Network.Reference(layer: base.layer, call: base.call, output: symbol.output)
        }
        let identity = call.layer.options.identity
        let position = positions[identity] ?? entries.count
        if position == entries.count {
            positions[identity] = position
            entries.append(Network.Entry(name: "", layer: call.layer, calls: []))
        }
        entries[position].calls.append(arguments)
        calls[ObjectIdentifier(call)] = Network.Reference(
            layer: position, call: entries[position].calls.count - 1)
    }

    func namedEntries() -> [Network.Entry] {
        var names = LayerNames(reserved: entries.compactMap(\.layer.options.name))
        return entries.map {
            Network.Entry(name: names.name(for: $0.layer), layer: $0.layer, calls: $0.calls)
        }
    }
}
