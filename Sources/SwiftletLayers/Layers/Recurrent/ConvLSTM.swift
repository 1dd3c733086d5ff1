public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// An ``LSTM`` whose products are convolutions: `[batch, time, spatial…, channels]` → `[batch,
/// spatial…, filters]`, or all steps of it. Keras's `ConvLSTM1D`, `ConvLSTM2D` and `ConvLSTM3D`.
///
/// - SeeAlso: Shi et al. 2015, arXiv:1506.04214.
public struct ConvLSTM<Rank: SpatialRank>: RecurrentLayer {
    public static var className: String { "ConvLSTM\(Rank.count)D" }
    public var options: LayerOptions
    private let cell: ConvLSTMCell<Rank>
    private var recurrence: RecurrentOptions

    public init(
        _ filters: Int, kernel: Extent, strides: Extent = 1, padding: Padding = .valid,
        format: DataFormat = .channelsLast, dilation: Extent = 1, activation: Activation = .tanh,
        recurrentActivation: Activation = .sigmoid, usesBias: Bool = true,
        unitForgetBias: Bool = true, dropout: Float = 0, recurrentDropout: Float = 0,
        returnsSequences: Bool = false, returnsState: Bool = false, goesBackwards: Bool = false,
        isStateful: Bool = false,
        name: String? = nil
    ) {
        options = LayerOptions(name: name)
        cell = ConvLSTMCell(
            filters: filters, kernel: kernel, strides: strides, padding: padding, format: format,
            dilation: dilation, activation: activation, recurrentActivation: recurrentActivation,
            usesBias: usesBias, unitForgetBias: unitForgetBias, dropout: dropout,
            recurrentDropout: recurrentDropout)
        recurrence = RecurrentOptions(
            returnsSequences: returnsSequences, returnsState: returnsState,
            goesBackwards: goesBackwards, isStateful: isStateful)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        cell = try ConvLSTMCell(config: config)
        recurrence = try RecurrentOptions(config: config)
    }

    public var config: JSONObject {
        var config = cell.config
        recurrence.write(to: &config)
        return config
    }

    public var returnsSequences: Bool { recurrence.returnsSequences }
    public var returnsState: Bool { recurrence.returnsState }

    public var reversed: Self {
        var copy = self
        copy.recurrence.goesBackwards.toggle()
        return copy
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        guard cell.format == .channelsFirst else {
            return try recurrence.lower(cell, call, maskRule: options.maskRule, in: &lowering)
        }
        // Channels last inside, back again outside: the sequence, the states, the results.
        func moved(_ x: Value, toLast: Bool, leading: Int, _ lowering: inout Lowering) throws
            -> Value
        {
            let rank = lowering.graph.shape(of: x).rank
            guard rank == leading + Rank.count + 1 else {
                throw refusal("a shape of \(lowering.graph.shape(of: x)) does not fit")
            }
            let head = Array(0..<leading)
            let permutation =
                toLast
                ? head + Array(leading + 1..<rank) + [leading]
                : head + [rank - 1] + Array(leading..<rank - 1)
            let y = try lowering.graph.transpose(x, permutation: permutation)
            if toLast { lowering.setMask(lowering.mask(of: x), of: y) }
            return y
        }
        guard let sequence = call.inputs.first else { throw refusal("a sequence expected") }
        let states =
            Array(call.inputs.dropFirst()) + (call.argument(1, "initial_state")?.leaves ?? [])
        var inner = CallArguments(try moved(sequence, toLast: true, leading: 2, &lowering))
        if !states.isEmpty {
            inner.named.append(
                (
                    "initial_state",
                    .list(
                        try states.map {
                            .leaf(try moved($0, toLast: true, leading: 1, &lowering))
                        })
                ))
        }
        if let mask = call.argument(2, "mask") { inner.named.append(("mask", mask)) }
        let results = try recurrence.lower(cell, inner, maskRule: options.maskRule, in: &lowering)
        return try results.enumerated().map { position, result in
            let isSequence = position == 0 && returnsSequences
            let y = try moved(
                result, toLast: false, leading: isSequence ? 2 : 1, &lowering)
            lowering.setMask(lowering.mask(of: result), of: y)
            return y
        }
    }
}

public typealias ConvLSTM1D = ConvLSTM<OneAxis>
public typealias ConvLSTM2D = ConvLSTM<TwoAxes>
public typealias ConvLSTM3D = ConvLSTM<ThreeAxes>
