public import SwiftletDataset
internal import SwiftletTensor

extension Dataset {
    /// The samples' weights times those of their classes; nil if neither is given.
    ///
    /// A class without a weight counts 1.
    func weights(classes: [Int: Double]) throws -> Tensor? {
        guard !classes.isEmpty else { return sampleWeights }
        // One per sample, or several for the positions in it.
        let given = try sampleWeights ?? Tensor(repeating: 1 as Float, shape: .vector(count))
        var weights = try given.floats()
        let positions = count == 0 ? 1 : weights.count / count
        for (sample, label) in try classNumbers().enumerated() {
            guard let label, let weight = classes[label] else { continue }
            for place in sample * positions..<(sample + 1) * positions {
                weights[place] *= Float(weight)
            }
        }
        return try Tensor(weights, shape: given.shape)
    }

    /// Weights with which all classes count alike: samples / (classes · samples of the class), as
    /// scikit-learn's "balanced".
    ///
    /// - Parameter rows: the samples to count; nil for all.
    public func balancedClassWeights(of rows: [Int]? = nil) throws -> [Int: Double] {
        let numbers = try classNumbers()
        var counts: [Int: Int] = [:]
        for row in rows ?? Array(0..<count) {
            guard let label = numbers[row] else {
                throw TrainingError.argument(
                    name: "class weights", cause: "the target of sample \(row) is no whole number")
            }
            counts[label, default: 0] += 1
        }
        let total = Double(rows?.count ?? count)
        return counts.mapValues { total / (Double(counts.count) * Double($0)) }
    }

    /// The class of every sample: its target, a whole number, or the place of the largest number in a
    /// row of them; nil where the target is no whole number.
    private func classNumbers() throws -> [Int?] {
        guard targets.count == 1, let targets = targets.first else {
            throw TrainingError.argument(
                name: "class weights", cause: "need one target, \(self.targets.count) found")
        }
        let (name, tensor) = targets
        guard tensor.elementCount == count || tensor.rank == 2 else {
            throw TrainingError.argument(
                name: "class weights",
                cause: "'\(name)' of shape \(tensor.shape) does not hold one class per sample")
        }
        let values = try tensor.floats()
        let width = count == 0 ? 1 : values.count / count
        return (0..<count).map { sample in
            let row = values[sample * width..<(sample + 1) * width]
            return width == 1
                ? Int(exactly: row.first ?? 0)
                : row.indices.max { row[$0] < row[$1] }.map { $0 - row.startIndex }
        }
    }
}

/// Refuses class numbers that the output has no place for.
func checkClassNumbers(
    _ values: UnsafeBufferPointer<Float>, of output: String, classes: Int, ignoring ignored: Int?
) throws {
    guard
        let wrong = values.first(where: {
            !($0 >= 0 && $0 < Float(classes) && $0 == $0.rounded())
                && ignored.map(Float.init) != $0
        })
    else { return }
    let number = Int(exactly: wrong).map(String.init) ?? "\(wrong)"
    throw TrainingError.data(
        name: output,
        cause: "target \(number) found, class numbers from 0 to \(classes - 1) expected")
}
