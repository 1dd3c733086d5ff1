import Foundation
import SwiftletFeatures
import SwiftletFiles
import SwiftletTensor
import Testing

@Suite struct ResizingTests {
    static let cases = NetworkReferences.cases("resizing")

    @Test func fixturesAreThere() { #expect(Self.cases.count > 80) }

    @Test("as Pillow, PyTorch, TensorFlow 1 and clean-fid", arguments: cases)
    func reference(_ row: NetworkReferences.Row) throws {
        let resizing = try #require(
            row.json["resize"]?.string.flatMap { ResizeMethod(rawValue: $0) })
        let picture = try Formula.picture(
            "resize", row.int("height"), row.int("width"), row.int("channels"))
        let pixels = Pixels(
            height: row.int("height"), width: row.int("width"), channels: row.int("channels"),
            values: try picture.elements(of: UInt8.self).map(Float.init))
        let found = resizing.resize(pixels, height: row.int("rows"), width: row.int("columns"))
        #expect(found.height == row.int("rows") && found.width == row.int("columns"))
        if let text = row.json["bytes"]?.string {
            let expected = try [UInt8](#require(Data(base64Encoded: text)))
            #expect(found.values == expected.map(Float.init))
        } else {
            let data = try #require(
                row.json["floats"]?.string.flatMap { Data(base64Encoded: $0) })
            let expected = data.withUnsafeBytes { [Float]($0.assumingMemoryBound(to: Float.self)) }
            #expect(expected.count == found.values.count)
            // PyTorch rounds in another order; the others to the bit.
            let isPyTorch = resizing == .bilinear || resizing == .antialiased
            let tolerance: Float = isPyTorch ? 1e-4 : 0
            for (a, b) in zip(found.values, expected) { #expect(abs(a - b) <= tolerance) }
        }
    }
}
