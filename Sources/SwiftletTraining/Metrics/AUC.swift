internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The area under the ROC, the precision-recall or the precision-recall-gain curve, from counts at
/// fixed thresholds; the mean over labels where these are counted apart.
///
/// - SeeAlso: Davis & Goadrich 2006 for the interpolation of the second, Flach & Kull 2015 for the
///   third.
struct AUC: MetricFunction {
    static let className = "AUC"
    static let aliases = ["auc"]

    enum Curve: String, CaseIterable, Sendable {
        case roc = "ROC"
        case precisionRecall = "PR"
        case gain = "PRGAIN"
    }

    /// What stands between two thresholds for the height of the curve.
    enum Summation: String, CaseIterable, Sendable { case interpolation, minoring, majoring }

    private let counts: ConfusionCounts
    private let curve: Curve
    private let summation: Summation
    private let takesLogits: Bool
    private let labelCount: Int?
    private let labelWeights: [Double]?
    private let givenThresholds: [Double]?

    init(config: LayerConfig) throws {
        curve = try config.anyCase("curve", default: Curve.roc)
        summation = try config.anyCase("summation_method", default: Summation.interpolation)
        takesLogits = try config.bool("from_logits", default: false)
        labelWeights = try config.value("label_weights").map { json in
            // Keras writes a tensor.
            let numbers = json["config"]?["value"] ?? json
            guard let list = numbers.array?.compactMap(\.double), !list.isEmpty else {
                throw ModelError.config(key: "label_weights", cause: "a list of numbers expected")
            }
            return list
        }
        labelCount = config.value("num_labels") == nil ? nil : try config.positiveInt("num_labels")
        let inner: [Double]
        if let list = config.value("thresholds")?.array {
            inner = list.compactMap(\.double).sorted()
            givenThresholds = inner
        } else {
            givenThresholds = nil
            let count = try config.positiveInt("num_thresholds", default: 200)
            guard (2...100_000).contains(count) else {
                throw ModelError.config(key: "num_thresholds", cause: "\(count) is not possible")
            }
            inner = (0..<count - 2).map { Double($0 + 1) / Double(count - 1) }
        }
        var counts = ConfusionCounts(thresholds: [-1e-7] + inner + [1 + 1e-7])
        counts.isByLabel = try config.bool("multi_label", default: false)
        counts.labelWeights = labelWeights
        self.counts = counts
    }

    var config: JSONObject {
        var config: JSONObject = [
            "num_thresholds": .int(counts.thresholds.count), "curve": .string(curve.rawValue),
            "summation_method": .string(summation.rawValue),
            "multi_label": .bool(counts.isByLabel), "num_labels": labelCount.json,
            "label_weights": labelWeights.map { .array($0.map(JSON.double)) } ?? .null,
            "from_logits": .bool(takesLogits),
        ]
        if let givenThresholds {
            config["thresholds"] = .array(givenThresholds.map(JSON.double))
        }
        return config
    }

    func statistics(
        _ truth: Value, _ prediction: Value, weights: Value?, in graph: inout Graph
    ) throws -> Value {
        let p = takesLogits ? try graph.sigmoid(prediction) : prediction
        if counts.isByLabel {
            let shape = graph.shape(of: prediction)
            let labels = labelWeights?.count ?? labelCount ?? shape.last
            guard shape.rank == 2, shape.last == labels else {
                throw TrainingError.loss(
                    "rows of \(labels ?? 1) labels expected, \(shape) found")
            }
        }
        return try counts.statistics(truth, p, weights: weights, in: &graph)
    }

    func results(_ sums: [Double]) -> [Double] {
        let areas = counts.counts(sums).map(area)
        guard counts.isByLabel else { return [areas[0]] }
        let weights = labelWeights ?? areas.map { _ in 1 }
        let total = zip(areas, weights).reduce(0) { $0 + $1.0 * $1.1 }
        return [ratio(total, weights.reduce(0, +))]
    }

    private func area(_ counts: [ConfusionCounts.Counts]) -> Double {
        zip(counts, counts.dropFirst()).reduce(0) { area, pair in
            if curve == .precisionRecall, summation == .interpolation {
                return area + interpolated(pair.0, pair.1)
            }
            let (p, q) = (point(pair.0), point(pair.1))
            let height =
                switch summation {
                case .interpolation: (p.y + q.y) / 2
                case .minoring: min(p.y, q.y)
                case .majoring: max(p.y, q.y)
                }
            return area + (p.x - q.x) * height
        }
    }

    private func point(_ c: ConfusionCounts.Counts) -> (x: Double, y: Double) {
        switch curve {
        case .roc: return (c.fallOut, c.recall)
        case .precisionRecall: return (c.recall, c.precision)
        case .gain:
            guard c.truePositives != 0 else { return (0, 1) }
            let scale = ratio(
                c.truePositives + c.falseNegatives, c.trueNegatives + c.falsePositives)
            return (
                max(1 - scale * c.falseNegatives / c.truePositives, 0),
                1 - scale * c.falsePositives / c.truePositives
            )
        }
    }

    /// Between two thresholds true positives grow in proportion to all positives.
    private func interpolated(
        _ a: ConfusionCounts.Counts, _ b: ConfusionCounts.Counts
    ) -> Double {
        let gain = a.truePositives - b.truePositives
        let (p, q) = (a.truePositives + a.falsePositives, b.truePositives + b.falsePositives)
        let slope = ratio(gain, max(p - q, 0))
        let intercept = b.truePositives - slope * q
        let share = p > 0 && q > 0 ? p / q : 1
        return ratio(
            slope * (gain + intercept * log(share)), b.truePositives + b.falseNegatives)
    }
}

extension LayerConfig {
    /// One of an enumeration's raw values, in capitals, small letters or the first letter large.
    fileprivate func anyCase<Choice: RawRepresentable & CaseIterable>(
        _ key: String, default fallback: Choice
    ) throws -> Choice where Choice.RawValue == String {
        guard let text = value(key)?.string else { return try choice(key, default: fallback) }
        return try Choice.allCases.first { $0.rawValue.lowercased() == text.lowercased() }
            ?? choice(key, default: fallback)
    }
}
