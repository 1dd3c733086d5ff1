public import SwiftletTensor

/// Three parts of one dataset that share no sample.
public struct Split: Sendable {
    public let train: Dataset
    /// nil if no fraction was asked for.
    public let validation: Dataset?
    /// nil if no fraction was asked for.
    public let test: Dataset?
}

extension Dataset {
    /// Draws a validation and a test part; what remains is for training.
    ///
    /// The same seed gives the same parts, everywhere.
    ///
    /// - Parameters:
    ///   - labels: one class per sample, as whole numbers or strings `[samples]` or rows of scores
    ///     `[samples, classes]`. Each class then has its share in every part, to within one sample.
    /// - Throws: ``DatasetError`` if the fractions make no sense or leave a part without samples.
    public func split(
        validation: Double = 0, test: Double = 0, seed: UInt64, stratifiedBy labels: Tensor? = nil
    ) throws(DatasetError) -> Split {
        let parts = try places(
            validation: validation, test: test, seed: seed, stratifiedBy: labels)
        return Split(
            train: try self.part("training", parts.train),
            validation: validation > 0 ? try self.part("validation", parts.validation) : nil,
            test: test > 0 ? try self.part("test", parts.test) : nil)
    }

    /// The same, as the samples' places.
    package func places(
        validation: Double, test: Double = 0, seed: UInt64, stratifiedBy labels: Tensor? = nil
    ) throws(DatasetError) -> (train: [Int], validation: [Int], test: [Int]) {
        let fractions = [test, validation]
        guard fractions.allSatisfy({ $0 >= 0 && $0 < 1 }), test + validation < 1 else {
            throw .fractions(fractions)
        }
        let classes = try classes(of: labels)
        var left = fractions.map { quotas(of: $0, classes: classes) }
        var parts: [[Int]] = [[], [], []]
        for sample in CounterRandom(seed: seed, name: "split").permutation(of: count) {
            let label = classes[sample]
            let part = left.firstIndex { $0[label] > 0 } ?? 2
            if part < 2 { left[part][label] -= 1 }
            parts[part].append(sample)
        }
        for (name, part, fraction) in [
            ("training", 2, 1), ("validation", 1, validation), ("test", 0, test),
        ] where fraction > 0 && parts[part].isEmpty {
            throw .emptyPart(name: name, samples: count)
        }
        return (parts[2], parts[1], parts[0])
    }

    /// The places of the samples in each of `count` parts of equal size, to within one sample.
    ///
    /// - Parameter labels: as for a split; each class then has its share in every part.
    /// - Throws: ``DatasetError`` for fewer than 2 parts or fewer samples than parts.
    public func folds(
        _ folds: Int, seed: UInt64, stratifiedBy labels: Tensor? = nil
    ) throws(DatasetError) -> [[Int]] {
        guard folds > 1 else { throw .folds(folds) }
        guard folds <= count else { throw .emptyPart(name: "fold", samples: count) }
        let classes = try classes(of: labels)
        // Class after class dealt out in turn: neither classes nor parts differ by more than one.
        let drawn = CounterRandom(seed: seed, name: "folds").permutation(of: count)
        let byClass = Dictionary(grouping: drawn) { classes[$0] }
        var parts = [[Int]](repeating: [], count: folds)
        var next = 0
        for label in byClass.keys.sorted() {
            for sample in byClass[label] ?? [] {
                parts[next % folds].append(sample)
                next += 1
            }
        }
        return parts.map { $0.sorted() }
    }

    /// The class of each sample; one for all without labels.
    private func classes(of labels: Tensor?) throws(DatasetError) -> [Int] {
        guard let labels else { return [Int](repeating: 0, count: count) }
        guard labels.shape.first == count else {
            throw .counts(
                name: inputs[0].name, count: count, other: "the labels",
                otherCount: labels.shape.first ?? 0)
        }
        return try labels.classIndices()
    }

    /// Takes the last samples for validation, as Keras's `validation_split` does.
    public func split(
        lastForValidation fraction: Double
    ) throws(DatasetError) -> (train: Dataset, validation: Dataset) {
        guard fraction > 0, fraction < 1 else { throw .fractions([fraction]) }
        let boundary = Self.boundary(count, fraction)
        return (
            try part("training", Array(0..<boundary)),
            try part("validation", Array(boundary..<count))
        )
    }

    /// Samples before the last ones that are for validation.
    package static func boundary(_ count: Int, _ fraction: Double) -> Int {
        Int((Double(count) * (1 - fraction)).rounded(.down))
    }

    private func part(_ name: String, _ indices: [Int]) throws(DatasetError) -> Dataset {
        guard !indices.isEmpty else { throw .emptyPart(name: name, samples: count) }
        return try samples(at: indices)
    }

    /// How many samples of each class make up `fraction` of all. Rounding the running total keeps
    /// the sum exact and each class within one of its share.
    private func quotas(of fraction: Double, classes: [Int]) -> [Int] {
        var counts = [Int](repeating: 0, count: (classes.max() ?? 0) + 1)
        for label in classes { counts[label] += 1 }
        var total = 0
        return counts.map { count in
            let before = (Double(total) * fraction).rounded()
            total += count
            return Int((Double(total) * fraction).rounded() - before)
        }
    }
}

extension Tensor {
    /// The class of each sample, numbered from 0 in the classes' order.
    fileprivate func classIndices() throws(DatasetError) -> [Int] {
        let count = shape[0]
        if let strings {
            guard elementCount == count else { throw .labels("shape \(shape)") }
            let names = Set(strings).sorted()
            let index = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
            return strings.map { index[$0] ?? 0 }
        }
        let values = try DatasetError.wrapping {
            try converted(to: .float64).elements(of: Double.self)
        }
        if elementCount == count {
            guard values.allSatisfy({ $0 == $0.rounded() }) else {
                throw .labels("the targets are no whole numbers")
            }
            let names = Set(values).sorted()
            let index = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
            return values.map { index[$0] ?? 0 }
        }
        guard rank == 2 else { throw .labels("shape \(shape)") }
        return (0..<count).map { sample in
            let row = values[sample * shape[1]..<(sample + 1) * shape[1]]
            return row.indices.max { row[$0] < row[$1] }.map { $0 - row.startIndex } ?? 0
        }
    }
}
