package import SwiftletFiles
package import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// How a weight gets its first values; Keras's initializers.
public enum Initializer: Sendable, Hashable {
    case zeros
    case ones
    case constant(Double)
    case randomNormal(mean: Double = 0, standardDeviation: Double = 0.05)
    case randomUniform(lower: Double = -0.05, upper: Double = 0.05)
    /// A normal distribution without what lies beyond two standard deviations.
    case truncatedNormal(mean: Double = 0, standardDeviation: Double = 0.05)
    /// A random distribution whose variance is `scale / n`, `n` by `mode`.
    case varianceScaling(scale: Double, mode: Fan, distribution: Distribution)
    /// A random matrix with orthonormal rows or columns.
    case orthogonal(gain: Double = 1)
    case identity(gain: Double = 1)
    /// Cosines or sines under a window.
    case shortTimeFourier(ShortTimeFourier)
    /// Values that the layer itself works out; files never name them.
    case values([Float])
    /// As `base`, but 1 for the second quarter: the forget gate of an LSTM's bias.
    indirect case unitForget(Initializer)

    public enum Fan: String, Sendable, CaseIterable {
        case input = "fan_in"
        case output = "fan_out"
        case average = "fan_avg"
    }

    public enum Distribution: String, Sendable, CaseIterable {
        case truncatedNormal = "truncated_normal"
        case untruncatedNormal = "untruncated_normal"
        case uniform
    }

    public static let glorotUniform = varianceScaling(
        scale: 1, mode: .average, distribution: .uniform)
    public static let glorotNormal = varianceScaling(
        scale: 1, mode: .average, distribution: .truncatedNormal)
    public static let heUniform = varianceScaling(scale: 2, mode: .input, distribution: .uniform)
    public static let heNormal = varianceScaling(
        scale: 2, mode: .input, distribution: .truncatedNormal)
    public static let lecunUniform = varianceScaling(
        scale: 1, mode: .input, distribution: .uniform)
    public static let lecunNormal = varianceScaling(
        scale: 1, mode: .input, distribution: .truncatedNormal)
}

extension Initializer {
    /// The first values of a weight.
    ///
    /// - Parameter random: the weight's own stream, so that no other weight changes its values.
    package func tensor(_ shape: Shape, random: CounterRandom) throws -> Tensor {
        switch self {
        case .zeros: return try Tensor(zeros: shape)
        case .ones: return try Tensor(repeating: 1 as Float, shape: shape)
        case .constant(let value): return try Tensor(repeating: Float(value), shape: shape)
        case .randomNormal(let mean, let deviation):
            return try fill(shape) { Float(mean) + Float(deviation) * random.normal(at: $0) }
        case .randomUniform(let lower, let upper):
            return try fill(shape) {
                Float(lower) + Float(upper - lower) * random.uniform(at: $0)
            }
        case .truncatedNormal(let mean, let deviation):
            return try fill(shape) {
                Float(mean) + Float(deviation) * truncatedNormal(at: $0, random)
            }
        case .varianceScaling(let scale, let mode, let distribution):
            return try scaled(shape, scale, mode, distribution, random)
        case .orthogonal(let gain): return try orthogonal(shape, gain: gain, random)
        case .identity(let gain):
            let columns = shape.last ?? 1
            return try fill(shape) { $0 / columns == $0 % columns ? Float(gain) : 0 }
        case .shortTimeFourier(let kernel):
            try checkTable(shape, "STFT")
            return try Tensor(kernel.values(shape), shape: shape)
        case .values(let values): return try Tensor(values, shape: shape)
        case .unitForget(let base):
            var values = try base.tensor(shape, random: random).floats()
            let units = values.count / 4
            for index in units..<2 * units { values[index] = 1 }
            return try Tensor(values, shape: shape)
        }
    }

    private func fill(_ shape: Shape, _ value: (Int) -> Float) throws -> Tensor {
        try Tensor(shape: shape, by: value)
    }

    /// What is worked out as a whole may have this many numbers.
    private static let largestTable = 1 << 28

