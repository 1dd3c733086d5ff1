import SwiftletDataset
import SwiftletTensor
import Testing

/// Samples whose input and target both tell their number.
private func numbered(_ count: Int) throws -> Dataset {
    let numbers = (0..<count).map { Float($0) }
    return try Dataset(
        x: Tensor(numbers.flatMap { [$0, -$0] }, shape: Shape([count, 2])), y: Tensor(numbers),
        sampleWeights: Tensor(numbers))
}

private func members(_ dataset: Dataset?) throws -> [Int] {
    let dataset = try #require(dataset)
    let numbers = try #require(dataset.y).elements(of: Float.self).map { Int($0) }
    // Inputs, targets and weights have to move together.
    #expect(try dataset.x.elements(of: Float.self) == numbers.flatMap { [Float($0), Float(-$0)] })
    #expect(try dataset.sampleWeights?.elements(of: Float.self) == numbers.map { Float($0) })
    return numbers
}

@Suite struct DatasetTests {
    @Test func countsHaveToAgree() throws {
        let x = try Tensor(zeros: [3, 2])
        #expect(throws: DatasetError.noInputs) { try Dataset(inputs: [:]) }
        #expect(throws: DatasetError.counts(name: "x", count: 3, other: "y", otherCount: 2)) {
            try Dataset(x: x, y: Tensor(zeros: [2]))
        }
        #expect(throws: DatasetError.scalar(name: "y")) {
            try Dataset(x: x, y: Tensor(zeros: .scalar))
        }
        #expect(throws: DatasetError.sampleWeights([2, 3])) {
            try Dataset(x: x, y: Tensor(zeros: [3]), sampleWeights: Tensor(zeros: [2, 3]))
        }
        // Positions in a sample may count apart.
        let steps = try Dataset(x: x, y: Tensor(zeros: [3]), sampleWeights: x)
        #expect(steps.sampleWeights?.shape == [3, 2])
    }

    @Test func weightsBecomeAVectorOfFloats() throws {
        let data = try Dataset(
            x: Tensor(zeros: [2, 4]), y: Tensor(zeros: [2]),
            sampleWeights: Tensor([1, 3] as [Int64], shape: [2, 1]))
        #expect(try data.sampleWeights?.elements(of: Float.self) == [1, 3])
        #expect(data.sampleWeights?.shape == [2])
    }

    @Test(arguments: [(10, 4, [4, 4, 2]), (8, 4, [4, 4]), (3, 5, [3]), (0, 5, [])])
    func batchesCoverEverySampleOnce(count: Int, size: Int, sizes: [Int]) throws {
        let data = try numbered(count)
        for random in [nil, CounterRandom(seed: 5)] {
            let batches = try data.batches(of: size, shuffledBy: random)
            let seen = try (0..<batches.count).map { try members(batches[$0]) }
            #expect(seen.map(\.count) == sizes)
            #expect(seen.flatMap(\.self).sorted() == Array(0..<count))
            if random == nil { #expect(seen.flatMap(\.self) == Array(0..<count)) }
        }
        #expect(throws: DatasetError.batchSize(0)) { try data.batches(of: 0) }
    }

    @Test func shufflingFollowsTheStream() throws {
        let data = try numbered(50)
        func order(_ seed: UInt64, _ epoch: UInt64) throws -> [Int]? {
            try data.batches(of: 8, shuffledBy: CounterRandom(seed: seed, stream: epoch)).order
        }
        #expect(try order(1, 0) == order(1, 0))
        #expect(try order(1, 0) != order(1, 1))
        #expect(try order(1, 0) != order(2, 0))
    }

    @Test func namesKeepTheirOrder() throws {
        let one = try Tensor(zeros: [1])
        var tensors: NamedTensors = ["b": one, "a": one, "c": one]
        #expect(tensors.names == ["b", "a", "c"])
        tensors["a"] = nil
        tensors["b"] = try Tensor(zeros: [2])
        #expect(tensors.names == ["b", "c"])
        #expect(tensors["b"]?.shape == [2])
        #expect(tensors["c"]?.shape == [1])
        #expect(tensors["a"] == nil)
    }
}

