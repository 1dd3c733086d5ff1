internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers

/// A loss function's values as a metric: their weighted mean.
struct LossMetric: MeanMetricFunction {
    static let className = "MeanMetricWrapper"
    private let loss: any LossFunction

    init(_ loss: any LossFunction) { self.loss = loss }

    init(config: LayerConfig) throws {
        guard let function = config.value("fn") else {
            throw ModelError.config(key: "fn", cause: "missing")
        }
        loss = try Loss(json: function).function
    }

    var config: JSONObject { loss.config }
    var takesClassNumbers: Bool { loss.takesClassNumbers }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> Value {
        try loss.values(truth, prediction, in: &graph).values
    }
}
