import SwiftletFiles
import SwiftletLayers
import SwiftletTensor
import SwiftletTraining
import Testing

@Suite struct HistoryTests {
    static let cases =
        RecordedCase.all("histories") + RecordedCase.all("histories-models")
        + RecordedCase.all("histories-quantized") + RecordedCase.all("histories-losses")
        + RecordedCase.all("histories-optimizers") + RecordedCase.all("histories-layers")

    static let statefulCases = RecordedCase.all("histories-stateful")

    /// Every number that Keras measured in three epochs, and the weights in the end.
    @Test(arguments: cases + statefulCases) func trainsAsKeras(_ row: RecordedCase) throws {
        var recorded = try HistoryCase(row)
        let history = try recorded.model.fit(recorded.data, options: recorded.options)
        try recorded.expectHistory(history)
        try recorded.expectWeightsAfter()
    }

    /// What the optimizer remembers has Keras's order and numbers.
    @Test(arguments: cases + statefulCases) func keepsOptimizerStateAsKeras(_ row: RecordedCase)
        throws
    {
        var recorded = try HistoryCase(row)
        try recorded.model.fit(recorded.data, options: recorded.options)
        let state = try #require(recorded.model.compilation?.optimizerState)
        let expected = try #require(row.json["optimizer"]?.array)
        #expect(state.count == expected.count)
        for (variable, place) in zip(state, expected) {
            let tensor = try #require(try row.recording.tensor(place))
            #expect(variable.value.shape == tensor.shape)
            let difference = distance(try variable.value.floats(), try tensor.floats())
            #expect(difference <= 1e-4, "\(variable.name): \(difference)")
        }
    }

    /// Loss and metrics of the trained model.
    @Test(arguments: cases) func evaluatesAsKeras(_ row: RecordedCase) throws {
        var recorded = try HistoryCase(row)
        recorded.model.tensors = try recorded.weightsAfter()
        let found = try recorded.model.evaluate(recorded.data, batchSize: 8, threads: 1)
        try Self.expectEvaluation(found, row)
    }

    /// Loss and metrics from the states on that training ended with.
    @Test(arguments: statefulCases) func evaluatesOnAsKeras(_ row: RecordedCase) throws {
        var recorded = try HistoryCase(row)
        try recorded.model.fit(recorded.data, options: recorded.options)
        let size = recorded.options.batchSize
        let found = try recorded.model.evaluate(recorded.data, batchSize: size, threads: 1)
        try Self.expectEvaluation(found, row)
        recorded.model.resetStates()
        let anew = try recorded.model.evaluate(recorded.data, batchSize: size, threads: 1)
        #expect(anew.first?.value != found.first?.value)
    }

    static func expectEvaluation(
        _ found: [(name: String, value: Double)], _ row: RecordedCase
    ) throws {
        let expected = try #require(row.json["evaluation"]?.object)
        #expect(Set(found.map(\.name)) == Set(expected.keys))
        for (name, value) in found {
            let number = expected[name]?.double ?? .nan
            #expect(abs(value - number) <= 2e-5 * max(abs(number), 1), "\(name): \(value)")
        }
    }
}
