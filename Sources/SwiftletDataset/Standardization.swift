public import SwiftletTensor

/// Shifts and scales features to mean 0 and standard deviation 1.
///
/// Fit it on the training part and apply it to all parts, or the test part leaks into training.
public struct Standardization: Sendable, Equatable {
    /// One per feature, the last axis.
    public let mean: [Double]
    /// Population standard deviation per feature; 1 for a feature that never changes.
    public let deviation: [Double]

    /// Measures `features` `[…, features]` of any number type.
    public init(fitting features: Tensor) throws(DatasetError) {
        guard let width = features.shape.last else { throw .scalar(name: "features") }
        let values = try DatasetError.wrapping {
            try features.converted(to: .float64).elements(of: Double.self)
        }
        let rows = width == 0 ? 0 : values.count / width
        guard rows > 0 else { throw .emptyPart(name: "fitting", samples: 0) }
        var mean = [Double](repeating: 0, count: width)
        for (index, value) in values.enumerated() { mean[index % width] += value / Double(rows) }
        var variance = [Double](repeating: 0, count: width)
        for (index, value) in values.enumerated() {
            let difference = value - mean[index % width]
            variance[index % width] += difference * difference / Double(rows)
        }
        self.mean = mean
        // Exactly: rounding gives a constant feature a variance of its own.
        let isConstant = (0..<width).map { feature in
            stride(from: feature, to: values.count, by: width)
                .allSatisfy { values[$0] == values[feature] }
        }
        deviation = zip(variance, isConstant).map { $1 ? 1 : $0.squareRoot() }
    }

    /// `(features − mean) / deviation` as float32.
    public func applied(to features: Tensor) throws(DatasetError) -> Tensor {
        guard features.shape.last == mean.count else {
            throw .tensor(.shape(expected: "[…, \(mean.count)]", found: features.shape))
        }
        return try DatasetError.wrapping {
            let values = try features.converted(to: .float64).elements(of: Double.self)
            let scaled = values.enumerated().map { index, value in
                Float((value - mean[index % mean.count]) / deviation[index % mean.count])
            }
            return try Tensor(scaled, shape: features.shape)
        }
    }
}
