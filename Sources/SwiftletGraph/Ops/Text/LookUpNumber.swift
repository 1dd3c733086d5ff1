internal import SwiftletTensor

/// What known whole numbers stand for, `missing` for all others (an error if it is nil): integers → int64 of the same
/// shape.
package struct LookUpNumber: Op {
    private let table: NumberTable
    private let missing: Int64?

    /// - Parameter numbers: with what they stand for; the first of equal ones counts.
    package init(_ numbers: some Sequence<(Int64, Int64)>, missing: Int64?) {
        table = NumberTable(numbers)
        self.missing = missing
    }

    package var name: String { "look_up_number" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].dtype == .int64 else {
            throw refusal("int64 expected, \(inputs[0]) found")
        }
        return [inputs[0]]
    }

    package func evaluate(_ call: OpCall) throws {
        let (input, output) = (call.input(0, as: Int64.self), call.output(0, as: Int64.self))
        for place in 0..<call.inputTypes[0].elementCount {
            guard let value = table.values[input[place]] ?? missing else {
                throw GraphError.evaluation(
                    op: name, cause: "\(input[place]) is not in the vocabulary")
            }
            output[place] = value
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil] }
}

/// Numbers with what they stand for, shared by the copies of an op.
private final class NumberTable: Sendable, CustomStringConvertible {
    let values: [Int64: Int64]

    init(_ numbers: some Sequence<(Int64, Int64)>) {
        values = Dictionary(numbers.map { ($0, $1) }) { first, _ in first }
    }

    /// Tells tables apart where results are kept by the op's description.
    var description: String { "\(ObjectIdentifier(self))" }
}
