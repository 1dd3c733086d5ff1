internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// Numbers nested in lists, such as a scale per channel.
struct NumberArray: Sendable {
    let values: [Float]
    let shape: [Int]

    init(_ number: Float) { self.init(values: [number], shape: []) }

    init(_ numbers: [Float]) { self.init(values: numbers, shape: [numbers.count]) }

    private init(values: [Float], shape: [Int]) {
        self.values = values
        self.shape = shape
    }

    /// A number, lists of them of equal lengths, or a NumPy array as Keras serialises it.
    init(_ json: JSON, key: String, depth: Int = 0) throws {
        if let number = json.double {
            self.init(Float(number))
            return
        }
        if let inner = json["config"]?["value"] ?? json["value"], depth == 0 {
            try self.init(inner, key: key, depth: 1)
            return
        }
        guard let list = json.array, depth < 32 else {
            throw ModelError.config(
                key: key, cause: "numbers expected, \(json.text().prefix(60)) found")
        }
        let parts = try list.map { try NumberArray($0, key: key, depth: depth + 1) }
        guard parts.allSatisfy({ $0.shape == parts[0].shape }) else {
            throw ModelError.config(key: key, cause: "lists of different lengths")
        }
        self.init(
            values: parts.flatMap(\.values), shape: [parts.count] + (parts.first?.shape ?? []))
    }

    /// As Python writes it.
    var json: JSON {
        func nested(_ values: ArraySlice<Float>, _ shape: ArraySlice<Int>) -> JSON {
            guard let count = shape.first else { return .number(values.first ?? 0) }
            let size = count == 0 ? 0 : values.count / count
            return .array(
                (0..<count).map { index in
                    let start = values.startIndex + index * size
                    return nested(values[start..<start + size], shape.dropFirst())
                })
        }
        return nested(values[...], shape[...])
    }

    func constant(in graph: inout Graph) throws -> Value {
        try graph.constant(Tensor(values, shape: Shape(shape)))
    }
}

extension LayerConfig {
    func numberArray(_ key: String, default fallback: Float? = nil) throws -> NumberArray {
        guard let value = value(key) else {
            guard let fallback else { throw ModelError.config(key: key, cause: "missing") }
            return NumberArray(fallback)
        }
        return try NumberArray(value, key: key)
    }

    /// One number, or a list (of lists) of them.
    func floats(_ key: String, default fallback: [Float]? = nil) throws -> [Float] {
        guard let value = value(key) else {
            guard let fallback else { throw ModelError.config(key: key, cause: "missing") }
            return fallback
        }
        return try NumberArray(value, key: key).values
    }
}
