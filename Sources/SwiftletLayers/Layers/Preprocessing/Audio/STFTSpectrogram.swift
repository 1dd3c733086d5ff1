public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// The frequencies in short frames of a signal: `[batch, time, channels]` →
/// `[batch, frames, channels · frequencies]`, by a convolution with trained sines and cosines.
public struct STFTSpectrogram: UnaryLayer {
    private enum Mode: String, CaseIterable {
        case log, magnitude, psd, real, imag, angle, stft
    }

    public static let className = "STFTSpectrogram"
    public var options: LayerOptions
    private let mode: Mode
    private let frame: Int
    /// As given; half a frame if nil.
    private let step: Int?
    /// As given; the next power of two if nil.
    private let period: Int?
    private let window: FourierWindow
    private let isPeriodic: Bool
    private let scaling: ShortTimeFourier.Scaling?
    private let padding: Padding
    private let keepsChannels: Bool
    private let format: DataFormat
    private static let largestFrame = 1 << 14
    private static let epsilon: Float = 1e-7

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        mode = try config.choice("mode", default: .log)
        frame = try config.positiveInt("frame_length", default: 256)
        step = try config.optionalInt("frame_step")
        period = try config.optionalInt("fft_length")
        window = try FourierWindow(config: config, "window")
        isPeriodic = try config.bool("periodic", default: false)
        scaling =
            config.json["scaling"]?.isNull == true
            ? nil : try config.choice("scaling", default: .density)
        padding = try config.choice("padding", default: .valid)
        keepsChannels = try config.bool("expand_dims", default: false)
        format = try config.choice("data_format", default: .channelsLast)
        guard frame <= Self.largestFrame else {
            throw ModelError.config(key: "frame_length", cause: "\(frame) samples are too many")
        }
        guard step.map({ (1...frame).contains($0) }) != false, frame > 1 || step != nil else {
            throw ModelError.config(
                key: "frame_step", cause: "a step within a frame of \(frame) expected")
        }
        guard period.map({ (frame...4 * Self.largestFrame).contains($0) }) != false else {
            throw ModelError.config(
                key: "fft_length", cause: "a length of at least a frame of \(frame) expected")
        }
        guard padding != .causal else {
            throw ModelError.config(key: "padding", cause: "\"valid\" or \"same\" expected")
        }
    }

    public var config: JSONObject {
        [
            "mode": .string(mode.rawValue), "frame_length": .int(frame),
            "frame_step": step.map(JSON.int) ?? .null, "fft_length": period.map(JSON.int) ?? .null,
            "window": window.json, "periodic": .bool(isPeriodic),
            "scaling": scaling.map { .string($0.rawValue) } ?? .null,
            "padding": .string(padding.rawValue), "data_format": .string(format.rawValue),
            "expand_dims": .bool(keepsChannels),
        ]
    }

    private var turns: Int {
        if let period { return period }
        var power = 1
        while power < frame { power *= 2 }
        return power
    }

    private var bins: Int { turns / 2 + 1 }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let given = lowering.graph.shape(of: x)
        guard given.rank == 3 else {
            throw refusal("[batch, time, channels] expected, \(given) found")
        }
        let isLast = format == .channelsLast
        let signal = try isLast ? lowering.graph.transpose(x, permutation: [0, 2, 1]) : x
        let shape = lowering.graph.shape(of: signal).dimensions
        let flat = try lowering.graph.reshape(
            lowering.graph.cast(signal, to: .float32), to: [shape[0] * shape[1], shape[2], 1])
        let window = Window(
            size: [frame], strides: [step ?? frame / 2], dilation: [1], padding: padding)
        let amounts = try window.amounts([shape[2]])
        func part(_ isReal: Bool) throws -> Value {
            let kernel = try lowering.weight(
                isReal ? "real_kernel" : "imag_kernel", [frame, 1, bins],
                initializer: firstKernel(isReal))
            return try lowering.graph.convolution(
                flat, kernel, strides: window.strides, dilation: window.dilation, padding: amounts)
        }
        let real = mode == .imag ? nil : try part(true)
        let imaginary = mode == .real ? nil : try part(false)
        let spectrum = try values(real, imaginary, in: &lowering)
        return try arranged(spectrum, batch: shape[0], channels: shape[1], in: &lowering)
    }

    /// `[batch · channels, frames, frequencies]` in the layer's mode.
    private func values(
        _ real: Value?, _ imaginary: Value?, in lowering: inout Lowering
    ) throws -> Value {
        guard let real, let imaginary else {
            guard let part = real ?? imaginary else { throw refusal("no part of the spectrum") }
            return part
        }
        switch mode {
        case .angle: return try lowering.graph.apply(Binary(.atan2), imaginary, real)
        case .stft: return try lowering.graph.concatenate([real, imaginary], axis: 2)
        default: break
        }
        let power = try lowering.graph.add(
            lowering.graph.square(real), lowering.graph.square(imaginary))
        if mode == .psd {
            // All frequencies but the first and the last stand for two.
            let counts = (0..<bins).map { Float($0 == 0 || $0 == bins - 1 ? 1 : 2) }
            return try lowering.graph.multiply(power, lowering.graph.constant(Tensor(counts)))
        }
        let floor = try lowering.graph.constant(Self.epsilon)
        let magnitude = try lowering.graph.squareRoot(lowering.graph.maximum(power, floor))
        return mode == .magnitude
            ? magnitude : try lowering.graph.log(lowering.graph.maximum(magnitude, floor))
    }

    private func arranged(
        _ x: Value, batch: Int, channels: Int, in lowering: inout Lowering
    ) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        let (frames, width) = (shape[1], shape[2])
        let split = try lowering.graph.reshape(x, to: [batch, channels, frames, width])
        if keepsChannels {
            return format == .channelsFirst
                ? split : try lowering.graph.transpose(split, permutation: [0, 2, 3, 1])
        }
        if format == .channelsFirst {
            return try lowering.graph.reshape(
                lowering.graph.transpose(split, permutation: [0, 1, 3, 2]),
                to: [batch, channels * width, frames])
        }
        return try lowering.graph.reshape(
            lowering.graph.transpose(split, permutation: [0, 2, 1, 3]),
            to: [batch, frames, channels * width])
    }

    /// Sines or cosines under the scaled window.
    private func firstKernel(_ isReal: Bool) -> Initializer {
        .shortTimeFourier(
            ShortTimeFourier(
                isReal: isReal, window: window, scaling: scaling, isPeriodic: isPeriodic))
    }
}
