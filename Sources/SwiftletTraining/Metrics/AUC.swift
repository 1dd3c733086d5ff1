internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The area under the ROC or the precision-recall curve, from counts at fixed thresholds.
///
/// - SeeAlso: Davis & Goadrich 2006 for the interpolation of the latter.
struct AUC: MetricFunction {
    static let className = "AUC"
    static let aliases = ["auc"]

    enum Curve: String, CaseIterable, Sendable {
        case roc = "ROC"
        case precisionRecall = "PR"
    }

    private let counts: ConfusionCounts
    private let curve: Curve
    private let takesLogits: Bool
    private let thresholdCount: Int
    private let givenThresholds: [Double]?

    init(config: LayerConfig) throws {
        curve = try config.choice("curve", default: .roc)
        takesLogits = try config.bool("from_logits", default: false)
        for key in ["multi_label", "num_labels", "label_weights"] {
            let value = config.value(key)
            guard value.map({ $0 == .bool(false) }) ?? true else {
                throw ModelError.config(key: key, cause: "is not possible")
            }
        }
        let method = try config.string("summation_method", default: "interpolation")
        guard method == "interpolation" else {
            throw ModelError.config(key: "summation_method", cause: "only \"interpolation\"")
        }
        if let list = config.value("thresholds")?.array {
            let inner = list.compactMap(\.double).sorted()
            givenThresholds = inner
            thresholdCount = inner.count + 2
        } else {
            givenThresholds = nil
            thresholdCount = try config.positiveInt("num_thresholds", default: 200)
            guard (2...100_000).contains(thresholdCount) else {
                throw ModelError.config(
                    key: "num_thresholds", cause: "\(thresholdCount) is not possible")
            }
        }
        let count = thresholdCount
        let inner =
            givenThresholds ?? (0..<count - 2).map { Double($0 + 1) / Double(count - 1) }
        counts = ConfusionCounts(thresholds: [-1e-7] + inner + [1 + 1e-7], classNumber: nil)
    }

    var config: JSONObject {
        var config: JSONObject = [
            "num_thresholds": .int(thresholdCount), "curve": .string(curve.rawValue),
            "summation_method": "interpolation", "multi_label": false, "num_labels": nil,
            "label_weights": nil, "from_logits": .bool(takesLogits),
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
        return try counts.statistics(truth, p, weights: weights, in: &graph)
    }

    func result(_ sums: [Double]) -> Double {
        let counts = counts.counts(sums)
        return zip(counts, counts.dropFirst()).reduce(0) { area, pair in
            area + (curve == .roc ? rocArea(pair.0, pair.1) : precisionArea(pair.0, pair.1))
        }
    }

    /// A trapezium between two thresholds.
    private func rocArea(_ a: ConfusionCounts.Counts, _ b: ConfusionCounts.Counts) -> Double {
        func point(_ c: ConfusionCounts.Counts) -> (x: Double, y: Double) {
            (
                ratio(c.falsePositives, c.falsePositives + c.trueNegatives),
                ratio(c.truePositives, c.truePositives + c.falseNegatives)
            )
        }
        let (p, q) = (point(a), point(b))
        return (p.x - q.x) * (p.y + q.y) / 2
    }

    /// Between two thresholds true positives grow in proportion to all positives.
    private func precisionArea(
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
