/// Scores of a confusion matrix that correct for chance.
extension ConfusionMatrix {
    /// Matthews correlation in its multiclass form; 0 if truth or decisions are all of one class.
    ///
    /// - SeeAlso: Gorodkin 2004, "Comparing two K-category assignments by a K-category correlation
    ///   coefficient".
    func matthewsCorrelation(truth: [Double], decisions: [Double]) -> Double {
        // Asked of the counts: with weights the differences below need not cancel exactly.
        guard truth.count(where: { $0 > 0 }) > 1, decisions.count(where: { $0 > 0 }) > 1 else {
            return 0
        }
        let total = total
        var covariance = trace * total
        var truthVariance = total * total
        var decisionVariance = total * total
        for (t, d) in zip(truth, decisions) {
            covariance -= t * d
            truthVariance -= t * t
            decisionVariance -= d * d
        }
        return covariance / (truthVariance.squareRoot() * decisionVariance.squareRoot())
    }

    /// Cohen's `κ = 1 − Σ w·O / Σ w·E` with w = [i ≠ j], |i − j| and (i − j)², what a confusion of
    /// two classes costs; nil if only one class occurs.
    func kappas(truth: [Double], decisions: [Double]) -> [Double?] {
        let total = total
        var observed = [0.0, 0.0, 0.0]
        for a in 0..<classes where truth[a] > 0 {
            for b in 0..<classes where a != b {
                let count = self[a, b]
                guard count > 0 else { continue }
                let distance = Double(abs(a - b))
                observed[0] += count
                observed[1] += distance * count
                observed[2] += distance * distance * count
            }
        }
        let expected = Self.chanceCosts(truth, decisions).map { $0 / total }
        return zip(observed, expected).map { $1 > 0 ? 1 - $0 / $1 : nil }
    }

    /// `Σ w·t·d` over all pairs of classes for the three weights, in one pass over the cuts between
    /// classes: a pair costs |i − j| because so many cuts lie between them, and (i − j)² because the
    /// cuts count 1, 3, 5 … from either end. Nothing is subtracted: 0 means 0.
    private static func chanceCosts(_ truth: [Double], _ decisions: [Double]) -> [Double] {
        var costs = [0.0, 0.0, 0.0]
        for (a, b) in [(truth, decisions), (decisions, truth)] {
            // What lies after each class.
            var after = [Double](repeating: 0, count: b.count + 1)
            for index in b.indices.reversed() { after[index] = after[index + 1] + b[index] }
            var before = 0.0
            var odd = 0.0
            for index in a.indices {
                odd += 2 * before + a[index]
                before += a[index]
                costs[0] += a[index] * after[index + 1]
                costs[1] += before * after[index + 1]
                costs[2] += odd * after[index + 1]
            }
        }
        return costs
    }

    func addAgreement(to scores: inout ScoreList) {
        let (truth, decisions) = margins
        scores.add("mcc", matthewsCorrelation(truth: truth, decisions: decisions))
        let names = ["cohen_kappa", "cohen_kappa_linear", "cohen_kappa_quadratic"]
        for (name, kappa) in zip(names, kappas(truth: truth, decisions: decisions)) {
            scores.add(name, kappa)
        }
    }
}
