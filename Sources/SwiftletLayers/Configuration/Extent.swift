internal import SwiftletFiles

/// A size along each spatial axis; a single number stands for the same along all.
///
/// `3` and `[3, 3]` are the same kernel of a two-dimensional convolution.
public struct Extent: Sendable, Hashable, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
    private let values: [Int]

    public init(integerLiteral value: Int) { values = [value] }
    public init(arrayLiteral values: Int...) { self.values = values }
    public init(_ values: [Int]) { self.values = values }

    /// The sizes along `rank` axes.
    ///
    /// - Throws: ``ModelError/config(key:cause:)`` if there are not as many, or one is below
    ///   `minimum`.
    package func along(rank: Int, _ key: String, minimum: Int = 1) throws -> [Int] {
        let all = values.count == 1 ? [Int](repeating: values[0], count: rank) : values
        guard all.count == rank, all.allSatisfy({ $0 >= minimum && $0 <= LayerConfig.largestSize })
        else {
            throw ModelError.config(
                key: key, cause: "\(rank) sizes of at least \(minimum) expected, \(values) found")
        }
        return all
    }
}

/// How a window that reaches over the edge is treated.
public enum Padding: String, Sendable, CaseIterable {
    /// Only windows that lie wholly inside.
    case valid
    /// Zeros around, so that with stride 1 the output is as large as the input.
    case same
    /// Zeros before the first step only, so that no output depends on a later input.
    case causal
}

/// Where the channels are.
public enum DataFormat: String, Sendable, CaseIterable {
    case channelsLast = "channels_last"
    case channelsFirst = "channels_first"
}

extension Padding {
    /// Zeros before and after along one axis, as TensorFlow and Keras count.
    ///
    /// - Returns: nil if the window does not fit the unpadded input under `valid`.
    func amounts(size: Int, window: Int, stride: Int, dilation: Int) -> (before: Int, after: Int)? {
        let (reach, overflow) = (window - 1).multipliedReportingOverflow(by: dilation)
        guard !overflow, reach < LayerConfig.largestSize else { return nil }
        switch self {
        case .valid: return size > reach ? (0, 0) : nil
        case .causal: return (reach, 0)
        case .same:
            let outputs = (size + stride - 1) / stride
            let total = max(0, (outputs - 1) * stride + reach + 1 - size)
            return (total / 2, total - total / 2)
        }
    }
}

/// Windows that slide over the spatial axes of `[batch, spatial…, channels]`.
package struct Window: Sendable, Hashable {
    package let size: [Int]
    package let strides: [Int]
    package let dilation: [Int]
    package let padding: Padding

    package init(size: [Int], strides: [Int], dilation: [Int]? = nil, padding: Padding) {
        self.size = size
        self.strides = strides
        self.dilation = dilation ?? [Int](repeating: 1, count: size.count)
        self.padding = padding
    }

    package var rank: Int { size.count }

    /// Zeros around the spatial axes of an input of these extents.
    ///
    /// - Throws: ``ModelError/config(key:cause:)`` if the window is larger than the input.
    package func amounts(_ spatial: [Int]) throws -> [(before: Int, after: Int)] {
        try spatial.indices.map { axis in
            guard
                let amounts = padding.amounts(
                    size: spatial[axis], window: size[axis], stride: strides[axis],
                    dilation: dilation[axis])
            else {
                throw ModelError.config(
                    key: "kernel_size or pool_size",
                    cause: "a window of \(size) does not fit an input of \(spatial)")
            }
            return amounts
        }
    }
}
