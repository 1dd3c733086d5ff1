internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers

/// The cosine of the angle between truth and prediction: the loss of that name with the sign of a
/// score.
struct CosineSimilarityMetric: MeanMetricFunction {
    static let className = "CosineSimilarity"
    private let loss: CosineSimilarity

    init(config: LayerConfig) throws { loss = try CosineSimilarity(config: config) }

    var config: JSONObject { loss.config }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> Value {
        try graph.negate(loss.values(truth, prediction, in: &graph).values)
    }
}
