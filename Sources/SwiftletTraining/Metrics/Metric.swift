public import SwiftletFiles
package import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// What is measured while a model is trained or evaluated, beside the loss.
public struct Metric: Sendable {
    let function: any MetricFunction
    /// The name in histories, e.g. `accuracy`.
    public let name: String
    /// As it was given: a name, or an object of a file.
    private let source: JSON

    static let functions: [any MetricFunction.Type] = [
        AutomaticAccuracy.self, BinaryAccuracy.self, CategoricalAccuracy.self,
        SparseCategoricalAccuracy.self, TopKCategoricalAccuracy.self,
        SparseTopKCategoricalAccuracy.self, RootMeanSquaredError.self, CosineSimilarityMetric.self,
        Precision.self, Recall.self, TruePositives.self, TrueNegatives.self, FalsePositives.self,
        FalseNegatives.self, AUC.self, F1Score.self, FBetaScore.self, R2Score.self,
        PrecisionAtRecall.self, RecallAtPrecision.self, SensitivityAtSpecificity.self,
        SpecificityAtSensitivity.self, IoU.self, BinaryIoU.self, MeanIoU.self, OneHotIoU.self,
        OneHotMeanIoU.self, PearsonCorrelation.self, ConcordanceCorrelation.self,
        EqualityAccuracy.self, MeanOfTargets.self, SumOfTargets.self,
    ]

    /// Keras's names of all metrics but for the losses, which are metrics too.
    public static var names: [String] { functions.map { snakeCase($0.className) } }

    /// The metric of that Keras name, e.g. `accuracy`, `mae` or `auc`; every loss is one too.
    ///
    /// - Throws: ``TrainingError/unknown(kind:name:suggestion:)``.
    public init(named name: String) throws { try self.init(json: .string(name)) }

    /// The metric of that Keras class with Keras's options, e.g. `"IoU"` with `["num_classes": 3,
    /// "target_class_ids": [0]]`.
    ///
    /// - Throws: ``TrainingError`` naming what is unknown or out of its range.
    public init(named className: String, options: JSONObject) throws {
        try self.init(json: ["class_name": .string(className), "config": .object(options)])
    }

    /// Reads a name, a serialized metric or a serialized function.
    package init(json: JSON) throws {
        let object = try KerasObject(json, kind: "metric")
        let given = json.string
        if object.name == "MeanMetricWrapper", let inner = object.config.value("fn") {
            // Keras 2's way to hold a function.
            let function = try Metric(json: inner)
            self.init(
                function.function, name: object.config.value("name")?.string ?? function.name,
                source: json)
            return
        }
        // Only a name lets the shapes decide which accuracy is meant.
        let isObject = json["class_name"]?.string == "Accuracy"
        if let type = Self.functions.first(where: { type in
            if isObject { return type == EqualityAccuracy.self }
            return object.name == type.className || object.name == snakeCase(type.className)
                || type.aliases.contains(object.name)
        }) {
            let function = try object.reading { try type.init(config: $0) }
            let name = object.config.value("name")?.string ?? snakeCase(type.className)
            self.init(function, name: given ?? name, source: json)
        } else if let type = Loss.type(named: object.name)
            ?? Loss.type(
                named: object.name.replacing("Error", with: "").replacing("_error", with: ""))
        {
            let loss = try object.reading { try type.init(config: $0) }
            let name = object.config.value("name")?.string ?? type.functionName
            self.init(LossMetric(loss), name: given ?? name, source: json)
        } else {
            throw object.unknown(among: Self.allNames)
        }
    }

    private static var allNames: [String] {
        functions.flatMap { [snakeCase($0.className), $0.className] + $0.aliases } + Loss.allNames
    }

    private init(_ function: any MetricFunction, name: String, source: JSON) {
        (self.function, self.name, self.source) = (function, name, source)
    }

    init(_ function: any MetricFunction, name: String) {
        var config: JSONObject = ["name": .string(name), "dtype": "float32"]
        for (key, value) in function.config { config[key] = value }
        let className = Swift.type(of: function).className
        self.init(
            function, name: name,
            source: kerasObject(
                module: "keras.metrics", className: className, config: .object(config)))
    }

    /// What Keras writes: the name, or the object.
    package var json: JSON { source }

    /// The share of right answers, whatever form targets and predictions have.
    public static let accuracy = Metric(
        AutomaticAccuracy(), name: "accuracy", source: .string("accuracy"))

    /// A loss measured beside the one that is trained, e.g. `.mean(.meanAbsoluteError)`.
    public static func mean(_ loss: Loss, name: String? = nil) -> Metric {
        Metric(
            LossMetric(loss.function), name: name ?? loss.name,
            source: name.map { _ in loss.object } ?? .string(loss.name))
    }

    /// The mean of absolute differences.
    public static let meanAbsoluteError = mean(.meanAbsoluteError)
    /// The mean of squared differences.
    public static let meanSquaredError = mean(.meanSquaredError)

    // MARK: The graph

    /// Adds the metric's statistics `[n]` to `graph`.
    package func statistics(
        _ truth: Value, _ prediction: Value, weights: Value? = nil, mask: Value? = nil,
        in graph: inout Graph
    ) throws -> Value {
        var weights = weights
        if let mask {
            let ones = try graph.indicator(mask)
            weights =
                try weights.map {
                    let (a, b) = try graph.alignWeights(ones, $0)
                    return try graph.multiply(a, b)
                } ?? ones
        }
        let (truth, prediction) = try graph.alignRanks(truth, prediction)
        return try function.statistics(truth, prediction, weights: weights, in: &graph)
    }

    /// One number, or several.
    package func results(_ sums: [Double]) -> [Double] { function.results(sums) }
}
