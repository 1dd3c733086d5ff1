internal import SwiftletTensor

/// The numbers of known strings, `missing` for all others (an error if it is nil): string → int64 of the same shape.
package struct LookUpText: Op {
    private let table: TextTable
    private let missing: Int64?

    /// - Parameter texts: with their numbers; the first of equal ones counts.
    package init(_ texts: some Sequence<(String, Int64)>, missing: Int64?) {
        table = TextTable(texts)
        self.missing = missing
    }

    package var name: String { "look_up_text" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        try expectTexts(inputs[0])
        return [TensorType(inputs[0].shape, .int64)]
    }

    package func evaluate(_ call: OpCall) throws {
        let output = call.output(0, as: Int64.self)
        for (place, text) in call.strings(0).enumerated() {
            guard let number = table.numbers[TextKey(text)] ?? missing else {
                throw GraphError.evaluation(
                    op: name, cause: "\"\(text.prefix(40))\" is not in the vocabulary")
            }
            output[place] = number
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil] }
}

/// Strings with numbers, shared by the copies of an op.
private final class TextTable: Sendable, CustomStringConvertible {
    let numbers: [TextKey: Int64]

    init(_ texts: some Sequence<(String, Int64)>) {
        numbers = Dictionary(texts.map { (TextKey($0), $1) }) { first, _ in first }
    }

    /// Tells tables apart where results are kept by the op's description.
    var description: String { "\(ObjectIdentifier(self))" }
}

extension Op {
    func expectTexts(_ type: TensorType) throws {
        guard type.dtype == .string else { throw refusal("strings expected, \(type) found") }
    }
}
