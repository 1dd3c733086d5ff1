public import SwiftletLayers
package import SwiftletTensor

/// What an array's values are like, in double precision; NaN and infinities are only counted.
package struct ArrayStatistics: Sendable {
    /// Nil where there is no finite number.
    package private(set) var minimum, maximum, mean: Double?
    package private(set) var nanCount = 0
    package private(set) var infinityCount = 0

    package init(_ tensor: Tensor) {
        guard tensor.dtype != .string, let values = try? tensor.doubles() else { return }
        var (lowest, highest) = (Double.infinity, -Double.infinity)
        var sum = 0.0
        var count = 0
        for value in values {
            if value.isFinite {
                lowest = min(lowest, value)
                highest = max(highest, value)
                sum += value
                count += 1
            } else if value.isNaN {
                nanCount += 1
            } else {
                infinityCount += 1
            }
        }
        if count > 0 { (minimum, maximum, mean) = (lowest, highest, sum / Double(count)) }
    }
}

extension Tensor {
    /// Whether any value is NaN or infinite.
    package var hasNonFinite: Bool {
        switch dtype {
        case .float32:
            // Exponents of all ones; whole numbers, so that the loop runs on vectors.
            let mask: UInt32 = 0x7f80_0000
            return readOnce.withUnsafeBytes { bytes in
                var found: UInt32 = 0
                for bits in bytes.assumingMemoryBound(to: UInt32.self) {
                    found |= (bits & mask) == mask ? 1 : 0
                }
                return found != 0
            }
        case .float64, .float16, .bfloat16:
            let statistics = ArrayStatistics(readOnce)
            return statistics.nanCount + statistics.infinityCount > 0
        default: return false
        }
    }
}

extension Model {
    /// The weights that hold NaN or infinite values, which no training or prediction survives.
    public var nonFiniteWeights: [String] {
        tensors.filter { $0.value.hasNonFinite }.map(\.key).sorted()
    }
}
