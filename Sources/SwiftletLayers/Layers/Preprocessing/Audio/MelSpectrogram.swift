public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The power of a signal in bands as the ear hears them: `[batch, samples]` →
/// `[batch, bands, frames]`.
public struct MelSpectrogram: UnaryLayer {
    public static let className = "MelSpectrogram"
    public var options: LayerOptions
    private let period: Int
    private let step: Int
    private let frame: Int
    private let window: FourierWindow
    private let rate: Double
    private let bands: Int
    private let lowest: Double
    /// As given; half the rate if nil.
    private let highest: Double?
    private let isInDecibels: Bool
    private let range: Float
    private let exponent: Float
    private let leastPower: Float
    private let referencePower: Float
    /// In decibels, the loudest of a batch sets the floor for all.
    public var mixesExamples: Bool { isInDecibels }
    private static let largestPeriod = 1 << 14

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        period = try config.positiveInt("fft_length", default: 2048)
        step = try config.positiveInt("sequence_stride", default: 512)
        frame = try config.optionalInt("sequence_length") ?? period
        window = try FourierWindow(config: config, "window")
        rate = try config.double("sampling_rate", default: 16000)
        bands = try config.positiveInt("num_mel_bins", default: 128)
        lowest = try config.double("min_freq", default: 20)
        highest = config.value("max_freq") == nil ? nil : try config.double("max_freq")
        isInDecibels = try config.bool("power_to_db", default: true)
        range = try config.float("top_db", default: 80)
        exponent = try config.float("mag_exp", default: 2)
        leastPower = try config.float("min_power", default: 1e-10)
        referencePower = try config.float("ref_power", default: 1)
        guard period <= Self.largestPeriod, bands <= Self.largestPeriod else {
            throw ModelError.config(key: "fft_length", cause: "\(period) samples are too many")
        }
        guard (1...period).contains(frame) else {
            throw ModelError.config(
                key: "sequence_length", cause: "a length of 1 to \(period) expected")
        }
    }

    public var config: JSONObject {
        [
            "fft_length": .int(period), "sequence_stride": .int(step),
            "sequence_length": .int(frame),
            "window": window.json, "sampling_rate": .whole(rate), "num_mel_bins": .int(bands),
            "min_freq": .double(lowest), "max_freq": .whole(highest ?? (rate / 2).rounded(.down)),
            "power_to_db": .bool(isInDecibels), "top_db": .number(range),
            "mag_exp": .number(exponent), "min_power": .number(leastPower),
            "ref_power": .number(referencePower),
        ]
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        guard shape.rank == 1 || shape.rank == 2, let samples = shape.last else {
            throw refusal("[batch, samples] expected, \(shape) found")
        }
        let batch = shape.rank == 2 ? shape[0] : 1
        let signal = try lowering.graph.reshape(
            lowering.graph.cast(x, to: .float32), to: [batch, samples])
        let margin = [0, period / 2]
        let padded = try lowering.graph.pad(signal, before: margin, after: margin, mode: .reflect)
        let power = try power(padded, in: &lowering)
        let matrix = try lowering.graph.constant(bandMatrix())
        let frames = lowering.graph.shape(of: power)[1]
        let mel = try lowering.graph.reshape(
            lowering.graph.matmul(
                lowering.graph.reshape(power, to: [batch * frames, period / 2 + 1]), matrix),
            to: [batch, frames, bands])
        let scaled = isInDecibels ? try decibels(mel, in: &lowering) : mel
        let result = try lowering.graph.transpose(scaled, permutation: [0, 2, 1])
        return shape.rank == 2
            ? result : try lowering.graph.reshape(result, to: [bands, frames])
    }

    /// Of every frequency in every frame, `[batch, frames, frequencies]`.
    private func power(_ signal: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: signal).dimensions
        guard shape[1] >= period else { throw refusal("a signal shorter than a frame") }
        let flat = try lowering.graph.reshape(signal, to: [shape[0], shape[1], 1])
        let factors = try frameFactors()
        func part(_ isReal: Bool) throws -> Value {
            let bins = period / 2 + 1
            let kernel = try Tensor(
                fourierKernel(
                    frame: period, bins: bins, period: period, window: factors, isReal: isReal),
                shape: Shape([period, 1, bins]))
            let sums = try lowering.graph.convolution(
                flat, lowering.graph.constant(kernel), strides: [step], dilation: [1],
                padding: [(before: 0, after: 0)])
            return try lowering.graph.square(sums)
        }
        let squares = try lowering.graph.add(part(true), part(false))
        if exponent == 2 { return squares }
        return try lowering.graph.power(
            lowering.graph.squareRoot(squares), lowering.graph.constant(exponent))
    }

    /// The window in the middle of a frame as long as the transform.
    private func frameFactors() throws -> [Double] {
        guard let values = window.values(frame, isPeriodic: true), values.count == frame else {
            throw ModelError.config(
                key: "window", cause: "the window \(window.json.text().prefix(40)) is not known")
        }
        if case .none = window { return [Double](repeating: 1, count: period) }
        let left = (period - frame) / 2
        return [Double](repeating: 0, count: left) + values
            + [Double](repeating: 0, count: period - frame - left)
    }

    private func decibels(_ mel: Value, in lowering: inout Lowering) throws -> Value {
        let factor = Float(10 / log(10.0))
        let floored = try lowering.graph.maximum(mel, lowering.graph.constant(leastPower))
        let level = try lowering.graph.scale(lowering.graph.log(floored), by: factor)
        let reference = 10 * log10(max(abs(referencePower), leastPower))
        let relative = try lowering.graph.subtract(level, lowering.graph.constant(reference))
        // The loudest of the whole batch sets the floor, as in Keras.
        let loudest = try lowering.graph.max(relative, axes: [0, 1, 2], keepsDimensions: true)
        return try lowering.graph.maximum(
            relative, lowering.graph.subtract(loudest, lowering.graph.constant(range)))
    }

    /// What each band takes of each frequency, `[frequencies, bands]`: triangles on the mel scale.
    private func bandMatrix() throws -> Tensor {
        let bins = period / 2 + 1
        func mel(_ hertz: Double) -> Double { 1127 * log(1 + hertz / 700) }
        let (low, high) = (mel(lowest), mel(highest ?? (rate / 2).rounded(.down)))
        let width = (high - low) / Double(bands + 1)
        var matrix = [Float](repeating: 0, count: bins * bands)
        for bin in 1..<max(bins, 1) {
            let place = mel(rate / 2 * Double(bin) / Double(bins - 1))
            for band in 0..<bands {
                let start = low + Double(band) * width
                let rise = (place - start) / width
                matrix[bin * bands + band] = Float(max(0, min(rise, 2 - rise)))
            }
        }
        return try Tensor(matrix, shape: Shape([bins, bands]))
    }
}

extension JSON {
    /// Without a fraction where it has none, as Python writes whole numbers.
    fileprivate static func whole(_ number: Double) -> JSON {
        Int(exactly: number).map(JSON.int) ?? .double(number)
    }
}
