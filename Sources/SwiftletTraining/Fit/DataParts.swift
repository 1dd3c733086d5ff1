internal import SwiftletDataset
internal import SwiftletTensor

/// Samples of a dataset, which stay where they are.
struct DataPart {
    let data: Dataset
    /// Which of them; nil for all.
    var rows: [Int]?
    /// One for each sample of the whole dataset.
    var sampleWeights: Tensor?

    init(_ data: Dataset, rows: [Int]? = nil) {
        (self.data, self.rows, sampleWeights) = (data, rows, data.sampleWeights)
    }
}

/// What a training learns from and what it is measured on.
struct DataParts {
    var training: DataPart
    var validation: DataPart?

    /// - Parameter validation: samples of their own; otherwise the options say which of `data`.
    init(_ data: Dataset, validation: Dataset?, options: FitOptions) throws {
        training = DataPart(data)
        self.validation = validation.map { DataPart($0) }
        let fraction = options.validationSplit
        if validation == nil, fraction > 0 {
            guard fraction < 1 else { throw DatasetError.fractions([fraction]) }
            let boundary = Dataset.boundary(data.count, fraction)
            var (rest, held) = (Array(0..<boundary), Array(boundary..<data.count))
            if options.stratifies {
                let drawn = try data.places(
                    validation: fraction, seed: options.seed, stratifiedBy: data.y)
                (rest, held) = (drawn.train.sorted(), drawn.validation.sorted())
            }
            for (name, rows) in [("training", rest), ("validation", held)] where rows.isEmpty {
                throw DatasetError.emptyPart(name: name, samples: data.count)
            }
            training.rows = rest
            self.validation = DataPart(data, rows: held)
        }
        try weighClasses(options)
    }

    /// One fold for validation, the others to learn from.
    init(_ data: Dataset, fold: Int, of folds: [[Int]], options: FitOptions) throws {
        let others = folds.indices.filter { $0 != fold }.flatMap { folds[$0] }
        training = DataPart(data, rows: others.sorted())
        validation = DataPart(data, rows: folds[fold])
        try weighClasses(options)
    }

    private mutating func weighClasses(_ options: FitOptions) throws {
        let data = training.data
        switch options.classWeighting {
        case .none: break
        case .given(let weights): training.sampleWeights = try data.weights(classes: weights)
        case .balanced:
            let weights = try data.balancedClassWeights(of: training.rows)
            training.sampleWeights = try data.weights(classes: weights)
        }
    }
}

extension FitOptions {
    fileprivate enum ClassWeighting {
        case none, balanced
        case given([Int: Double])
    }

    fileprivate var classWeighting: ClassWeighting {
        balancesClasses ? .balanced : classWeights.map { .given($0) } ?? .none
    }
}
