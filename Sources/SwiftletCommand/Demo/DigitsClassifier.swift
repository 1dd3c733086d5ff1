internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletLayers
internal import SwiftletTraining

/// A small network that reads handwritten digits. Its inner layers also tell how like digits pictures
/// are.
enum DigitsClassifier {
    /// Its output, averaged over positions, are 32 features.
    static let featureLayer = "max_pooling2d"

    static func model() throws -> Model {
        var model = try Sequential(name: "digits") {
            Input(8, 8, 1)
            Conv2D(32, kernel: 3, padding: .same, activation: .relu)
            BatchNormalization()
            Conv2D(32, kernel: 3, padding: .same, activation: .relu)
            BatchNormalization()
            MaxPooling2D(2)
            Flatten()
            Dropout(0.4)
            Dense(10, activation: .softmax)
        }
        model.compile(
            TrainingSetup(
                optimizer: .adam(), loss: .sparseCategoricalCrossentropy, metrics: [.accuracy]))
        return model
    }

    /// The same for everybody, bit for bit.
    static func fit(
        _ model: inout Model, _ digits: Digits, log: LogOptions
    ) throws -> History {
        try model.fit(
            digits.train, options: FitOptions(epochs: 20, seed: 1), validation: digits.validation,
            callbacks: [
                TrainingProgress(log), EarlyStopping(patience: 6, restoresBestWeights: true),
            ])
    }

    static func trained(log: LogOptions) throws -> Model {
        log.note("training the digits classifier")
        var model = try model()
        _ = try fit(&model, Digits.load(), log: log)
        return model
    }
}
