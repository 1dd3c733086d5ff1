internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// Which array of a foreign file is which weight of a model, and how its axes go over.
///
/// As JSON: the arrays' names, each with the weight's path, or with an object, or with null for an
/// array that is deliberately left out.
///
///     {
///       "conv1.weight": {"path": "conv1/kernel", "transpose": [2, 3, 1, 0]},
///       "conv1.bias": "conv1/bias",
///       "fc.weight": {"path": "fc/kernel", "transpose": [1, 0]},
///       "bn1.num_batches_tracked": null
///     }
public struct WeightMapping: Sendable {
    struct Rule: Sendable {
        /// The weight's path in the model; nil for an array that is left out.
        let path: String?
        /// The shape that the array is seen in before its axes are exchanged.
        var reshape: [Int]?
        /// For each axis of the weight, the axis of the array.
        var transpose: [Int]?
        /// The shape that it has in the end, where that is another one.
        var result: [Int]?
    }

    let rules: [String: Rule]

    /// - Throws: ``KerasFileError`` naming the entry that is not understood.
    public init(contentsOf path: String) throws {
        do {
            let json = try JSON(parsing: readText(path))
            guard let object = json.object else {
                throw KerasFileError(path, .content("no JSON object"))
            }
            var rules: [String: Rule] = [:]
            for (name, value) in object { rules[name] = try Self.rule(value, name, path) }
            self.rules = rules
        } catch {
            throw KerasFileError(error, file: path)
        }
    }

    private static func rule(_ json: JSON, _ name: String, _ file: String) throws -> Rule {
        if json.isNull { return Rule(path: nil) }
        if let path = json.string { return Rule(path: path) }
        func ints(_ key: String) throws -> [Int]? {
            guard let value = json[key], !value.isNull else { return nil }
            guard let list = value.array, case let numbers = list.compactMap(\.int),
                numbers.count == list.count
            else {
                throw KerasFileError(
                    file, place: quoted(name),
                    .content("\"\(key)\": list of whole numbers expected"))
            }
            return numbers
        }
        guard let path = json["path"]?.string else {
            throw KerasFileError(
                file, place: quoted(name),
                .content("a weight's path, an object with \"path\", or null expected"))
        }
        for key in json.object?.keys ?? [] where !["path", "reshape", "transpose"].contains(key) {
            throw KerasFileError(file, place: quoted(name), .content("\"\(key)\" is not known"))
        }
        return Rule(path: path, reshape: try ints("reshape"), transpose: try ints("transpose"))
    }
}

extension WeightMapping.Rule {
    /// The array as the weight has it.
    ///
    /// - Throws: ``ModelError/weight(path:cause:)`` if the rule does not fit the array.
    func applied(to tensor: Tensor, for weight: String) throws -> Tensor {
        var tensor = tensor
        if let reshape {
            guard let shape = try? Shape(reshape), shape.elementCount == tensor.elementCount else {
                throw ModelError.weight(
                    path: weight, cause: "\(tensor.shape) cannot be seen as \(reshape)")
            }
            tensor = try tensor.reshaped(to: shape)
        }
        if let transpose {
            guard transpose.sorted() == Array(0..<tensor.rank) else {
                throw ModelError.weight(
                    path: weight, cause: "\(transpose) is no order of the axes of \(tensor.shape)")
            }
            tensor = try tensor.transposed(transpose)
        }
        return try result.map { try tensor.reshaped(to: Shape($0)) } ?? tensor
    }
}
