package import SwiftletFiles
package import SwiftletScores

/// What a comparison says, as a table, as JSON and in plain words.
package struct ComparisonTables {
    private let comparison: Comparison
    private let names: (a: String, b: String)

    /// - Parameter names: of the two that were compared.
    package init(_ comparison: Comparison, names: (a: String, b: String)) {
        self.comparison = comparison
        self.names = names
    }

    package func text(for console: Console) -> String {
        let key = "A: \(names.a)\nB: \(names.b)".split(separator: "\n").map {
            String($0).printable
        }
        return (key + ["", table.text(for: console), "", verdict]).joined(separator: "\n")
    }

    package var table: TextTable {
        let kind = comparison.kind.map { ", \($0)" } ?? ""
        var table = TextTable(
            title: "\(comparison.task)\(kind), \(comparison.samples) samples",
            columns: [
                .init("score", .left), .init("A"), .init("B"), .init("B − A"),
                .init("95 % interval"), .init("p"), .init("better", .left),
            ])
        for row in comparison.rows {
            table.add([
                row.name, row.a.map(NumberText.score) ?? "–", row.b.map(NumberText.score) ?? "–",
                row.difference.map(Self.signed) ?? "–", row.interval.map(Self.text) ?? "",
                row.pValue.map(Self.probability) ?? "", Self.better(row) ?? "",
            ])
        }
        return table
    }

    package var json: JSON {
        var scores = JSONObject()
        for row in comparison.rows {
            scores[row.name] = .object([
                "a": ScoreValue(row.a).json, "b": ScoreValue(row.b).json,
                "difference": ScoreValue(row.difference).json,
                "low": ScoreValue(row.interval?.lowerBound).json,
                "high": ScoreValue(row.interval?.upperBound).json,
                "p_value": ScoreValue(row.pValue).json,
                "method": row.method.map { .string($0) } ?? .null,
                "better": Self.better(row).map { .string($0.lowercased()) } ?? .null,
            ])
        }
        var object: JSONObject = ["task": .string(comparison.task)]
        if let kind = comparison.kind { object["kind"] = .string(kind) }
        object["samples"] = .int(comparison.samples)
        object["a"] = .string(names.a)
        object["b"] = .string(names.b)
        for (name, value) in comparison.details { object[name] = value }
        object["scores"] = .object(scores)
        if let test = comparison.mcNemar {
            object["mcnemar"] = .object([
                "only_a_right": .int(test.onlyA), "only_b_right": .int(test.onlyB),
                "exact_p_value": .double(test.exact), "mid_p_value": .double(test.midP),
            ])
        }
        object["verdict"] = .string(verdict)
        return .object(object)
    }

    /// Whether the two differ, in a sentence that needs no statistics to be read.
    package var verdict: String {
        guard let row = comparison.mainRow, let a = row.a, let b = row.b,
            let difference = row.difference
        else { return "Nothing can be said: no score is defined for both." }
        let values = "\(row.name) \(NumberText.score(a)) (A), \(NumberText.score(b)) (B)"
        if let test = comparison.mcNemar, test.onlyA + test.onlyB == 0 {
            return "No difference in decisions: A and B are right on the same rows (\(values))."
                + second
        }
        if difference == 0, row.interval == 0...0 {
            return "No difference: A and B do equally well on every row (\(values))."
        }
        guard let pValue = row.pValue, let interval = row.interval else {
            return "Too few samples to tell A and B apart: \(values)."
        }
        let facts =
            "\(values), difference \(Self.signed(difference)), 95 % interval "
            + "\(Self.text(interval)), p \(Self.relation(pValue))"
        guard let better = Self.better(row) else {
            return "No clear difference: \(facts). These \(comparison.samples) samples do not tell "
                + "A and B apart.\(second)"
        }
        return "\(better) is better: \(facts). Chance alone would hardly give such a difference."
    }

    /// What the probabilities say where the decisions do not tell the two apart.
    private var second: String {
        guard let row = comparison.secondRow, let better = Self.better(row), let a = row.a,
            let b = row.b, let pValue = row.pValue
        else { return "" }
        return " Their probabilities differ, though: \(row.name) \(NumberText.score(a)) (A), "
            + "\(NumberText.score(b)) (B), p \(Self.relation(pValue)), so \(better) is better."
    }

    /// A or B if it is better by more than chance.
    private static func better(_ row: Comparison.Row) -> String? {
        guard row.name != "bias", let difference = row.difference, let pValue = row.pValue,
            pValue < Comparison.significance, difference != 0
        else { return nil }
        return (difference > 0) != row.isLoss ? "B" : "A"
    }

    private static func signed(_ value: Double) -> String {
        (value > 0 ? "+" : "") + NumberText.score(value)
    }

    private static func text(_ interval: ClosedRange<Double>) -> String {
        "\(signed(interval.lowerBound)) – \(signed(interval.upperBound))"
    }

    /// As it follows "p": "= 0.0040", "< 0.0001".
    private static func relation(_ value: Double) -> String {
        value < 1e-4 ? probability(value) : "= \(probability(value))"
    }

    private static func probability(_ value: Double) -> String {
        value < 1e-4 ? "< 0.0001" : NumberText.fixed(value, decimals: 4)
    }
}
