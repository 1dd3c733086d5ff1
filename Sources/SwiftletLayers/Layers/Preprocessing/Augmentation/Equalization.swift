internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// Spreads the values of every channel evenly over their range while training, as they are
/// distributed in the whole batch.
package struct Equalization: ImageAugmentation {
    package static let className = "Equalization"
    package var options: LayerOptions
    private let values: ClosedRange<Float>
    private let bins: Int
    let augmentation: AugmentationOptions
    package var mixesExamples: Bool { true }

    package init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        values = try config.valueRange()
        bins = try config.positiveInt("bins", default: 256)
        guard bins <= 1 << 16 else {
            throw ModelError.config(key: "bins", cause: "\(bins) are too many")
        }
        augmentation = try AugmentationOptions(config: config)
    }

    func augmented(_ images: Value, in lowering: inout Lowering) throws -> Value {
        let width = values.upperBound - values.lowerBound
        let bytes = try lowering.graph.line(
            images, 255 / width, -values.lowerBound * (255 / width))
        let equalized = try lowering.graph.equalized(bytes, bins: bins)
        return try lowering.graph.line(equalized, width / 255, values.lowerBound)
    }
}

extension Graph {
    /// `x · slope + start`.
    fileprivate mutating func line(_ x: Value, _ slope: Float, _ start: Float) throws -> Value {
        try add(scale(x, by: slope), constant(start))
    }

    /// Values from 0 to 255, channel by channel; a channel in one bin stays as it is.
    fileprivate mutating func equalized(_ images: Value, bins: Int) throws -> Value {
        let shape = shape(of: images)
        let channels = shape[3]
        let rows = try reshape(
            transpose(images, permutation: [3, 0, 1, 2]),
            to: [channels, shape.count(of: ..<3)])
        let last = Float(bins - 1)
        func bin(_ scaled: Value) throws -> Value {
            try cast(unary(.clip(lowest: 0, highest: last), scaled), to: .int32)
        }
        let places = try bin(divide(scale(rows, by: last), constant(255)))
        let counts = try apply(CountCategories(depth: bins, isBinary: false), places)
        let table = try lookupTable(counts)

        let entries = try cast(
            bin(scale(divide(rows, constant(255)), by: last)), to: .int64)
        let offsets = try constant(
            Tensor(shape: Shape([channels, 1])) { Int64($0 * bins) })
        let found = try gather(reshape(table, to: [channels * bins]), add(entries, offsets))
        let isUsed = try indicator(compare(.greater, counts, constant(0)))
        let isFlat = try compare(
            .lessOrEqual, sum(isUsed, axes: [1], keepsDimensions: true), constant(1))
        let result = try reshape(
            select(isFlat, rows, found), to: [channels] + Array(shape[..<3]))
        return try transpose(result, permutation: [1, 2, 3, 0])
    }

    /// For each bin what share of the values lies below, times 255 and rounded, ties to even.
    ///
    /// In whole numbers, since Keras divides in double precision.
    private mutating func lookupTable(_ counts: Value) throws -> Value {
        func whole(_ number: Int64) throws -> Value { try constant(Tensor(scalar: number)) }
        let sums = try cumulativeSum(counts, axis: 1)
        let zero = try constant(0)
        let first = try min(
            select(compare(.greater, sums, zero), sums, constant(.greatestFiniteMagnitude)),
            axes: [1], keepsDimensions: true)
        let total = try max(sums, axes: [1], keepsDimensions: true)
        let range = try maximum(subtract(total, first), constant(1))
        let above = try maximum(subtract(sums, first), zero)
        let numerator = try multiply(cast(above, to: .int64), whole(510))
        let divisor = try cast(range, to: .int64)
        let double = try add(divisor, divisor)
        let shifted = try add(numerator, divisor)
        let rounded = try apply(Binary(.floorDivide), shifted, double)
        // A tie has been rounded up: down to the even number.
        let isTie = try compare(.equal, apply(Binary(.floorMod), shifted, double), whole(0))
        let isOdd = try compare(.equal, apply(Binary(.floorMod), rounded, whole(2)), whole(1))
        let even = try select(
            logicalAnd(isTie, isOdd), subtract(rounded, whole(1)), rounded)
        return try unary(.clip(lowest: 0, highest: 255), cast(even, to: .float32))
    }
}
