internal import SwiftletTensor

/// Strings made alike: A–Z to lower case, ASCII punctuation left out. Other letters and marks stay,
/// as in TensorFlow.
package struct StandardizeText: Op {
    package let lowers: Bool
    package let stripsPunctuation: Bool

    package init(lowers: Bool, stripsPunctuation: Bool) {
        self.lowers = lowers
        self.stripsPunctuation = stripsPunctuation
    }

    package var name: String { "standardize_text" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        try expectTexts(inputs[0])
        return [inputs[0]]
    }

    package func evaluate(_ call: OpCall) {
        call.setStrings(call.strings(0).map(standardized))
    }

    private func standardized(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if stripsPunctuation, Self.isPunctuation(byte) { continue }
            bytes.append(lowers && (0x41...0x5a).contains(byte) ? byte | 0x20 : byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e: true
        default: false
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] { [nil] }
}
