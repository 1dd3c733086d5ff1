public import SwiftletDataset
internal import SwiftletTensor

/// 442 diabetes patients: ten measurements, and how far the disease had progressed a year later.
///
/// From Efron, Hastie, Johnstone and Tibshirani, "Least Angle Regression" (2004), as scikit-learn
/// ships it. It is part of the library: nothing is downloaded.
public struct Diabetes: Sendable {
    /// `x` is float32 `[samples, 10]`, `y` float32 `[samples, 1]` from 25 to 346.
    public let train: Dataset
    public let validation: Dataset
    public let test: Dataset
    /// The measurements in the order of `x`: age, sex, body mass index, blood pressure and six
    /// blood serum values.
    public let featureNames: [String]
    /// What the measurements were standardised with; nil if they are raw.
    public let standardization: Standardization?

    /// Splits the set; the same seed gives the same parts.
    ///
    /// - Parameters:
    ///   - standardized: shifts and scales every measurement to mean 0 and standard deviation 1 in
    ///     the training part; otherwise they are in years, kg/m², mmHg and mg/dl.
    ///   - validation: the fraction of all samples for validation.
    ///   - test: the fraction of all samples for the final test.
    public static func load(
        standardized: Bool = false, validation: Double = 0.1, test: Double = 0.2, seed: UInt64 = 0
    ) throws -> Diabetes {
        let arrays = try BundledFile.diabetes.arrays()
        guard let x = arrays["x"], let y = arrays["y"], let names = arrays["features"]?.strings
        else { throw DataError(file: BundledFile.diabetes.rawValue, .missing("arrays x and y")) }
        let targets = try y.converted(to: .float32).reshaped(to: Shape([y.elementCount, 1]))
        let split = try Dataset(x: x, y: targets)
            .split(validation: validation, test: test, seed: seed)
        return try Diabetes(
            split, names: names,
            standardization: standardized ? Standardization(fitting: split.train.x) : nil)
    }

    private init(_ split: Split, names: [String], standardization: Standardization?) throws {
        func part(_ dataset: Dataset?) throws -> Dataset {
            let dataset = try dataset ?? split.train.samples(0..<0)
            let x = try standardization?.applied(to: dataset.x) ?? dataset.x.converted(to: .float32)
            return try Dataset(inputs: ["x": x], targets: dataset.targets)
        }
        train = try part(split.train)
        validation = try part(split.validation)
        test = try part(split.test)
        featureNames = names
        self.standardization = standardization
    }
}
