internal import SwiftletDataset
internal import SwiftletTensor

extension Dataset {
    /// The samples' weights times those of their classes; nil if neither is given.
    ///
    /// The class of a sample is its target, a whole number, or the place of the largest number in a
    /// row of them. A class without a weight counts 1.
    func weights(classes: [Int: Double]?) throws -> Tensor? {
        guard let classes, !classes.isEmpty else { return sampleWeights }
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
        // One per sample, or several for the positions in it.
        let given = try sampleWeights ?? Tensor(repeating: 1 as Float, shape: .vector(count))
        var weights = try given.floats()
        let positions = count == 0 ? 1 : weights.count / count
        for sample in 0..<count {
            let row = values[sample * width..<(sample + 1) * width]
            let label =
                width == 1
                ? Int(exactly: row.first ?? 0)
                : row.indices.max { row[$0] < row[$1] }.map { $0 - row.startIndex }
            guard let label, let weight = classes[label] else { continue }
            for place in sample * positions..<(sample + 1) * positions {
                weights[place] *= Float(weight)
            }
        }
        return try Tensor(weights, shape: given.shape)
    }

    /// Refuses class numbers that the output has no place for.
    func checkClassNumbers(
        _ output: String, classes: Int, ignoring ignored: Int?, in tensor: Tensor
    ) throws {
        let values = try tensor.floats()
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
}
