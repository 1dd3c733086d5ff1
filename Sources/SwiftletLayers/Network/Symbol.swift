/// A tensor of a network that is being put together: what a layer gives when it is called.
///
/// ```swift
/// let image = Input(28, 28, 1)
/// let hidden = Dense(64, activation: .relu)(Flatten()(image))
/// let model = try Model(inputs: [image], outputs: [Dense(10)(hidden)])
/// ```
public struct Symbol: Sendable {
    final class Call: Sendable {
        let layer: any Layer
        let arguments: CallArguments<Symbol>

        init(layer: any Layer, arguments: CallArguments<Symbol>) {
            self.layer = layer
            self.arguments = arguments
        }
    }

    let call: Call
    let output: Int
}

/// What a layer can be called with.
public protocol SymbolConvertible: Sendable {
    var symbol: Symbol { get }
}

extension Symbol: SymbolConvertible {
    public var symbol: Symbol { self }
}

extension Input: SymbolConvertible {
    public var symbol: Symbol {
        Symbol(call: Symbol.Call(layer: self, arguments: CallArguments([])), output: 0)
    }
}

extension Layer {
    /// Applies the layer. Every call of one layer value shares its weights.
    public func callAsFunction(_ input: any SymbolConvertible) -> Symbol {
        outputs(1, of: CallArguments(input.symbol))[0]
    }

    /// Applies the layer to several tensors, as merging layers take them.
    public func callAsFunction(_ inputs: [any SymbolConvertible]) -> Symbol {
        outputs(1, of: CallArguments(list: inputs.map(\.symbol)))[0]
    }

    /// Applies the layer to a tensor and to further arguments by their Keras names, e.g.
    /// `initial_state`.
    public func callAsFunction(
        _ input: any SymbolConvertible, _ named: KeyValuePairs<String, [any SymbolConvertible]>
    ) -> Symbol {
        let named = named.map { key, value in
            (
                key: key,
                value: value.count == 1
                    ? Structure.leaf(value[0].symbol) : .list(value.map { .leaf($0.symbol) })
            )
        }
        return outputs(1, of: CallArguments([.leaf(input.symbol)], named: named))[0]
    }

    /// Applies a layer that gives several tensors, e.g. an `LSTM` that returns its state.
    public func outputs(_ count: Int, of input: any SymbolConvertible) -> [Symbol] {
        outputs(count, of: CallArguments(input.symbol))
    }

    private func outputs(_ count: Int, of arguments: CallArguments<Symbol>) -> [Symbol] {
        let call = Symbol.Call(layer: self, arguments: arguments)
        return (0..<count).map { Symbol(call: call, output: $0) }
    }
}
