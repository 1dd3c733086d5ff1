import CKernels
import SwiftletFiles
import SwiftletTensor
import SwiftletTraining
import Testing

@Suite struct OptimizerTests {
    static let cases = RecordedCase.all("optimizers")

    @Test func coversKeras() {
        let classes = Set(Self.cases.map { $0.json["class_name"]?.string ?? "" })
        #expect(classes == Set(Optimizer.names + ["LossScaleOptimizer", "MultiOptimizer"]))
    }

    /// Weights after each of five steps, then all the optimizer remembers.
    @Test(arguments: cases) func fiveStepsAsKeras(_ row: RecordedCase) throws {
        let recording = row.recording
        let optimizer = try Optimizer(json: row.object)
        var values = try recording.tensors(row.json["start"])
        let names = try #require(row.json["variable_names"]?.strings)
        var state = try OptimizerState(
            optimizer, weights: Array(zip(names, values.map(\.shape))), values: values)
        let expectedState = try #require(row.json["state"]?.array)
        try compare(state, expectedState, "before", recording)
        let steps = try #require(row.json["steps"]?.array)
        for (number, step) in steps.enumerated() {
            let rate = try #require(step["learning_rate"]?.double)
            #expect(abs(Double(state.currentRate) - rate) <= 1e-6 * rate)
            let gradients = try recording.tensors(step["gradients"])
            try state.apply(gradients, to: &values)
            for (value, expected) in zip(values, try recording.tensors(step["variables"])) {
                let difference = distance(try value.floats(), try expected.floats())
                #expect(difference <= 2e-6, "step \(number): \(difference)")
            }
        }
        try compare(state, expectedState, "after", recording)
        if let finalized = row.json["finalized"] {
            state.finish(&values)
            for (value, expected) in zip(values, try recording.tensors(finalized)) {
                #expect(distance(try value.floats(), try expected.floats()) <= 2e-6)
            }
        }
    }

