import SwiftletData
import SwiftletFiles
import SwiftletLimits
import SwiftletTensor
import TestSupport
import Testing

@Suite struct ImageFileTests {
    static let names = ((try? Fixtures.json("images/expected.json"))?.object?.keys ?? []).sorted()

    @Test func fixturesAreThere() { #expect(Self.names.count == 34) }

    @Test("pixels as Pillow reads them", arguments: names) func reads(_ name: String) throws {
        let expected = try #require(try Fixtures.json("images/expected.json")[name])
        let picture = try ImageFile.read(Fixtures.path("images/\(name)"))
        #expect(picture.dtype.rawValue == expected["dtype"]?.string)
        #expect(picture.shape.dimensions == expected["shape"]?.array?.compactMap(\.int))
        let (found, values) = (try picture.doubles(), numbers(expected["values"]))
        guard name.hasSuffix(".webp") else {
            #expect(same(found, values))
            return
        }
        // Versions of libwebp round colours differently.
        let isLossless = ["lossless.webp", "alpha.webp"].contains(name)
        #expect(zip(found, values).allSatisfy { abs($0 - $1) <= (isLossless ? 0 : 1) })
    }

    static let turned =
        ((try? Fixtures.json("orientations/expected.json"))?.object?.keys ?? []).sorted()

    @Test("upright as Pillow's exif_transpose", arguments: turned)
    func orientation(_ name: String) throws {
        #expect(Self.turned.count == 12)
        let expected = try #require(try Fixtures.json("orientations/expected.json")[name])
        let path = Fixtures.path("orientations/\(name)")
        let picture = try ImageFile.read(path, upright: true)
        #expect(picture.shape.dimensions == expected["shape"]?.array?.compactMap(\.int))
        #expect(same(try picture.doubles(), numbers(expected["values"])))
        let stored = try ImageFile.read(path)
        #expect(Array(stored.shape) == [19, 21, 3])
        #expect(stored.isIdentical(to: picture) == name.hasPrefix("1"))
        let bytes = try Fixtures.bytes("orientations/\(name)")
        let random = CounterRandom(seed: 2, name: name)
        for trial in 0..<100 {
            var damaged = bytes
            let word = Int(random.bits(at: trial))
            damaged[(word >> 8) % min(bytes.count, 80)] ^= UInt8(max(1, word & 0xff))
            _ = try? damaged.withUnsafeBytes { try ImageFile.decode($0, upright: true) }
        }
    }

    @Test(
        arguments: [
            ("rgb.gif", "GIF image not supported"), ("rgb.tiff", "TIFF image not supported"),
            ("huge.png", "pixels: 17179869184, the limit is 268435456 (image-pixels)"),
            ("large.png", "truncated: 1906 bytes needed, 178 found"),
        ])
    func refuses(name: String, message: String) {
        let path = Fixtures.path("images-refused/\(name)")
        let error = #expect(throws: DataError.self) { try ImageFile.read(path) }
        #expect(error?.description == "\(path): \(message)")
    }

    @Test("every shortened picture is refused", arguments: names)
    func truncation(_ name: String) throws {
        let bytes = try Fixtures.bytes("images/\(name)")
        // The last number of a text may lose digits, and the text itself its final line end.
        let needed = name.hasPrefix("text") ? bytes.count - 3 : bytes.count
        for count in 0..<needed {
            #expect(throws: DataError.Cause.self) { try decode(Array(bytes[..<count])) }
        }
    }

    @Test("a damaged byte is an error or a picture, never a crash", arguments: names)
    func damage(_ name: String) throws {
        let bytes = try Fixtures.bytes("images/\(name)")
        let random = CounterRandom(seed: 1, name: name)
        for trial in 0..<200 {
            var damaged = bytes
            let word = Int(random.bits(at: trial))
            damaged[(word >> 8) % bytes.count] ^= UInt8(max(1, word & 0xff))
            if let picture = try? decode(damaged) {
                #expect(picture.rank == 3)
                #expect(picture.elementCount <= Limits().imagePixels * 3)
            }
        }
    }

    @Test("what is written is read again", arguments: ["gray.png", "rgb.png", "color.jpg"])
    func writesPNG(_ name: String) throws {
        let picture = try ImageFile.read(Fixtures.path("images/\(name)"))
        try withTemporaryDirectory { directory in
            try ImageFile.writePNG(picture, to: directory + "/a.png")
            #expect(try ImageFile.read(directory + "/a.png").isIdentical(to: picture))
            let error = #expect(throws: DataError.self) {
                try ImageFile.writePNG(picture.converted(to: .float32), to: directory + "/b.png")
            }
            #expect(
                error?.description
                    == "\(directory)/b.png: a picture to write is uint8 [height, width, 1 or 3], not "
                    + "float32 \(picture.shape)")
            #expect(try directoryContents(directory) == ["a.png"])
        }
    }
}

private func decode(_ bytes: [UInt8]) throws -> Tensor {
    try bytes.withUnsafeBytes { try ImageFile.decode($0) }
}
