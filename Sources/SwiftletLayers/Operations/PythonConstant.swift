internal import SwiftletFiles
internal import SwiftletTensor

/// Python's numbers, nested lists and arrays in a configuration, as tensors.
enum PythonConstant {
    /// Nested lists deeper than this are no tensor of Keras.
    private static let largestRank = 32

    /// - Throws: ``ModelError/structure(_:)`` for what is no array of numbers.
    static func tensor(_ json: JSON) throws -> Tensor {
        let content = json["config"] ?? json
        switch json["class_name"]?.string {
        case nil: return try tensor(nested: json)
        case "__tensor__", "__numpy__", "ndarray", "__array__":
            let tensor = try tensor(nested: content["value"] ?? json["value"] ?? .null)
            guard let name = content["dtype"]?.string else { return tensor }
            guard let dtype = DType(rawValue: name), dtype != .string else {
                throw ModelError.structure("a constant of type \(name) is not supported")
            }
            return try tensor.converted(to: dtype)
        case "__tuple__": return try tensor(nested: content["value"] ?? json["items"] ?? .null)
        case let other?: throw ModelError.structure("a constant of class \(other)")
        }
    }

    private static func tensor(nested json: JSON) throws -> Tensor {
        var shape: [Int] = []
        var level = json
        while case .array(let parts) = level {
            shape.append(parts.count)
            guard shape.count <= largestRank else {
                throw ModelError.structure("a constant of more than \(largestRank) axes")
            }
            guard let first = parts.first else { break }
            level = first
        }
        var numbers: [JSON] = []
        try flatten(json, shape[...], into: &numbers)
        let extents = try Shape(shape)
        if numbers.contains(where: { if case .double = $0 { true } else { false } }) {
            return try Tensor(numbers.map { Float($0.number) }, shape: extents)
        }
        if !numbers.isEmpty, numbers.allSatisfy({ $0.bool != nil }) {
            return try Tensor(numbers.map { $0.bool == true }, shape: extents)
        }
        guard !numbers.isEmpty else { return try Tensor(zeros: extents) }
        let integers = numbers.map { $0.int ?? ($0.bool == true ? 1 : 0) }
        let fits = integers.allSatisfy { Int32(exactly: $0) != nil }
        let tensor = try Tensor(integers.map { Int64($0) }, shape: extents)
        return fits ? try tensor.converted(to: .int32) : tensor
    }

    private static func flatten(
        _ json: JSON, _ shape: ArraySlice<Int>, into numbers: inout [JSON]
    ) throws {
        guard let extent = shape.first else {
            guard json.isNumber else {
                throw ModelError.structure("\(json.text().prefix(40)) is no number")
            }
            return numbers.append(json)
        }
        guard let parts = json.array, parts.count == extent else {
            throw ModelError.structure("a constant whose rows differ in length")
        }
        for part in parts { try flatten(part, shape.dropFirst(), into: &numbers) }
    }
}

extension JSON {
    /// A number or truth value as Python's `float()` gives it.
    fileprivate var number: Double { double ?? (bool == true ? 1 : 0) }
}
