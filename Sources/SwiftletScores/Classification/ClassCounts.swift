/// One class against the rest: (weighted) counts of decisions.
struct ClassCounts: Sendable {
    var truePositives = 0.0
    var falsePositives = 0.0
    var falseNegatives = 0.0
    var trueNegatives = 0.0

    var support: Double { truePositives + falseNegatives }
    /// Whether the class is in the truth or among the decisions.
    var occurs: Bool { truePositives + falsePositives + falseNegatives > 0 }
}

extension [ClassCounts] {
    var sum: ClassCounts {
        reduce(into: ClassCounts()) {
            $0.truePositives += $1.truePositives
            $0.falsePositives += $1.falsePositives
            $0.falseNegatives += $1.falseNegatives
            $0.trueNegatives += $1.trueNegatives
        }
    }
}

/// A ratio of counts; 0 / 0 = 0.
func ratio(_ part: Double, _ whole: Double) -> Double { whole > 0 ? part / whole : 0 }
