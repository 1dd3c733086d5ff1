public import SwiftletDataset
internal import SwiftletTensor

/// 1,797 handwritten digits of 8 × 8 pixels, ready to train on.
///
/// The test part of the UCI "Optical Recognition of Handwritten Digits" set (Alpaydin and Kaynak
/// 1998, CC BY 4.0), as scikit-learn ships it. It is part of the library: nothing is downloaded.
public struct Digits: Sendable {
    /// `x` is float32 `[samples, 8, 8, 1]` from 0 (paper) to 1 (ink), `y` int32 `[samples]`.
    public let train: Dataset
    public let validation: Dataset
    public let test: Dataset

    /// Splits the set so that every digit has its share in each part; the same seed gives the same
    /// parts.
    ///
    /// - Parameters:
    ///   - validation: the fraction of all samples for validation.
    ///   - test: the fraction of all samples for the final test.
    public static func load(
        validation: Double = 0.1, test: Double = 0.2, seed: UInt64 = 0
    ) throws -> Digits {
        let arrays = try BundledFile.digits.arrays()
        guard let pixels = arrays["x"], let labels = arrays["y"] else {
            throw DataError(file: BundledFile.digits.rawValue, .missing("arrays x and y"))
        }
        let ink = try pixels.elements(of: UInt8.self).map { Float($0) / 16 }
        let all = try Dataset(
            x: Tensor(ink, shape: Shape(pixels.shape + [1])), y: labels.converted(to: .int32))
        let split = try all.split(
            validation: validation, test: test, seed: seed, stratifiedBy: labels)
        return try Digits(split)
    }

    private init(_ split: Split) throws {
        train = split.train
        validation = try split.validation ?? split.train.samples(0..<0)
        test = try split.test ?? split.train.samples(0..<0)
    }
}