@Suite struct SplitTests {
    @Test func partsAreExactAndShareNothing() throws {
        let split = try numbered(103).split(validation: 0.1, test: 0.25, seed: 3)
        let parts = try [members(split.train), members(split.validation), members(split.test)]
        #expect(parts.map(\.count) == [67, 10, 26])
        #expect(parts.flatMap(\.self).sorted() == Array(0..<103))
        #expect(try members(numbered(103).split(test: 0.25, seed: 3).test) == parts[2])
        #expect(try members(numbered(103).split(test: 0.25, seed: 4).test) != parts[2])
    }

    @Test("as whole numbers, texts and one-hot rows", arguments: [0, 1, 2])
    func everyClassHasItsShare(kind: Int) throws {
        let classes = (0..<200).map { $0 % 10 == 0 ? 2 : $0 % 10 < 4 ? 1 : 0 }  // 120, 60, 20
        let labels =
            switch kind {
            case 0: try Tensor(classes.map { Int32($0) })
            case 1: try Tensor(strings: classes.map { "class \($0)" }, shape: [200])
            default:
                try Tensor(
                    classes.flatMap { c in (0..<3).map { Float($0 == c ? 1 : 0) } },
                    shape: [200, 3])
            }
        let data = try numbered(200)
        let split = try data.split(validation: 0.25, test: 0.1, seed: 1, stratifiedBy: labels)
        func counts(_ part: Dataset?) throws -> [Int] {
            let found = try members(part).map { classes[$0] }
            return (0..<3).map { label in found.count { $0 == label } }
        }
        #expect(try counts(split.test) == [12, 6, 2])
        #expect(try counts(split.validation) == [30, 15, 5])
        #expect(try counts(split.train) == [78, 39, 13])
    }

    /// `int(10 * (1 - 0.25))` is 7.
    @Test func lastSamplesValidateAsInKeras() throws {
        let split = try numbered(10).split(lastForValidation: 0.25)
        #expect(try members(split.train) == Array(0..<7))
        #expect(try members(split.validation) == Array(7..<10))
    }

    @Test func impossibleSplits() throws {
        let data = try numbered(10)
        #expect(throws: DatasetError.fractions([0.5, 0.5])) {
            try data.split(validation: 0.5, test: 0.5, seed: 0)
        }
        #expect(throws: DatasetError.fractions([-1, 0])) { try data.split(test: -1, seed: 0) }
        #expect(throws: DatasetError.self) { try data.split(test: .nan, seed: 0) }
        #expect(throws: DatasetError.emptyPart(name: "test", samples: 10)) {
            try data.split(test: 0.01, seed: 0)
        }
        #expect(throws: DatasetError.emptyPart(name: "training", samples: 10)) {
            try data.split(lastForValidation: 0.99)
        }
        #expect(throws: DatasetError.labels("the targets are no whole numbers")) {
            try data.split(
                test: 0.5, seed: 0, stratifiedBy: Tensor([Float](repeating: 0.5, count: 10)))
        }
    }
}

@Suite struct StandardizationTests {
    /// Mean 2, population variance 2 / 3; the second feature never changes.
    @Test func meanZeroDeviationOne() throws {
        let features = try Tensor([1, 0.1, 2, 0.1, 3, 0.1], shape: [3, 2])
        let standardization = try Standardization(fitting: features)
        let scaled = try standardization.applied(to: features).elements(of: Float.self)
        let expected: [Float] = [-1.224_744_9, 0, 0, 0, 1.224_744_9, 0]
        #expect(zip(scaled, expected).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(throws: DatasetError.self) {
            try standardization.applied(to: Tensor(zeros: [3, 3]))
        }
        #expect(throws: DatasetError.emptyPart(name: "fitting", samples: 0)) {
            try Standardization(fitting: Tensor(zeros: [0, 2]))
        }
    }
}