    private func checkTable(_ shape: Shape, _ name: String) throws {
        guard shape.elementCount <= Self.largestTable else {
            throw ModelError.config(key: "initializer", cause: "\(name) of shape \(shape)")
        }
    }

    private func scaled(
        _ shape: Shape, _ scale: Double, _ mode: Fan, _ distribution: Distribution,
        _ random: CounterRandom
    ) throws -> Tensor {
        let (fanIn, fanOut) = Self.fans(of: shape)
        let fan =
            switch mode {
            case .input: fanIn
            case .output: fanOut
            case .average: (fanIn + fanOut) / 2
            }
        let variance = scale / max(1, fan)
        switch distribution {
        case .uniform:
            let limit = Float((3 * variance).squareRoot())
            return try fill(shape) { limit * (2 * random.uniform(at: $0) - 1) }
        case .untruncatedNormal:
            return try fill(shape) { Float(variance.squareRoot()) * random.normal(at: $0) }
        case .truncatedNormal:
            // The constant is the standard deviation of a normal truncated to (−2, 2).
            let deviation = Float(variance.squareRoot() / 0.87962566103423978)
            return try fill(shape) { deviation * truncatedNormal(at: $0, random) }
        }
    }

    /// Inputs and outputs that one unit is connected to, as Keras's `compute_fans`.
    private static func fans(of shape: Shape) -> (Double, Double) {
        switch shape.rank {
        case 0: return (1, 1)
        case 1: return (Double(shape[0]), Double(shape[0]))
        default:
            let field = Double(shape.count(of: ..<(shape.rank - 2)))
            return (Double(shape[shape.rank - 2]) * field, Double(shape[shape.rank - 1]) * field)
        }
    }

    /// Draws until a value lies within two standard deviations.
    private func truncatedNormal(at index: Int, _ random: CounterRandom) -> Float {
        var attempt = index
        while true {
            let value = random.normal(at: attempt)
            if abs(value) <= 2 { return value }
            attempt &+= 1 << 40
        }
    }

    /// Gram–Schmidt, twice for orthogonality to rounding, on a random normal matrix.
    private func orthogonal(
        _ shape: Shape, gain: Double, _ random: CounterRandom
    ) throws -> Tensor {
        guard shape.rank >= 2 else {
            throw ModelError.config(key: "initializer", cause: "Orthogonal needs two axes or more")
        }
        try checkTable(shape, "Orthogonal")
        let columns = shape[shape.rank - 1]
        let rows = shape.count(of: ..<(shape.rank - 1))
        let (count, length) = (min(rows, columns), max(rows, columns))
        var vectors: [[Double]] = []
        for vector in 0..<count {
            var candidate = (0..<length).map { Double(random.normal(at: vector * length + $0)) }
            for _ in 0..<2 {
                for other in vectors {
                    let dot = zip(candidate, other).reduce(0) { $0 + $1.0 * $1.1 }
                    for index in 0..<length { candidate[index] -= dot * other[index] }
                }
            }
            let norm = candidate.reduce(0) { $0 + $1 * $1 }.squareRoot()
            vectors.append(candidate.map { $0 / max(norm, 1e-30) })
        }
        return try fill(shape) { index in
            let (row, column) = (index / columns, index % columns)
            return Float(gain * (rows < columns ? vectors[row][column] : vectors[column][row]))
        }
    }
}

