internal import SwiftletTensor

/// How strings become tokens.
package struct TextSplitting: Sendable, Hashable {
    package enum Separation: Sendable, Hashable {
        /// Between runs of ASCII white space.
        case whitespace
        /// Between all Unicode scalars.
        case characters
        /// Not at all: the strings of a row are its tokens.
        case none
    }

    package let separation: Separation
    /// Tokens that are joined by a space to make the final ones, width by width; nil for single
    /// ones.
    package let widths: [Int]?

    package init(_ separation: Separation, widths: [Int]? = nil) {
        self.separation = separation
        self.widths = widths
    }

    /// The tokens of every row of strings: `[rows]` if they are split, otherwise `[rows, tokens]`.
    fileprivate func rows(_ strings: [String], _ shape: Shape) -> [[String]] {
        let rows = shape.first ?? 1
        let split =
            switch separation {
            case .whitespace: strings.map(Self.words)
            case .characters: strings.map { $0.unicodeScalars.map { String($0) } }
            case .none:
                (0..<rows).map { row in
                    let count = strings.count / max(rows, 1)
                    return Array(strings[row * count..<(row + 1) * count])
                }
            }
        guard let widths else { return split }
        return split.map { tokens in
            widths.flatMap { width in
                tokens.count < width
                    ? []
                    : (0...tokens.count - width).map {
                        tokens[$0..<$0 + width].joined(separator: " ")
                    }
            }
        }
    }

    private static func words(_ text: String) -> [String] {
        text.utf8.split { $0 == 0x20 || (0x09...0x0d).contains($0) }.map { Substring($0) }
            .map(String.init)
    }

    fileprivate func check(_ inputs: [TensorType], _ op: some Op) throws {
        try op.expect(inputs, count: 1...1)
        try op.expectTexts(inputs[0])
        let rank = separation == .none ? 2 : 1
        guard inputs[0].rank == rank else {
            throw op.refusal("strings of rank \(rank) expected, \(inputs[0]) found")
        }
        guard widths?.allSatisfy({ $0 > 0 }) != false else { throw op.refusal("widths below 1") }
    }
}

/// Strings cut into tokens: `[rows]` → `[rows, length]`, cut off or filled up with empty strings.
package struct SplitText: Op {
    package let splitting: TextSplitting
    package let length: Int

    package init(_ splitting: TextSplitting, length: Int) {
        self.splitting = splitting
        self.length = length
    }

    package var name: String { "split_text" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try splitting.check(inputs, self)
        let shape = try Shape([inputs[0].shape[0], length])
        guard shape.elementCount <= 1 << 26 else { throw refusal("\(shape) are too many tokens") }
        return [TensorType(shape, .string)]
    }

    package func evaluate(_ call: OpCall) {
        let rows = splitting.rows(call.strings(0), call.inputTypes[0].shape)
        call.setStrings(
            rows.flatMap { tokens in
                tokens.prefix(length)
                    + repeatElement("", count: max(0, length - tokens.count))
            })
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil] }
}

/// The number of tokens in the row that has most of them, a scalar of int64.
package struct CountTokens: Op {
    package let splitting: TextSplitting

    package init(_ splitting: TextSplitting) { self.splitting = splitting }

    package var name: String { "count_tokens" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try splitting.check(inputs, self)
        return [TensorType(.scalar, .int64)]
    }

    package func evaluate(_ call: OpCall) {
        let rows = splitting.rows(call.strings(0), call.inputTypes[0].shape)
        call.output(0, as: Int64.self)[0] = Int64(rows.lazy.map(\.count).max() ?? 0)
    }
}
