import SwiftletData
import SwiftletFiles
import SwiftletTensor
import TestSupport
import Testing

/// One case of `fixtures/layers/*`: what Keras computes for a layer. See `fixtures/README.md`.
struct LayerReference: Sendable, CustomTestStringConvertible {
    let name: String
    let json: JSON
    private let values: Tensor

    var testDescription: String { name }

    var tolerance: Double { json["tolerance"]?.double ?? 1e-5 }

    /// The arrays under `key`; nil where the file has null.
    func tensors(_ key: String, in json: JSON? = nil) throws -> [Tensor?] {
        try ((json ?? self.json)[key]?.array ?? []).map { try tensor($0) }
    }

    var weights: [(name: String, isTrainable: Bool, value: Tensor)] {
        get throws {
            try (json["weights"]?.array ?? []).map { weight in
                (
                    try #require(weight["name"]?.string), weight["trainable"]?.bool ?? true,
                    try #require(try tensor(weight))
                )
            }
        }
    }

    private func tensor(_ json: JSON) throws -> Tensor? {
        guard !json.isNull else { return nil }
        let shape = try Shape((json["shape"]?.array ?? []).compactMap(\.int))
        if let texts = json["texts"]?.array {
            return try Tensor(strings: texts.compactMap(\.string), shape: shape)
        }
        let at = try #require(json["at"]?.int)
        let elements = try values.withElements(of: Float.self) {
            Array($0[at..<at + shape.elementCount])
        }
        let dtype = json["dtype"]?.string.flatMap(DType.init) ?? .float32
        return try Tensor(elements, shape: shape).converted(to: dtype)
    }

    /// All cases of a family; a family that cannot be read gives one case that fails by its name.
    static func family(_ family: String) -> [LayerReference] {
        do {
            let text = try readFile(fixture("layers/\(family).json"))
            let values = try NPZ(fixture("layers/\(family).npz")).read("values")
            return try JSON(parsing: text)["cases"]?.array?.map {
                LayerReference(name: $0["name"]?.string ?? "", json: $0, values: values)
            } ?? []
        } catch {
            Issue.record("\(family): \(error)")
            return []
        }
    }
}
