public import Swiftlet

/// What a small classifier sees in pictures of digits: features whose distributions tell how like real
/// digits invented ones are, as Inception's do for photographs.
public struct DigitEyes {
    /// Gives the features of pictures `[count, 8, 8, 1]` of 0 … 1.
    public let predictor: Predictor
    private let real: Tensor

    /// Trains the classifier, and looks at the digits that invented ones are compared with.
    public init(_ digits: Digits) throws {
        let input = Input(8, 8, 1)
        let fine = Conv2D(16, kernel: 3, padding: .same, activation: .relu)(input)
        let coarse = Conv2D(32, kernel: 3, padding: .same, activation: .relu)(
            MaxPooling2D(2)(fine))
        let features = Dense(32, activation: .relu)(Flatten()(coarse))
        let classes = Dense(10, activation: .softmax)(features)
        var classifier = try Model(inputs: [input], outputs: [classes])
        try classifier.fit(
            digits.train, loss: .sparseCategoricalCrossentropy(), optimizer: .adam(), epochs: 12)
        // The same layers up to the features, with what they learned.
        var eyes = try Model(inputs: [input], outputs: [features])
        for name in try eyes.weightNames() {
            guard let weight = classifier[weight: name] else { continue }
            try eyes.setWeight(name, to: weight)
        }
        predictor = try Predictor(eyes)
        real = try predictor(digits.train.x)
    }

    /// The Fréchet distance between real digits and pictures `[count, 8, 8, 1]`: 0 for the same
    /// distribution.
    public func frechetDistance(to pictures: Tensor) throws -> Double {
        try ImageSetScores(metrics: [.fid]).results(real: real, generated: predictor(pictures))[
            "fid"] ?? .nan
    }
}
