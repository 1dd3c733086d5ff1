internal import SwiftletDataset
internal import SwiftletTensor

extension NumberTable {
    private static let targetNames: Set<String> = ["target", "label", "class"]
    private static let weightName = "sample_weight"

    /// Inputs `x` (float32 `[rows, columns]`) and targets `y` (`[rows, columns]`, int32 where all
    /// values are whole, else float32).
    func dataset(_ roles: DataRoles) throws(DataError.Cause) -> Dataset {
        let places = try columns(roles)
        let x = try columns(at: places.inputs)
        let y = try columns(at: places.targets)
        return try DataError.Cause.wrapping {
            let isWhole = try y.withElements(of: Double.self) { values in
                values.allSatisfy { Int32(exactly: $0) != nil }
            }
            return try Dataset(
                inputs: [roles.inputs.first ?? "x": x.converted(to: .float32)],
                targets: [roles.outputs.first ?? "y": y.converted(to: isWhole ? .int32 : .float32)],
                sampleWeights: places.weight.map { try columns(at: [$0]) })
        }
    }

    /// Which columns are what.
    struct Columns {
        let inputs: [Int]
        let targets: [Int]
        let weight: Int?
    }

    func columns(_ roles: DataRoles) throws(DataError.Cause) -> Columns {
        let targets = try targetPositions(roles)
        let weight = columnNames?.firstIndex(of: Self.weightName)
        let inputs = try inputPositions(roles, without: targets + [weight].compactMap(\.self))
        guard !inputs.isEmpty else { throw .missing("input column beside the targets") }
        return Columns(inputs: inputs, targets: targets, weight: weight)
    }

    /// What a model predicts from: the chosen columns, or all that have a name.
    func inputs(_ roles: DataRoles) throws(DataError.Cause) -> NamedTensors {
        let x = try columns(at: inputPositions(roles))
        return try DataError.Cause.wrapping {
            [roles.inputs.first ?? "x": try x.converted(to: .float32)]
        }
    }

    /// Which columns a model predicts from.
    func inputPositions(_ roles: DataRoles) throws(DataError.Cause) -> [Int] {
        try inputPositions(roles, without: [])
    }

    private func targetPositions(_ roles: DataRoles) throws(DataError.Cause) -> [Int] {
        if let wanted = roles.targetColumns { return try positions(of: wanted) }
        if let columnNames {
            if let y = columnNames.firstIndex(of: "y") { return [y] }
            let numbered = (0..<columnCount).map { columnNames.firstIndex(of: "y_\($0)") }
                .prefix { $0 != nil }
            if !numbered.isEmpty { return numbered.compactMap(\.self) }
            if let named = columnNames.firstIndex(where: {
                Self.targetNames.contains($0.lowercased())
            }) {
                return [named]
            }
        }
        // A table of one column is all target and no input, which the caller reports.
        return [columnCount - 1]
    }

    private func inputPositions(
        _ roles: DataRoles, without taken: [Int]
    ) throws(DataError.Cause) -> [Int] {
        if let wanted = roles.inputColumns { return try positions(of: wanted) }
        // A first column without a name is the row number that pandas writes.
        let isIndexed = columnNames?.first == ""
        return (0..<columnCount).filter { !taken.contains($0) && !($0 == 0 && isIndexed) }
    }

    private func positions(of names: [String]) throws(DataError.Cause) -> [Int] {
        var positions: [Int] = []
        for name in names { positions.append(try position(ofColumn: name)) }
        return positions
    }
}
