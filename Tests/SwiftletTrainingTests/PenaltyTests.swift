import SwiftletFiles
import SwiftletGraph
import SwiftletLayers
import SwiftletTensor
import SwiftletTraining
import Testing

@Suite struct PenaltyTests {
    static let regularizers = RecordedCase.all("penalties") { $0["kind"] == "regularizer" }
    static let constraints = RecordedCase.all("penalties") { $0["kind"] == "constraint" }

    @Test(arguments: regularizers) func penaltyAndGradientAsKeras(_ row: RecordedCase) throws {
        let config = LayerConfig(["r": row.object], registry: LayerRegistry([]))
        let regularizer = try #require(try config.regularizer("r"))
        let tensor = try #require(try row.recording.tensor(row.json["weight"]))
        var graph = Graph()
        let weight = try graph.placeholder("w", TensorType(tensor.shape))
        let value = try regularizer.penalty(on: weight, in: &graph)
        let gradient = try #require(try graph.gradients(of: value, withRespectTo: [weight])[0])
        let results = try Program(graph, inputs: [weight], outputs: [value, gradient]).run([tensor])
        for (result, expected) in zip(results, [row.json["value"], row.json["gradient"]]) {
            #expect(distance(try result.floats(), try row.recording.floats(expected)) <= 1e-6)
        }
    }

    @Test(arguments: constraints) func constraintsAsKeras(_ row: RecordedCase) throws {
        let config = LayerConfig(["c": row.object], registry: LayerRegistry([]))
        let constraint = try #require(try config.constraint("c"))
        var tensor = try #require(try row.recording.tensor(row.json["weight"]))
        let program = try ConstraintProgram(constraint, shape: tensor.shape, threads: 1)
        try program.apply(to: &tensor, workers: .single)
        #expect(distance(try tensor.floats(), try row.recording.floats(row.json["value"])) <= 1e-6)
    }
}
