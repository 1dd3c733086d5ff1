import SwiftletFiles
import Testing

@Suite struct StrictTextTests {
    @Test(arguments: ["", "a", "é", "\u{FFFD}", "日本語", "\u{10FFFF}", "a\u{0}b"])
    func textIsRead(text: String) {
        #expect(String(strictUTF8: Array(text.utf8)).map { Array($0.utf8) } == Array(text.utf8))
    }

    @Test(
        arguments: [
            [0x80], [0xC3], [0xC3, 0x28], [0xC0, 0x80], [0xED, 0xA0, 0x80],
            [0xF4, 0x90, 0x80, 0x80],
            [0x61, 0xFF], [0xEF, 0xBF, 0xBD, 0xEF], [0xE6, 0x97],
        ] as [[UInt8]])
    func whatIsNoUTF8IsNoText(bytes: [UInt8]) {
        #expect(String(strictUTF8: bytes) == nil)
        #expect(String(validating: bytes, as: UTF8.self) == nil)
    }
}
