public import SwiftletFiles
internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Writes down, for reports, what the weights and their gradients do: the norm of each layer's gradient,
/// the learning rate, and how the values of each weight are spread.
public final class TrainingRecorder: Callback {
    private var epochs: [JSON] = []
    /// Sums of the norms of the epoch so far, by layer.
    private var norms: [(layer: String, sum: Double)] = []
    private var samples = 0

    /// Batches of an epoch whose gradients are looked at.
    private static let samplesPerEpoch = 16
    private static let bins = 40
    /// Weights whose values are shown, the first ones of the model; more would make a page nobody reads.
    private static let mostWeights = 48

    public init() {}

    public func batchEnds(_ run: TrainingRun) {
        let every = max(1, run.batchesPerEpoch / Self.samplesPerEpoch)
        guard run.batch % every == 0 else { return }
        samples += 1
        for (layer, norm) in Self.byLayer(run.gradientNorms) {
            if let index = norms.firstIndex(where: { $0.layer == layer }) {
                norms[index].sum += norm
            } else {
                norms.append((layer, norm))
            }
        }
    }

    /// The norm of all gradients of a layer.
    private static func byLayer(
        _ norms: [(weight: String, norm: Double)]
    ) -> [(layer: String, norm: Double)] {
        var squares: [(layer: String, sum: Double)] = []
        for (weight, norm) in norms {
            let layer = weight.split(separator: "/").dropLast().joined(separator: "/")
            if squares.last?.layer != layer { squares.append((layer, 0)) }
            squares[squares.count - 1].sum += norm * norm
        }
        return squares.map { ($0.layer, sqrt($0.sum)) }
    }

    public func epochEnds(_ run: TrainingRun) {
        var gradients = JSONObject()
        for (layer, sum) in norms {
            gradients[layer] = Self.number(sum / Double(max(samples, 1)))
        }
        var weights = JSONObject()
        for (path, tensor) in run.weights.inOrder.prefix(Self.mostWeights) {
            weights[path] = Self.spread(tensor)
        }
        epochs.append([
            "learning_rate": Self.number(run.learningRate), "gradient_norms": .object(gradients),
            "weights": .object(weights),
        ])
        (norms, samples) = ([], 0)
    }

    private static func number(_ value: Double) -> JSON {
        value.isFinite ? .double(value) : .null
    }

    /// Extremes, mean, standard deviation and the counts of ``bins`` bins between the extremes.
    private static func spread(_ tensor: Tensor) -> JSON {
        let values = ((try? tensor.floats()) ?? []).filter(\.isFinite)
        guard let low = values.min(), let high = values.max() else { return .null }
        let count = Double(values.count)
        let mean = values.reduce(0) { $0 + Double($1) } / count
        let variance = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
        var counts = [Int](repeating: 0, count: bins)
        let width = max(high - low, .leastNormalMagnitude)
        for value in values {
            counts[min(bins - 1, Int((value - low) / width * Float(bins)))] += 1
        }
        return [
            "low": .double(Double(low)), "high": .double(Double(high)), "mean": .double(mean),
            "sd": .double(sqrt(variance)), "counts": .array(counts.map(JSON.int)),
        ]
    }

    /// `[{"learning_rate": …, "gradient_norms": {layer: …}, "weights": {path: {"low", "high", "mean", "sd",
    /// "counts"}}}, …]`, one member per epoch.
    public var json: JSON { .array(epochs) }

    // MARK: Saving

    public var savedState: SavedState {
        SavedState([
            "epochs": .array(epochs), "samples": .int(samples),
            "layers": .array(norms.map { .string($0.layer) }),
            "sums": .array(norms.map { .double($0.sum) }),
        ])
    }

    public func resume(from state: SavedState) {
        epochs = state["epochs"]?.array ?? []
        samples = state["samples"]?.int ?? 0
        let layers = state["layers"]?.array?.compactMap(\.string) ?? []
        let sums = state["sums"]?.array?.compactMap(\.double) ?? []
        norms = zip(layers, sums).map { ($0, $1) }
    }

    public var job: String? { nil }
}
