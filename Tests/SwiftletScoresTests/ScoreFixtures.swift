import Foundation
import SwiftletFiles
import SwiftletScores
import SwiftletTensor
import Testing

/// A row of `fixtures/scores`: inputs, and what the reference libraries make of them.
struct ScoreCase: Sendable, CustomTestStringConvertible {
    let json: JSON
    var testDescription: String { json["name"]?.string ?? "" }

    static func all(in file: String) -> [ScoreCase] {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../fixtures/scores/\(file).json")
        guard let data = try? Data(contentsOf: path), let json = try? JSON(parsing: data),
            let cases = json["cases"]?.array
        else { return [] }
        return cases.map { ScoreCase(json: $0) }
    }

    func tensor(_ key: String) throws -> Tensor? {
        guard let array = json[key] else { return nil }
        let dtype = try #require(array["dtype"]?.string.flatMap { DType(rawValue: $0) })
        let shape = try Shape(#require(array["shape"]?.array).compactMap(\.int))
        let values = try #require(array["values"]?.array).compactMap { value in
            value.bool.map { $0 ? 1 : 0 } ?? value.double
        }
        return try Tensor(values, shape: shape).converted(to: dtype)
    }

    func required(_ key: String) throws -> Tensor { try #require(try tensor(key)) }

    func image(_ key: String) throws -> Tensor {
        let shape = try Shape(#require(json[key]?["shape"]?.array).compactMap(\.int))
        let bytes = try #require(
            json[key]?["base64"]?.string.flatMap { Data(base64Encoded: $0) })
        return try Tensor([UInt8](bytes), shape: shape)
    }

    /// Every expected score is there with its value, and no other score is.
    func check(_ report: ScoreReport, relative: Double = 1e-9) throws {
        let expected = try #require(json["scores"]?.object)
        #expect(Set(report.scores.names) == Set(expected.keys))
        for (name, value) in expected {
            let found = report.scores[name]?.json ?? .string("missing")
            #expect(
                found.isClose(to: value, relative: relative),
                "\(name): \(value.text()) expected, \(found.text()) found")
        }
    }
}

extension JSON {
    /// Equal but for the rounding of numbers.
    func isClose(to other: JSON, relative: Double) -> Bool {
        if let a = double, let b = other.double {
            return abs(a - b) <= relative * max(abs(a), abs(b)) + 1e-12
        }
        if let a = array, let b = other.array {
            return a.count == b.count
                && zip(a, b).allSatisfy { $0.isClose(to: $1, relative: relative) }
        }
        return self == other
    }
}

extension Tensor {
    /// The rows in consecutive parts that end at `ends`.
    func split(at ends: [Int]) throws -> [Tensor] {
        var start = 0
        return try (ends + [shape[0]]).map { end in
            defer { start = end }
            return try rows(start..<end)
        }
    }
}

/// Places at which to cut `count` rows, some of them equal, so that some parts are empty.
func cuts(of count: Int, seed: UInt64) -> [Int] {
    let random = CounterRandom(seed: seed)
    return (0..<4).map { Int(random.uniform(at: $0) * Float(count + 1)) }.sorted()
}
