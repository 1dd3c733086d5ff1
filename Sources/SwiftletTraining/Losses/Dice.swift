internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// `1 − 2 Σ truth · prediction / (Σ truth + Σ prediction)` over axes; all of them by default.
struct Dice: LossFunction {
    static let className = "Dice"
    static let functionName = "dice"
    let axes: [Int]?

    init(config: LayerConfig) throws {
        axes = config.value("axis") == nil ? nil : try config.intList("axis")
    }

    var config: JSONObject { ["axis": axes.axesJSON] }

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        try graph.expectSameShape(truth, prediction)
        let axes = try graph.lossAxes(axes, of: prediction)
        let overlap = try graph.sum(graph.multiply(truth, prediction), axes: axes)
        let total = try graph.add(
            graph.add(graph.sum(truth, axes: axes), graph.sum(prediction, axes: axes)),
            graph.constant(lossEpsilon))
        let ratio = try graph.divide(graph.scale(overlap, by: 2), total)
        return LossValues(try graph.subtract(graph.constant(1), ratio))
    }
}

extension Optional where Wrapped == [Int] {
    /// A list of axes as Keras writes it.
    var axesJSON: JSON { map { .array($0.map(JSON.int)) } ?? .null }
}

extension Graph {
    /// The axes given, or all.
    func lossAxes(_ axes: [Int]?, of x: Value) throws -> [Int] {
        let shape = shape(of: x)
        guard let axes else { return Array(0..<shape.rank) }
        return try axes.map { axis in
            guard let normalized = shape.normalizedAxis(axis) else {
                throw TrainingError.loss("axis \(axis) is not one of \(shape)")
            }
            return normalized
        }
    }
}
