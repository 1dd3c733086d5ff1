internal import SwiftletData
internal import SwiftletFeatures
internal import SwiftletScores
internal import SwiftletTensor

/// Digits as the demonstration's classifier sees them.
struct DigitEyes {
    private let extraction: FeatureExtraction
    private let path: String

    init(_ path: String) throws {
        var network = try FeatureNetwork(path, layer: DigitsClassifier.featureLayer)
        network.preprocessing.factor = 1 / 255
        extraction = try FeatureExtraction(network, batchSize: 32)
        self.path = path
    }

    /// The features of pictures of 0 … 1.
    func set(_ pictures: Tensor, _ input: ScoreError.Input) throws -> ImageSet {
        var rows = RowCollector()
        try extraction.run(Pictures(DigitSheet.bytes(pictures), path: path)) { batch in
            if let features = batch.features { rows.add(features) }
        }
        return try ImageSet(features: FeatureRows(rows.tensor(), as: input))
    }
}

/// Digits as pictures.
enum DigitSheet {
    private static let (side, zoom) = (8, 8)

    /// 0…1 as 0…255.
    static func bytes(_ pictures: Tensor) throws -> Tensor {
        let pixels = try pictures.elements(of: Float.self)
        return try Tensor(
            pixels.map { UInt8(min(max($0, 0), 1) * 255 + 0.5) }, shape: pictures.shape)
    }

    /// A row of digits for each of the tensors, dark on light and eight times as large.
    static func sheet(_ rows: [Tensor], columns: Int) throws -> Tensor {
        let pixels = try rows.map { try bytes($0).elements(of: UInt8.self) }
        return try drawn(rows.count, columns) { row, column in
            pixels[row][column * 64..<(column + 1) * 64]
        }
    }

    /// The first digits of one tensor, row by row.
    static func sheet(of digits: Tensor, rows: Int, columns: Int) throws -> Tensor {
        let pixels = try bytes(digits).elements(of: UInt8.self)
        return try drawn(rows, columns) { row, column in
            let digit = row * columns + column
            return pixels[digit * 64..<(digit + 1) * 64]
        }
    }

    private static func drawn(
        _ rows: Int, _ columns: Int, _ digit: (_ row: Int, _ column: Int) -> ArraySlice<UInt8>
    ) throws -> Tensor {
        let (height, width) = (rows * side * zoom, columns * side * zoom)
        let values = (0..<height * width).map { index -> UInt8 in
            let (y, x) = (index / width / zoom, index % width / zoom)
            let picture = digit(y / side, x / side)
            return 255 - picture[picture.startIndex + y % side * side + x % side]
        }
        return try Tensor(values, shape: Shape([height, width]))
    }
}
