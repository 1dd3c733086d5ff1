#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What the curves of training and validation loss tell about a training, and why.
public struct LearningDiagnosis: Sendable, Equatable {
    public enum Verdict: String, Sendable, CaseIterable {
        /// Too few epochs to tell.
        case undecided
        /// The loss rose or became infinite.
        case diverged
        /// The validation loss rises while the training loss falls on.
        case overfitting
        /// The loss hardly fell at all.
        case underfitting
        /// The loss still falls.
        case improving
        /// The loss has settled.
        case converged
    }

    /// What else shows, beside the verdict.
    public struct Remark: Sendable, Equatable {
        public enum Kind: String, Sendable, CaseIterable {
            /// The loss rose, or goes up and down from epoch to epoch.
            case learningRateTooHigh = "learning rate too high"
            /// The loss falls by about the same in every epoch and has not come far.
            case learningRateTooLow = "learning rate too low"
            /// The validation loss jumps where the training loss does not.
            case noisyValidation = "noisy validation"
        }
        public let kind: Kind
        /// The numbers behind it, in a sentence.
        public let evidence: String
    }

    public let verdict: Verdict
    /// The epoch (from 1) after which it shows; nil where there is none.
    public let epoch: Int?
    /// The numbers behind the verdict, in a sentence.
    public let evidence: String
    public let remarks: [Remark]

    /// - Parameters:
    ///   - loss: the training loss per epoch.
    ///   - validationLoss: the validation loss per epoch, if there is any.
    ///   - startLoss: that of the first batch, before any step, if it is known.
    public init(loss: [Double], validationLoss: [Double]? = nil, startLoss: Double? = nil) {
        let validation = validationLoss.flatMap { $0.count == loss.count ? $0 : nil }
        (verdict, epoch, evidence) =
            Self.divergence(loss)
            ?? Self.shortness(loss)
            ?? startLoss.flatMap { Self.standstill(loss, from: $0) }
            ?? validation.flatMap { Self.overfitting(loss, $0) }
            ?? Self.underfitting(loss)
            ?? Self.ending(validation ?? loss, name: validation == nil ? "loss" : "validation loss")
        remarks = Self.remarks(loss, validation, startLoss: startLoss, verdict)
    }

    private typealias Finding = (Verdict, Int?, String)

    private static func shortness(_ loss: [Double]) -> Finding? {
        guard loss.count < 4 else { return nil }
        let epochs = loss.count == 1 ? "1 epoch" : "\(loss.count) epochs"
        return (.undecided, nil, "\(epochs) are too few to judge by")
    }

    private static func divergence(_ loss: [Double]) -> Finding? {
        if let epoch = loss.firstIndex(where: { !$0.isFinite }) {
            return (.diverged, epoch + 1, "loss \(text(loss[epoch])) in epoch \(epoch + 1)")
        }
        guard let first = loss.first, let last = loss.last, let best = loss.min(),
            loss.count >= 3, last > first, last - best > 0.5 * abs(first)
        else { return nil }
        let turn = loss.firstIndex(of: best) ?? 0
        return (
            .diverged, turn + 1,
            "loss rose from \(text(best)) in epoch \(turn + 1) to \(text(last)) in the last"
        )
    }

    /// The lowest validation loss lies well before the end and well below the last ones, while the
    /// training loss went on falling.
    private static func overfitting(_ loss: [Double], _ validation: [Double]) -> Finding? {
        guard validation.allSatisfy(\.isFinite), let best = validation.min(),
            let turn = validation.firstIndex(of: best)
        else { return nil }
        let after = validation.count - 1 - turn
        guard after >= max(2, validation.count / 10) else { return nil }
        let window = min(after, max(2, validation.count / 10))
        let recent = mean(validation.suffix(window))
        let fall = max(validation[0] - best, 0)
        // Noise around a plateau is no rise.
        guard recent - best > max(0.03 * abs(best), 0.1 * fall),
            mean(loss.suffix(window)) < loss[turn] - 0.02 * abs(loss[turn])
        else { return nil }
        return (
            .overfitting, turn + 1,
            "validation loss was lowest in epoch \(turn + 1), \(text(best)), and is "
                + "\(text(recent)) now; training loss fell on from \(text(loss[turn])) to "
                + text(mean(loss.suffix(window)))
        )
    }

    /// No better than before the first step, whatever happened between.
    private static func standstill(_ loss: [Double], from start: Double) -> Finding? {
        let recent = mean(loss.suffix(max(2, loss.count / 10)))
        guard start.isFinite, recent > start - 0.05 * abs(start) else { return nil }
        return (
            .underfitting, nil,
            "training loss is \(text(recent)); it was \(text(start)) before the first step"
        )
    }

    private static func underfitting(_ loss: [Double]) -> Finding? {
        let first = loss[0]
        let recent = mean(loss.suffix(max(2, loss.count / 10)))
        guard first - recent < 0.05 * abs(first) else { return nil }
        return (
            .underfitting, nil,
            "training loss hardly fell, from \(text(first)) to \(text(recent)) "
                + "in \(loss.count) epochs"
        )
    }

    /// Compares the last quarter of the epochs with the quarter before.
    private static func ending(_ loss: [Double], name: String) -> Finding {
        let quarter = max(1, loss.count / 4)
        let recent = mean(loss.suffix(quarter))
        let before = mean(loss.dropLast(quarter).suffix(quarter))
        let gain = before - recent
        let fall = loss[0] - (loss.min() ?? 0)
        let change = "\(name) went from \(text(before)) to \(text(recent))"
        let span = "over the last \(2 * quarter) epochs"
        if gain > 0.02 * abs(before) && gain > 0.01 * fall {
            return (.improving, nil, "\(change) \(span)")
        }
        let settled = loss.firstIndex { $0 <= recent + 0.02 * max(fall, 0) } ?? loss.count - 1
        return (.converged, settled + 1, "\(change) \(span)")
    }

    static func mean(_ values: some Collection<Double>) -> Double {
        values.reduce(0, +) / Double(max(values.count, 1))
    }

    /// Four digits that count.
    static func text(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        guard value.isFinite, value != 0 else { return "\(value)" }
        let digits = 3 - Int(floor(log10(abs(value))))
        guard (0...8).contains(digits) else { return "\(Float(value))" }
        let scale = pow(10, Double(digits))
        return "\((value * scale).rounded() / scale)"
    }
}