    private func compare(
        _ state: OptimizerState, _ expected: [JSON], _ time: String, _ recording: Recording
    ) throws {
        let variables = try state.variables()
        #expect(variables.count == expected.count)
        for (variable, expected) in zip(variables, expected) {
            let name = try #require(expected["name"]?.string)
            // `dense/kernel/momentum` here is `adam/dense_kernel_momentum` in Keras, where only
            // Adafactor's rows and columns have the name of the weight alone.
            let parts = variable.name.split(separator: "/").drop { $0 == "inner" || Int($0) != nil }
            let isMean = parts.last == "row" || parts.last == "column"
            let ours = (isMean ? parts.dropLast() : parts).joined(separator: "_")
            #expect(
                name.hasSuffix("/" + ours) || name == ours || name.hasPrefix("variable"),
                "\(name): \(ours)")
            #expect(variable.value.dtype.rawValue == expected["dtype"]?.string)
            let difference = distance(
                try variable.value.floats(), try recording.floats(expected[time]))
            #expect(difference <= 2e-6, "\(name) \(time): \(difference)")
        }
    }

    /// A state that was saved after two steps goes on as if nothing had happened.
    @Test(arguments: cases) func goesOnAfterSaving(_ row: RecordedCase) throws {
        let recording = row.recording
        let optimizer = try Optimizer(json: row.object)
        var values = try recording.tensors(row.json["start"])
        let names = try #require(row.json["variable_names"]?.strings)
        let weights = Array(zip(names, values.map(\.shape)))
        var state = try OptimizerState(optimizer, weights: weights, values: values)
        for (number, step) in try #require(row.json["steps"]?.array).enumerated() {
            if number == 2 {
                let saved = try state.variables()
                state = try OptimizerState(
                    Optimizer(json: optimizer.json), weights: weights, values: values)
                try state.restore(saved)
            }
            try state.apply(recording.tensors(step["gradients"]), to: &values)
        }
        let last = try #require(row.json["steps"]?.array?.last)
        for (value, expected) in zip(values, try recording.tensors(last["variables"])) {
            #expect(distance(try value.floats(), try expected.floats()) <= 2e-6)
        }
    }

    @Test(arguments: cases) func configurationsThereAndBack(_ row: RecordedCase) throws {
        let written = try Optimizer(json: row.object).json
        #expect(written["class_name"] == row.json["class_name"])
        let config = try #require(row.json["config"]?.object)
        for (key, value) in config where key != "name" {
            #expect(written["config"]?[key] == value, "\(key)")
        }
        #expect(written["config"]?.object?.count == config.count)
    }

    /// Every instruction set, and pieces of every length: the same numbers.
    @Test(arguments: Optimizer.names) func piecesDoNotChangeNumbers(_ name: String) throws {
        let count = 40_003
        let random = CounterRandom(seed: 3)
        let start = try Tensor((0..<count).map { random.normal(at: $0) })
        let gradient = try Tensor((0..<count).map { random.normal(at: count + $0) })
        let shape = start.shape
        var results: [Tensor] = []
        for threads in [1, 2, 3] {
            var values = [start]
            var state = try OptimizerState(
                Optimizer(named: name), weights: [("w", shape)], values: values)
            let workers = Workers(count: threads)
            for _ in 0..<3 { try state.apply([gradient], to: &values, workers: workers) }
            results.append(values[0])
        }
        #expect(!results[0].isIdentical(to: start))
        #expect(results[1].isIdentical(to: results[0]) && results[2].isIdentical(to: results[0]))
        // These look at a weight as a whole.
        guard !["Lamb", "Adafactor"].contains(name) else { return }
        // The same elements one by one: no vector has more than one of them.
        var single = Array(try start.floats()[..<5]).map { [$0] }
        for element in single.indices {
            var values = [try Tensor(single[element])]
            let one = try Tensor([try gradient.floats()[element]])
            var state = try OptimizerState(
                Optimizer(named: name), weights: [("w", [1])], values: values)
            for _ in 0..<3 { try state.apply([one], to: &values) }
            single[element] = try values[0].floats()
        }
        #expect(single.map { $0[0] } == Array(try results[0].floats()[..<5]))
    }

    /// A weight without a gradient stays, and so does what is remembered for it.
    @Test func leavesWeightsWithoutGradient() throws {
        var values = [try Tensor([1, 2] as [Float]), try Tensor([3] as [Float])]
        var state = try OptimizerState(
            .adam(), weights: [("a", [2]), ("b", [1])], values: values)
        try state.apply([nil, Tensor([1] as [Float])], to: &values)
        #expect(try values[0].floats() == [1, 2])
        #expect(try values[1].floats() != [3])
        #expect(try state.variables()[2].value.floats() == [0, 0])
    }

    @Test(arguments: [
        ("Adam", "adam"), ("adam", "adam"), ("LegacyAdam", "adam"), ("RMSprop", "rmsprop"),
        ("rmsprop", "rmsprop"), ("CustomAdamW", "adamw"),
    ])
    func findsNames(_ row: (given: String, expected: String)) throws {
        #expect(try Optimizer(named: row.given).name.lowercased() == row.expected)
    }

    @Test(
        arguments: [
            ("unknown class", ["class_name": "Bogus", "config": [:]]),
            (
                "two clippings",
                ["class_name": "SGD", "config": ["clipnorm": 1.0, "clipvalue": 2.0]]
            ),
            ("momentum 2", ["class_name": "SGD", "config": ["momentum": 2.0]]),
            ("one step", ["class_name": "SGD", "config": ["gradient_accumulation_steps": 1]]),
            ("text", ["class_name": "Adam", "config": ["beta_1": "much"]]),
            ("unknown schedule", ["class_name": "Adam", "config": ["learning_rate": "often"]]),
            ("a number", 3),
        ] as [(String, JSON)])
    func refuses(_ row: (name: String, json: JSON)) {
        #expect(throws: TrainingError.self) { try Optimizer(json: row.json) }
    }

    @Test(arguments: [
        ("too few", 3, [2, 3]), ("another shape", 4, [3, 3]), ("none", 0, [2, 3]),
    ])
    func refusesStates(_ row: (name: String, count: Int, shape: [Int])) throws {
        let shape: Shape = [2, 3]
        var state = try OptimizerState(
            .adam(), weights: [("w", shape)], values: [Tensor(zeros: shape)])
        let slot = try Tensor(zeros: Shape(row.shape))
        let variables = [
            ("iteration", try Tensor(scalar: 3 as Int64)),
            ("learning_rate", try Tensor(scalar: 0.5 as Float)), ("m", slot), ("v", slot),
        ]
        #expect(throws: TrainingError.self) { try state.restore(Array(variables[..<row.count])) }
        #expect(try state.variables()[0].value.doubles() == [0])
    }
}

extension OptimizerState {
    /// A step with gradients as tensors.
    mutating func apply(
        _ gradients: [Tensor?], to values: inout [Tensor], workers: Workers = .single
    ) throws {
        try withExtendedLifetime(gradients) {
            let places = gradients.map { gradient in
                gradient.map {
                    Gradient(
                        UnsafePointer($0.storage.pointer.assumingMemoryBound(to: Float.self)))
                }
            }
            try apply(places, to: &values, workers: workers)
        }
    }
}
