public import SwiftletDataset
public import SwiftletFiles
public import SwiftletLayers

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A learning-rate range test: a few steps at rates that grow from step to step, and what the loss did.
///
/// - SeeAlso: Smith 2015, "Cyclical learning rates for training neural networks", arXiv:1506.01186.
public struct LearningRateSearch: Sendable {
    /// Why no further step was made.
    public enum End: String, Sendable {
        case allRates = "all rates tried"
        case diverged
        case interrupted
    }

    /// The rate of each step.
    public let rates: [Double]
    /// The loss of each step's batch, before the step.
    public let losses: [Double]
    /// The mean of each loss and its neighbours.
    public let smoothed: [Double]
    public let end: End

    /// A running mean so many times the lowest is the end of it.
    private static let most = 4.0

    init(rates: [Double], losses: [Double], end: End) {
        (self.rates, self.losses, self.end) = (rates, losses, end)
        let reach = max(2, losses.count / 16)
        smoothed = losses.indices.map { place in
            let near = losses[max(0, place - reach)...min(losses.count - 1, place + reach)]
            return near.reduce(0, +) / Double(near.count)
        }
    }

    /// Whether the last loss is so high that larger rates need not be tried.
    fileprivate static func isOver(_ losses: [Double]) -> Bool {
        guard let last = losses.last, last.isFinite else { return true }
        // A running mean, corrected for its start.
        let momentum = 0.9
        var (mean, weight, lowest) = (0.0, 1.0, Double.infinity)
        for loss in losses {
            mean = momentum * mean + (1 - momentum) * loss
            weight *= momentum
            lowest = min(lowest, mean / (1 - weight))
        }
        let now = mean / (1 - weight)
        return losses.count > 10 && now > max(most * lowest, lowest + 1e-12)
            && now > (losses.first ?? now)
    }

    /// The place where the smoothed loss is lowest.
    private var lowest: Int? {
        smoothed.indices.filter { smoothed[$0].isFinite }.min { smoothed[$0] < smoothed[$1] }
    }

    /// The rate at which the loss was lowest: too large to train with.
    public var rateOfLowestLoss: Double? { lowest.map { rates[$0] } }

    /// The rate at which the loss fell fastest; nil where it did not fall by more than it scatters.
    public var rateOfSteepestFall: Double? {
        guard let lowest else { return nil }
        let reach = max(2, losses.count / 16)
        guard lowest > 2 * reach else { return nil }
        let falls = (reach..<lowest).map {
            smoothed[$0 - reach] - smoothed[min($0 + reach, lowest)]
        }
        guard let steepest = falls.max(), let place = falls.firstIndex(of: steepest),
            steepest > 3 * scatter
        else { return nil }
        return rates[place + reach]
    }

    /// How far smoothed losses are off by chance.
    private var scatter: Double {
        let offsets = zip(losses, smoothed).map { abs($0 - $1) }.filter(\.isFinite).sorted()
        let window = Double(2 * max(2, losses.count / 16) + 1)
        return offsets.isEmpty ? 0 : 1.5 * offsets[offsets.count / 2] / window.squareRoot()
    }

    /// A rate to train with: where the loss fell fastest, but no more than a third of where it was
    /// lowest; without a clear fall a tenth of that. Nil if the loss was never lower than at the start.
    public var suggestion: Double? {
        guard let lowest, let first = smoothed.first, smoothed[lowest] < first else { return nil }
        return rateOfSteepestFall.map { min($0, rates[lowest] / 3) } ?? rates[lowest] / 10
    }

    /// `{"suggestion": …, "steepest": …, "lowest": …, "end": …, "rates": […], "losses": […],
    /// "smoothed": […]}`.
    public var json: JSON {
        func number(_ value: Double?) -> JSON {
            value.flatMap { $0.isFinite ? JSON.double($0) : nil } ?? .null
        }
        return [
            "suggestion": number(suggestion), "steepest": number(rateOfSteepestFall),
            "lowest": number(rateOfLowestLoss), "end": .string(end.rawValue),
            "steps": .int(rates.count), "rates": .array(rates.map(number)),
            "losses": .array(losses.map(number)), "smoothed": .array(smoothed.map(number)),
        ]
    }
}

/// Sets the rate of each step and writes down its loss.
private final class RateSweep: Callback {
    let rates: [Double]
    private(set) var losses: [Double] = []
    private(set) var end = LearningRateSearch.End.allRates

    init(_ rates: [Double]) { self.rates = rates }

    func epochBegins(_ run: TrainingRun) { setRate(of: run) }

    func batchEnds(_ run: TrainingRun) {
        losses.append(run.batchLoss)
        if LearningRateSearch.isOver(losses) {
            end = .diverged
            run.stop("diverged")
        } else if losses.count == rates.count {
            run.stop("all rates tried")
        } else {
            setRate(of: run)
        }
    }

    private func setRate(of run: TrainingRun) {
        if losses.count < rates.count { run.learningRate = rates[losses.count] }
    }
}

extension Model {
    /// Tries learning rates from small to large, one per step, on a copy of the model.
    ///
    /// ```swift
    /// let search = try model.findLearningRate(digits.train)
    /// print(search.suggestion ?? .nan)
    /// ```
    ///
    /// - Parameters:
    ///   - lowest: the rate of the first step.
    ///   - highest: that of the last one; those between grow by the same factor.
    ///   - steps: rates to try, unless the loss grows beyond all bounds before.
    ///   - options: batch size, seed, weights of classes and threads count; validation and epochs do not.
    /// - Throws: ``TrainingError`` if the model was not compiled or a rate makes no sense.
    public func findLearningRate(
        _ data: Dataset, from lowest: Double = 1e-7, to highest: Double = 10, steps: Int = 100,
        options: FitOptions = FitOptions(), callbacks: [any Callback] = [],
        isStopRequested: @escaping () -> Bool = { false }
    ) throws -> LearningRateSearch {
        guard lowest > 0, lowest < highest, highest.isFinite, steps >= 10 else {
            throw TrainingError.argument(
                name: "learning rates",
                cause: "\(steps) from \(lowest) to \(highest); 10 or more that grow expected")
        }
        guard var setup = try trainingSetup() else {
            throw TrainingError.loss("the model is not compiled; give a loss and an optimizer")
        }
        setup.optimizer.learningRate = .constant(lowest)
        let factor = log(highest / lowest) / Double(steps - 1)
        let sweep = RateSweep((0..<steps).map { lowest * exp(factor * Double($0)) })
        var model = self
        model.compile(setup)
        var options = options
        let batches = max(1, (data.count + options.batchSize - 1) / max(1, options.batchSize))
        options.epochs = (steps + batches - 1) / batches
        (options.backup, options.validationSplit) = (nil, 0)
        let history = try model.fit(
            data, options: options, callbacks: [sweep] + callbacks,
            isStopRequested: isStopRequested)
        return LearningRateSearch(
            rates: Array(sweep.rates.prefix(sweep.losses.count)), losses: sweep.losses,
            end: history.end == .interrupted ? .interrupted : sweep.end)
    }
}
