/// Scores of a confusion matrix that correct for chance.
extension ConfusionMatrix {
    /// Matthews correlation in its multiclass form; 0 if truth or decisions are all of one class.
    ///
    /// - SeeAlso: Gorodkin 2004, "Comparing two K-category assignments by a K-category correlation
    ///   coefficient".
    var matthewsCorrelation: Double {
        let truth = truthSums
        let decisions = decisionSums
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

    /// What a confusion of two classes costs in Cohen's κ.
    enum KappaWeighting: String, CaseIterable {
        case none = "cohen_kappa"
        case linear = "cohen_kappa_linear"
        case quadratic = "cohen_kappa_quadratic"

        func weight(_ a: Int, _ b: Int) -> Double {
            let distance = Double(abs(a - b))
            return switch self {
            case .none: a == b ? 0 : 1
            case .linear: distance
            case .quadratic: distance * distance
            }
        }
    }

    /// `κ = 1 − Σ w·O / Σ w·E`; nil if only one class occurs.
    func kappa(_ weighting: KappaWeighting) -> Double? {
        let truth = truthSums
        let decisions = decisionSums
        let total = total
        var observed = 0.0
        var expected = 0.0
        for a in 0..<classes where truth[a] > 0 {
            for b in 0..<classes where decisions[b] > 0 {
                let weight = weighting.weight(a, b)
                observed += weight * self[a, b]
                expected += weight * truth[a] * (decisions[b] / total)
            }
        }
        return expected > 0 ? 1 - observed / expected : nil
    }

    func addAgreement(to scores: inout ScoreList) {
        scores.add("mcc", matthewsCorrelation)
        for weighting in KappaWeighting.allCases {
            scores.add(weighting.rawValue, kappa(weighting))
        }
    }
}
