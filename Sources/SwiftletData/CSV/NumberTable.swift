internal import SwiftletFiles
public import SwiftletTensor

/// Rows of numbers whose columns may have names.
public struct NumberTable: Sendable {
    /// One name per column; nil if the file had no header.
    public let columnNames: [String]?
    /// float64 `[rows, columns]`.
    public let values: Tensor

    public var rowCount: Int { values.shape[0] }
    public var columnCount: Int { values.shape[1] }

    /// - Throws: ``DataError/Cause`` if `values` is no matrix or the names are not its columns'.
    public init(columnNames: [String]? = nil, values: Tensor) throws(DataError.Cause) {
        guard values.rank == 2 else {
            throw .tensor(.shape(expected: "[rows, columns]", found: values.shape))
        }
        if let columnNames {
            guard columnNames.count == values.shape[1] else {
                throw .mismatch("\(columnNames.count) names for \(values.shape[1]) columns")
            }
            var seen: Set<String> = []
            for name in columnNames where !seen.insert(name).inserted {
                throw .malformed("two columns are named \(quoted(name))")
            }
        }
        self.columnNames = columnNames
        self.values = try DataError.Cause.wrapping { try values.converted(to: .float64) }
    }

    /// The position of the column that `name` names: by its header or, without one, by its number
    /// from 0.
    public func position(ofColumn name: String) throws(DataError.Cause) -> Int {
        guard let columnNames else {
            guard let position = Int(name), (0..<columnCount).contains(position) else {
                throw .missing("column \(quoted(name)) (\(columnCount) columns without names)")
            }
            return position
        }
        guard let position = columnNames.firstIndex(of: name) else {
            throw .missing("column \(quoted(name)) (it has \(listed(columnNames)))")
        }
        return position
    }

    /// The columns at `positions`, in that order: float64 `[rows, positions.count]`.
    ///
    /// - Throws: ``DataError/Cause/missing(_:)`` for a position outside the table.
    public func columns(at positions: [Int]) throws(DataError.Cause) -> Tensor {
        for position in positions where !(0..<columnCount).contains(position) {
            throw .missing("column \(position)")
        }
        return try DataError.Cause.wrapping {
            let shape = try Shape([rowCount, positions.count])
            return try Tensor(shape: shape, dtype: .float64) { bytes in
                let output = bytes.assumingMemoryBound(to: Double.self)
                try values.withElements(of: Double.self) { values in
                    for row in 0..<rowCount {
                        for (index, position) in positions.enumerated() {
                            output[row * positions.count + index] =
                                values[row * columnCount + position]
                        }
                    }
                }
            }
        }
    }
}

/// Names for an error, as many as fit a line.
func listed(_ names: [String]) -> String {
    let shown = names.prefix(8).map { quoted($0) }.joined(separator: ", ")
    return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
}