extension Initializer {
    /// Reads a name such as `"glorot_uniform"` or an object with `class_name` and `config`.
    init(json: JSON, key: String) throws {
        let name = json.string ?? json["class_name"]?.string
        let config = json["config"] ?? [:]
        func number(_ key: String, _ fallback: Double) -> Double { config[key]?.double ?? fallback }
        switch name {
        case "zeros", "Zeros", "zero": self = .zeros
        case "ones", "Ones", "one": self = .ones
        case "constant", "Constant": self = .constant(number("value", 0))
        case "random_normal", "RandomNormal", "normal":
            self = .randomNormal(
                mean: number("mean", 0), standardDeviation: number("stddev", 0.05))
        case "random_uniform", "RandomUniform", "uniform":
            self = .randomUniform(lower: number("minval", -0.05), upper: number("maxval", 0.05))
        case "truncated_normal", "TruncatedNormal":
            self = .truncatedNormal(
                mean: number("mean", 0), standardDeviation: number("stddev", 0.05))
        case "variance_scaling", "VarianceScaling":
            let distribution = config["distribution"]?.string ?? "truncated_normal"
            self = .varianceScaling(
                scale: number("scale", 1),
                mode: config["mode"]?.string.flatMap(Fan.init) ?? .input,
                // "normal" is the older name of the truncated one.
                distribution: Distribution(rawValue: distribution) ?? .truncatedNormal)
        case "orthogonal", "Orthogonal", "OrthogonalInitializer":
            self = .orthogonal(gain: number("gain", 1))
        case "identity", "Identity", "IdentityInitializer":
            self = .identity(gain: number("gain", 1))
        case "STFT", "stft", "STFTInitializer":
            self = .shortTimeFourier(
                try ShortTimeFourier(
                    config: LayerConfig(config.object ?? [:], registry: LayerRegistry([]))))
        case let name?:
            guard let scaling = Self.scalings.first(where: { $0.names.contains(name) }) else {
                throw ModelError.config(
                    key: key,
                    cause: "initializer \"\(name)\" is unknown"
                        + Suggestion.hint(for: name, among: Self.scalings.flatMap(\.names)))
            }
            self = scaling.initializer
        case nil:
            throw ModelError.config(key: key, cause: "initializer expected")
        }
    }

    private static let scalings: [(names: [String], initializer: Initializer)] = [
        (["GlorotUniform", "glorot_uniform"], .glorotUniform),
        (["GlorotNormal", "glorot_normal"], .glorotNormal),
        (["HeUniform", "he_uniform"], .heUniform),
        (["HeNormal", "he_normal"], .heNormal),
        (["LecunUniform", "lecun_uniform"], .lecunUniform),
        (["LecunNormal", "lecun_normal"], .lecunNormal),
    ]

    /// The Keras 3 form.
    var json: JSON {
        switch self {
        case .zeros: Self.object("Zeros", [:])
        case .ones: Self.object("Ones", [:])
        case .constant(let value): Self.object("Constant", ["value": .double(value)])
        case .randomNormal(let mean, let deviation):
            Self.object(
                "RandomNormal", ["mean": .double(mean), "stddev": .double(deviation), "seed": nil])
        case .randomUniform(let lower, let upper):
            Self.object(
                "RandomUniform", ["minval": .double(lower), "maxval": .double(upper), "seed": nil])
        case .truncatedNormal(let mean, let deviation):
            Self.object(
                "TruncatedNormal",
                ["mean": .double(mean), "stddev": .double(deviation), "seed": nil])
        case .varianceScaling(let scale, let mode, let distribution):
            if let known = Self.scalings.first(where: { $0.initializer == self }) {
                Self.object(known.names[0], ["seed": nil])
            } else {
                Self.object(
                    "VarianceScaling",
                    [
                        "scale": .double(scale), "mode": .string(mode.rawValue),
                        "distribution": .string(distribution.rawValue), "seed": nil,
                    ])
            }
        case .orthogonal(let gain):
            Self.object("Orthogonal", ["gain": .double(gain), "seed": nil])
        case .identity(let gain): Self.object("Identity", ["gain": .double(gain)])
        case .shortTimeFourier(let kernel): Self.object("STFT", .object(kernel.config))
        case .values: Self.object("Zeros", [:])
        case .unitForget(let base): base.json
        }
    }

    private static func object(_ name: String, _ config: JSON) -> JSON {
        kerasObject(module: "keras.initializers", className: name, config: config)
    }
}

/// Keras 3's form of a serialised object.
package func kerasObject(module: String, className: String, config: JSON) -> JSON {
    [
        "module": .string(module), "class_name": .string(className), "config": config,
        "registered_name": nil,
    ]
}
