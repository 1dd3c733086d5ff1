internal import SwiftletGraph
public import SwiftletTensor

/// A model's layers with their shapes and weights, worked out without computing anything.
public struct ModelSummary: Sendable {
    /// A layer, or a model inside the model whose own layers follow it.
    public struct Layer: Sendable {
        /// Names from the outermost model down, e.g. `encoder/dense`.
        public let path: String
        public let className: String
        /// How many models stand around the layer; 0 for the outermost one's layers.
        public let depth: Int
        /// The shape of each output, the batch first; nil where an extent varies.
        public let outputShapes: [[Int?]]
        /// The layers of the same model that it takes its inputs from.
        public let inputs: [String]
        /// With those of the layers inside.
        public let weights: [Weight]

        public var parameterCount: Int { weights.reduce(0) { $0 + $1.shape.elementCount } }
    }

    public struct Weight: Sendable {
        public let path: String
        public let shape: Shape
        public let dtype: DType
        /// False for statistics and for weights of frozen layers.
        public let isTrainable: Bool
    }

    public let name: String
    /// Depth first, in the model's order.
    public let layers: [Layer]
    /// Every weight once, in the model's order.
    public let weights: [Weight]
    /// The model's inputs in order, with their shapes, the batch first.
    public let inputs: [(name: String, shape: [Int?])]
    /// The element types that the file declares for them.
    public let inputTypes: [DType]
    /// The shapes of the model's outputs in order.
    public let outputShapes: [[Int?]]
    /// The element types in which they are computed.
    public let outputTypes: [DType]

    public var parameterCount: Int { weights.reduce(0) { $0 + $1.shape.elementCount } }
    public var trainableCount: Int {
        weights.reduce(0) { $0 + ($1.isTrainable ? $1.shape.elementCount : 0) }
    }
}

extension Model {
    /// What the model consists of.
    ///
    /// - Throws: ``ModelError`` if the layers do not fit together.
    public func summary() throws -> ModelSummary {
        let shapes = try network.shapes()
        let weights = shapes.weights.map {
            ModelSummary.Weight(
                path: $0.path, shape: $0.shape, dtype: $0.dtype, isTrainable: $0.isTrainable)
        }
        let layers = network.summaries(prefix: "", depth: 0, shapes: shapes, weights: weights)
        let inputs = network.inputEntries.map { entry in
            (name: entry.name, shape: (entry.layer as? Input)?.batchShape ?? [])
        }
        return ModelSummary(
            name: name, layers: layers, weights: weights, inputs: inputs,
            inputTypes: network.inputEntries.map { ($0.layer as? Input)?.dtype ?? .float32 },
            outputShapes: shapes.outputs, outputTypes: shapes.outputTypes)
    }
}

extension Network {
    fileprivate func summaries(
        prefix: String, depth: Int, shapes: NetworkShapes, weights: [ModelSummary.Weight]
    ) -> [ModelSummary.Layer] {
        entries.flatMap { entry -> [ModelSummary.Layer] in
            let path = prefix + entry.name
            var sources: [String] = []
            for reference in entry.calls.flatMap(\.leaves) {
                let source = entries[reference.layer].name
                if !sources.contains(source) { sources.append(source) }
            }
            let own = weights.filter { $0.path.hasPrefix(path + "/") }
            let outputs =
                (entry.layer as? Input).map { [$0.batchShape] } ?? shapes.layers[path]?.first ?? []
            let layer = ModelSummary.Layer(
                path: path, className: entry.layer.configClassName, depth: depth,
                outputShapes: outputs, inputs: sources, weights: own)
            guard let network = entry.layer as? Network else { return [layer] }
            return [layer]
                + network.summaries(
                    prefix: path + "/", depth: depth + 1, shapes: shapes, weights: own)
        }
    }
}

extension Input {
    fileprivate var batchShape: [Int?] { [batchSize] + shape }
}
