internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// Keras's `"crossentropy"`: binary, sparse or categorical, as the shapes suggest.
struct AutomaticCrossentropy: LossFunction {
    static let className = "Crossentropy"
    static let functionName = "crossentropy"
    static let aliases = ["ce"]

    init(config: LayerConfig) throws {}

    func values(_ truth: Value, _ prediction: Value, in graph: inout Graph) throws -> LossValues {
        let function: any LossFunction =
            switch TargetKind(
                truth: graph.shape(of: truth), prediction: graph.shape(of: prediction))
            {
            case .binary: BinaryCrossentropy(takesLogits: false, smoothing: 0)
            case .classNumbers:
                SparseCategoricalCrossentropy(takesLogits: false, ignoredClass: nil)
            case .oneHot: CategoricalCrossentropy(takesLogits: false, smoothing: 0)
            }
        return try function.values(truth, prediction, in: &graph)
    }
}

/// What targets are, judged by their shape beside the prediction's, as Keras judges it.
enum TargetKind {
    case binary, classNumbers, oneHot

    init(truth: Shape, prediction: Shape) {
        if prediction.last == 1 {
            self = .binary
        } else if truth.rank < prediction.rank || truth.last == 1 && (prediction.last ?? 0) > 1 {
            self = .classNumbers
        } else {
            self = .oneHot
        }
    }
}
