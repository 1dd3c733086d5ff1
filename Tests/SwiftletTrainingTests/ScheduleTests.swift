import SwiftletFiles
import SwiftletTensor
import SwiftletTraining
import Testing

@Suite struct ScheduleTests {
    static let cases = RecordedCase.all("schedules")

    /// A plain step of 1 from a weight of 0 along a gradient of −1 makes the rate visible.
    @Test(arguments: cases) func ratesAsKeras(_ row: RecordedCase) throws {
        let steps = try #require(row.json["steps"]?.ints)
        let expected = try row.recording.floats(row.json["values"])
        let optimizer = try Optimizer(
            json: ["class_name": "SGD", "config": ["learning_rate": row.object]])
        let shape: Shape = [1]
        var state = try OptimizerState(
            optimizer, weights: [("w", shape)], values: [Tensor(zeros: shape)])
        for (step, rate) in zip(steps, expected) {
            try state.restore([("iteration", Tensor(scalar: Int64(step)))])
            #expect(
                abs(state.currentRate - rate) <= 2e-6 * max(rate, 0.01),
                "step \(step): \(state.currentRate), not \(rate)")
        }
    }

    @Test(arguments: cases) func configurationsThereAndBack(_ row: RecordedCase) throws {
        let optimizer = try Optimizer(
            json: ["class_name": "Adam", "config": ["learning_rate": row.object]])
        let written = optimizer.json["config"]?["learning_rate"]
        #expect(written?["class_name"] == row.json["class_name"])
        #expect(written?["config"] == row.json["config"])
        #expect(written?["module"] == "keras.optimizers.schedules")
    }

    @Test(
        arguments: [
            ("steps of 0", ["decay_steps": 0]),
            ("negative steps", ["decay_steps": -3]),
            ("no rate", ["initial_learning_rate": nil]),
            ("text", ["decay_rate": "fast"]),
        ] as [(String, JSON)])
    func refusesOptions(_ row: (name: String, change: JSON)) throws {
        var config: JSONObject = [
            "initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5,
        ]
        for (key, value) in row.change.object ?? [:] { config[key] = value }
        let schedule: JSON = ["class_name": "ExponentialDecay", "config": .object(config)]
        #expect(throws: TrainingError.self) {
            try Optimizer(json: ["class_name": "SGD", "config": ["learning_rate": schedule]])
        }
    }
}
