internal import SwiftletDataset
internal import SwiftletReport
internal import SwiftletScores
internal import SwiftletTensor

/// The inputs of samples as pictures for a report, where they are some.
struct SamplePictures {
    /// `[samples, height, width, 1 or 3]`
    private let inputs: Tensor

    private static let smallestSide = 4
    private static let shownSide = 96

    /// - Parameter samples: inputs of the rows that are shown.
    /// - Returns: nil without an input of pictures: rank 4 with 1 or 3 channels, or rank 3 of whole
    ///   numbers, at least 4 × 4.
    init?(_ samples: NamedTensors) {
        let found = samples.lazy.map(\.tensor).compactMap { Self.pictures($0) }.first
        guard let found else { return nil }
        inputs = found
    }

    private static func pictures(_ tensor: Tensor) -> Tensor? {
        guard tensor.dtype != .string, tensor.dtype != .bool else { return nil }
        let shape = tensor.shape
        let isPicture =
            switch tensor.rank {
            case 4: shape[3] == 1 || shape[3] == 3
            case 3: !tensor.dtype.isFloatingPoint || shape[1] == shape[2]
            default: false
            }
        guard isPicture, shape[1] >= smallestSide, shape[2] >= smallestSide else { return nil }
        return tensor.rank == 4
            ? tensor : try? tensor.reshaped(to: Shape([shape[0], shape[1], shape[2], 1]))
    }

    /// The pictures of those rows, brightened alike so that the smallest value is black (0 if none is
    /// negative) and the largest white; bytes that use their range stay as they are.
    func onPage(_ rows: [WorstRow]) throws -> [PagePicture] {
        let values = try inputs.doubles()
        let finite = values.filter(\.isFinite)
        let low = min(finite.min() ?? 0, 0)
        var high = max(finite.max() ?? 1, low + 1e-12)
        if inputs.dtype == .uint8, high > 32 { high = 255 }
        let bytes = values.map { value in
            UInt8(
                clamping: value.isFinite ? Int((255 * (value - low) / (high - low)).rounded()) : 0)
        }
        let size = inputs.shape.count(of: 1...)
        let shape = try Shape(Array(inputs.shape.dropFirst()))
        return try rows.enumerated().map { place, row in
            let picture = try Tensor(
                Array(bytes[place * size..<(place + 1) * size]), shape: shape)
            return try Thumbnail(picture, largestSide: Self.shownSide)
                .onPage("row \(row.row)", side: Self.shownSide)
        }
    }
}
