import SwiftletFiles
import SwiftletKeras
import SwiftletTensor
import Testing

@Suite struct OptimizerVariablesTests {
    private let config: JSONObject = ["optimizer": ["config": ["learning_rate": 0.5]]]

    private func names(_ tensors: [Tensor]) -> [String] {
        OptimizerVariables.stored(tensors, config: config).map(\.name)
    }

    @Test func keras3KeepsItsLearningRate() throws {
        let state = OptimizerVariables.stored(
            [
                try Tensor(scalar: Int64(3)), try Tensor(scalar: Float(0.25)),
                try Tensor([1, 2] as [Float]),
            ],
            config: config)
        #expect(state.map(\.name) == ["iteration", "learning_rate", "2"])
        #expect(try state[1].value.floats() == [0.25])
    }

    @Test func keras2TakesItFromTheConfiguration() throws {
        let state = OptimizerVariables.stored(
            [try Tensor(scalar: Int64(3)), try Tensor([1, 2] as [Float])], config: config)
        #expect(state.map(\.name) == ["iteration", "learning_rate", "1"])
        #expect(try state[1].value.floats() == [0.5])
    }

    @Test func nothingBeforeTheFirstStep() throws {
        let rate = try Tensor(scalar: Float(0.5))
        #expect(names([]).isEmpty)
        #expect(names([try Tensor(scalar: Int64(0)), rate]).isEmpty)
        #expect(names([try Tensor(scalar: Int64(0))]).isEmpty)
        #expect(names([try Tensor(scalar: Int64(2)), rate]) == ["iteration", "learning_rate"])
    }
}
