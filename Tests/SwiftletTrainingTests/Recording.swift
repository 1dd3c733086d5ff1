import SwiftletData
import SwiftletFiles
import SwiftletTensor
import TestSupport
import Testing

/// What Keras computed while training: `fixtures/training/<family>.json` and `.npz`.
struct Recording: Sendable {
    let cases: [JSON]
    private let values: [Float]

    init(_ family: String) throws {
        let text = try readFile(fixture("training/\(family).json"))
        let json = try JSON(parsing: String(decoding: text, as: UTF8.self))
        cases = try #require(json["cases"]?.array)
        values = try NPZ(fixture("training/\(family).npz")).read("values").floats()
    }

    /// The array that `place` points to; nil for null.
    func tensor(_ place: JSON?) throws -> Tensor? {
        guard let place, !place.isNull else { return nil }
        let dimensions = try #require(place["shape"]?.ints)
        let shape = try Shape(dimensions)
        let start = try #require(place["at"]?.int)
        let tensor = try Tensor(Array(values[start..<start + shape.elementCount]), shape: shape)
        return try tensor.converted(to: place["dtype"]?.string.flatMap(DType.init) ?? .float32)
    }

    func tensors(_ places: JSON?) throws -> [Tensor] {
        try #require(places?.array).compactMap { try tensor($0) }
    }

    func floats(_ place: JSON?) throws -> [Float] { try #require(try tensor(place)).floats() }
}

/// A recorded case under its own name.
struct RecordedCase: Sendable, CustomTestStringConvertible {
    let recording: Recording
    let json: JSON

    var name: String { json["name"]?.string ?? "" }
    var testDescription: String { name }

    /// - Parameter family: a file that must be there: without it there are no tests.
    static func all(_ family: String, where isWanted: (JSON) -> Bool = { _ in true }) -> [Self] {
        do {
            let recording = try Recording(family)
            return recording.cases.filter(isWanted).map { Self(recording: recording, json: $0) }
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// `{"class_name", "config"}` as a file has it.
    var object: JSON {
        ["class_name": json["class_name"] ?? nil, "config": json["config"] ?? nil]
    }
}

/// The largest difference, relative where numbers are larger than 1.
func distance(_ a: [Float], _ b: [Float]) -> Double {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { largest, pair in
        let (x, y) = (Double(pair.0), Double(pair.1))
        return max(largest, x == y ? 0 : abs(x - y) / max(1, abs(y)))
    }
}

extension JSON {
    var ints: [Int]? { array?.compactMap(\.int) }
    var strings: [String]? { array?.compactMap(\.string) }
}
