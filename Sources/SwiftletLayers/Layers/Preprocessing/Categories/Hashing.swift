public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Strings or whole numbers replaced by the number of the bin that their hash falls into.
public struct Hashing: UnaryLayer {
    public static let className = "Hashing"
    public var options: LayerOptions
    public let bins: Int
    public let mode: CategoryMode
    /// What gets bin 0 for itself: a string or a number.
    private let maskValue: JSON?
    private let salt: HashSalt?

    public init(_ bins: Int, mode: CategoryMode = .int, name: String? = nil) {
        options = LayerOptions(name: name)
        self.bins = bins
        self.mode = mode
        (maskValue, salt) = (nil, nil)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        bins = try config.positiveInt("num_bins")
        mode = try config.categoryMode(default: .int, among: [.int, .oneHot, .multiHot, .count])
        maskValue = config.value("mask_value")
        guard maskValue.map({ $0.string != nil || $0.double != nil }) != false else {
            throw ModelError.config(key: "mask_value", cause: "a string or number expected")
        }
        salt = try HashSalt(config: config)
    }

    public var config: JSONObject {
        [
            "num_bins": .int(bins), "salt": salt?.json ?? .null, "mask_value": maskValue ?? .null,
            "output_mode": .string(mode.rawValue), "sparse": false,
        ]
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        let isColumn = mode == .oneHot && shape.last == 1
        let input =
            isColumn
            ? try lowering.graph.reshape(x, to: Array(shape.dimensions.dropLast())) : x
        return try lowering.encoded(binned(input, in: &lowering), as: mode, depth: bins)
    }

    private func binned(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let isMasked = maskValue != nil && bins > 1
        let text = try lowering.graph.text(of: x)
        let hash = HashText(salt.hashFunction, buckets: isMasked ? bins - 1 : bins)
        let numbers = try lowering.graph.apply(hash, text)
        guard isMasked, let maskValue else { return numbers }
        let one = try lowering.graph.constant(Tensor(scalar: 1 as Int64))
        let zero = try lowering.graph.constant(Tensor(scalar: 0 as Int64))
        return try lowering.graph.select(
            equals(x, maskValue, in: &lowering), zero, lowering.graph.add(numbers, one))
    }

    private func equals(
        _ x: Value, _ value: JSON, in lowering: inout Lowering
    ) throws -> Value {
        let dtype = lowering.graph[x].dtype
        if dtype == .string, let text = value.string {
            let match = try lowering.graph.apply(LookUpText([(text, Int64(1))], missing: 0), x)
            let one = try lowering.graph.constant(Tensor(scalar: 1 as Int64))
            return try lowering.graph.compare(.equal, match, one)
        }
        guard let number = value.double, dtype != .string else {
            throw refusal("mask_value \(value.text().prefix(40)) cannot be among \(dtype)")
        }
        if dtype.isFloatingPoint {
            return try lowering.graph.compare(.equal, x, lowering.graph.constant(Float(number)))
        }
        guard let whole = Int64(exactly: number) else {
            throw refusal("mask_value \(number) cannot be among \(dtype)")
        }
        return try lowering.graph.compare(
            .equal, lowering.graph.cast(x, to: .int64),
            lowering.graph.constant(Tensor(scalar: whole)))
    }
}

/// Two numbers that make a hash function one's own.
struct HashSalt: Sendable {
    private let key: [Int]

    /// One number stands for two equal ones; nil where there is none.
    init?(config: LayerConfig) throws {
        guard config.value("salt") != nil else { return nil }
        let numbers = try config.intList("salt")
        guard (1...2).contains(numbers.count) else {
            throw ModelError.config(
                key: "salt", cause: "one or two whole numbers expected, \(numbers.count) found")
        }
        key = numbers.count == 1 ? [numbers[0], numbers[0]] : numbers
    }

    var json: JSON { .array(key.map(JSON.int)) }

    var hashFunction: HashText.Function {
        .sipHash(UInt64(bitPattern: Int64(key[0])), UInt64(bitPattern: Int64(key[1])))
    }
}

extension HashSalt? {
    var hashFunction: HashText.Function { self?.hashFunction ?? .fingerprint }
}

extension Graph {
    /// Strings as they are; numbers made whole and written in decimal digits.
    mutating func text(of x: Value) throws -> Value {
        self[x].dtype == .string ? x : try apply(NumberText(), cast(x, to: .int64))
    }
}
