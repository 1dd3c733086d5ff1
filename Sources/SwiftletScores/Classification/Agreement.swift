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
        var expected = [0.0, 0.0, 0.0]
        for a in 0..<classes where truth[a] > 0 {
            let share = truth[a] / total
            for b in 0..<classes where a != b {
                let product = share * decisions[b]
                let distance = Double(abs(a - b))
                expected[0] += product
                expected[1] += distance * product
                expected[2] += distance * distance * product
            }
        }
        return zip(observed, expected).map { $1 > 0 ? 1 - $0 / $1 : nil }
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
