extension LearningDiagnosis {
    /// What the shapes of the curves tell beside their ends.
    static func remarks(
        _ loss: [Double], _ validation: [Double]?, startLoss: Double?, _ verdict: Verdict
    ) -> [Remark] {
        if verdict == .diverged {
            return [
                Remark(
                    kind: .learningRateTooHigh,
                    evidence:
                        "a loss that rises or becomes infinite comes of too large steps, most "
                        + "often")
            ]
        }
        return [
            leap(loss, from: startLoss) ?? unsteadiness(loss), slowness(loss, verdict),
            validation.flatMap { noise(loss, $0) },
        ].compactMap(\.self)
    }

    /// The first steps of a good training lead down.
    private static func leap(_ loss: [Double], from start: Double?) -> Remark? {
        guard let start, let first = loss.first, first > 1.2 * abs(start), start.isFinite else {
            return nil
        }
        return Remark(
            kind: .learningRateTooHigh,
            evidence:
                "the loss was \(text(start)) before the first step and \(text(first)) on the mean of "
                + "the first epoch")
    }

    /// Means over all batches of an epoch go down smoothly unless steps overshoot.
    private static func unsteadiness(_ loss: [Double]) -> Remark? {
        guard loss.count >= 6 else { return nil }
        // The beginning is one long way down.
        let tail = Array(loss.dropFirst(max(1, loss.count / 4)))
        let changes = zip(tail.dropFirst(), tail).map { $0 - $1 }
        let rises = changes.filter { $0 > 0 }
        let way = changes.reduce(0) { $0 + abs($1) }
        let level = mean(tail.map { abs($0) })
        // Next to nothing is left: what moves there is no overshooting.
        guard let first = loss.first, level > 0.01 * abs(first) else { return nil }
        guard Double(rises.count) >= 0.3 * Double(changes.count), rises.reduce(0, +) > 0.3 * way,
            mean(rises) > 0.08 * level
        else { return nil }
        return Remark(
            kind: .learningRateTooHigh,
            evidence:
                "training loss rose in \(rises.count) of the last \(changes.count) epochs, by "
                + "\(text(mean(rises))) on the mean, at a level of \(text(level))")
    }

    /// A curve that is still a straight line has seen too few or too small steps.
    private static func slowness(_ loss: [Double], _ verdict: Verdict) -> Remark? {
        guard loss.count >= 6, verdict == .improving || verdict == .underfitting,
            let first = loss.first, let last = loss.last
        else { return nil }
        let middle = loss[loss.count / 2]
        let (early, late) = (first - middle, middle - last)
        let changes = zip(loss.dropFirst(), loss).map { $0 - $1 }
        let falls = changes.count { $0 < 0 }
        guard early > 0, late > 0.5 * early, Double(falls) > 0.85 * Double(changes.count),
            first - last < 0.4 * abs(first), first - last > 1e-9 * abs(first)
        else { return nil }
        return Remark(
            kind: .learningRateTooLow,
            evidence: "training loss fell by \(text(early)) in the first half of the epochs and by "
                + "\(text(late)) in the second, from \(text(first)) to \(text(last)): almost a straight "
                + "line; larger steps or more epochs")
    }

    /// How far a curve's points lie from the middle of their neighbours.
    private static func roughness(_ curve: [Double]) -> Double {
        let offsets = curve.indices.dropFirst().dropLast().map {
            abs(curve[$0] - (curve[$0 - 1] + curve[$0 + 1]) / 2)
        }
        return offsets.sorted()[offsets.count / 2]
    }

    private static func noise(_ loss: [Double], _ validation: [Double]) -> Remark? {
        guard validation.count >= 6 else { return nil }
        // The beginning is steep; what counts is where the curve is flat.
        let window = max(6, validation.count * 2 / 3)
        let tail = Array(validation.suffix(window))
        guard tail.allSatisfy(\.isFinite) else { return nil }
        let (own, training) = (roughness(tail), roughness(Array(loss.suffix(window))))
        let level = mean(tail.map { abs($0) })
        guard own > 0.05 * level, own > 3 * training else { return nil }
        return Remark(
            kind: .noisyValidation,
            evidence:
                "validation loss lies \(text(own)) off the middle of its neighbours, at a level of "
                + "\(text(level)); training loss \(text(training)): more validation samples, or judge by "
                + "several epochs")
    }
}
