import SwiftletData
import SwiftletFeatures
import SwiftletFiles
import SwiftletTensor
import TestSupport
import Testing

@Suite struct PicturesTests {
    /// A file's header and bytes as `tar` writes them.
    private func entry(_ name: String, _ content: [UInt8], kind: Character = "0") -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at place: Int) {
            for (index, byte) in text.utf8.enumerated() { header[place + index] = byte }
        }
        func octal(_ value: Int, digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        put(String(name.prefix(100)), at: 0)
        put(octal(content.count, digits: 11), at: 124)
        put("        ", at: 148)
        put(String(kind), at: 156)
        put("ustar", at: 257)
        put(octal(header.reduce(0) { $0 + Int($1) }, digits: 6), at: 148)
        let padding = [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
        return header + content + padding
    }

    @Test func aTarArchiveIsItsPictures() throws {
        let picture = try Formula.picture("tar", 3, 4, 3)
        try withTemporaryDirectory { directory in
            try ImageFile.writePNG(picture, to: directory + "/p.png")
            let png = try readFile(directory + "/p.png")
            let long = "folder/" + String(repeating: "n", count: 120) + ".png"
            let path = directory + "/set.tar"
            let bytes =
                entry("b.png", png) + entry("notes.txt", [1, 2])
                + entry("././@LongLink", Array(long.utf8) + [0], kind: "L") + entry(long, png)
                + entry("a.PNG", png) + [UInt8](repeating: 0, count: 1024)
            try AtomicFile.write(bytes, to: path)
            let pictures = try Pictures(tar: path)
            #expect(pictures.names == ["a.PNG", "b.png", long])
            #expect(pictures.ignored == ["notes.txt"])
            #expect(try pictures.read(2).isIdentical(to: picture))
            // Cut short, and no archive at all.
            try AtomicFile.write(Array(bytes.prefix(700)), to: path)
            #expect(throws: DataError.self) { _ = try Pictures(tar: path) }
            try AtomicFile.write([UInt8](repeating: 7, count: 2048), to: path)
            #expect(throws: DataError.self) { _ = try Pictures(tar: path) }
        }
    }

    @Test func folderNamesWhatItPassesOver() throws {
        let picture = try Formula.picture("folder", 2, 2, 1)
        try withTemporaryDirectory { directory in
            try ImageFile.writePNG(picture, to: directory + "/b.png")
            try ImageFile.writePNG(picture, to: directory + "/a.png")
            try AtomicFile.write([1], to: directory + "/list.csv")
            let pictures = try Pictures(folder: directory)
            #expect(pictures.names == ["a.png", "b.png"])
            #expect(pictures.ignored == ["list.csv"])
        }
    }

    @Test func arraysOfImages() throws {
        let gray = try Pictures(Tensor(zeros: [2, 3, 4], dtype: .uint8), path: "x.npz")
        #expect(gray.count == 2)
        #expect(try Array(gray.read(1).shape) == [3, 4, 1])
        for shape in [[2, 3], [2, 3, 4, 5], [2, 0, 4, 3]] {
            #expect(throws: DataError.self) {
                _ = try Pictures(Tensor(zeros: Shape(shape), dtype: .uint8), path: "x.npz")
            }
        }
        #expect(throws: DataError.self) {
            _ = try Pictures(Tensor(zeros: [2, 3, 4, 3]), path: "x.npz")
        }
    }
}
