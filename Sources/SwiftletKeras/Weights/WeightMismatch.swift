internal import SwiftletLayers
public import SwiftletTensor

/// What a weights file and a model disagree on, everything at once.
public struct WeightMismatch: Sendable, Equatable, CustomStringConvertible {
    /// Weights of the model that the file lacks.
    public package(set) var missing: [String] = []
    /// Weights of the file that the model lacks.
    public package(set) var unused: [String] = []
    /// Weights whose shapes differ: name, the model's shape, the file's.
    public internal(set) var misshapen: [Misshapen] = []

    public struct Misshapen: Sendable, Equatable, CustomStringConvertible {
        public let name: String
        public let expected, found: Shape
        public var description: String { "\(name): shape \(expected) expected, \(found) found" }
    }

    package init() {}

    var isEmpty: Bool { missing.isEmpty && unused.isEmpty && misshapen.isEmpty }

    public var description: String {
        [
            summary(missing, "missing"), summary(unused, "not in the model"),
            summary(misshapen.map(\.description), "of another shape"),
        ].compactMap { $0 }.joined(separator: "; ")
    }

    private func summary(_ names: [String], _ state: String) -> String? {
        guard !names.isEmpty else { return nil }
        let shown = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
        return "\(names.count) \(names.count == 1 ? "weight" : "weights") \(state) (\(shown))"
    }
}

/// Collects tensors for a model's weights and what does not fit.
struct WeightAssignment {
    private(set) var tensors: [String: Tensor] = [:]
    var mismatch = WeightMismatch()

    /// Takes `tensor` for the weight, in the type that the model computes in.
    mutating func assign(_ tensor: Tensor, to spec: ModelWeight) throws {
        guard tensor.shape == spec.shape else {
            mismatch.misshapen.append(
                .init(name: spec.path, expected: spec.shape, found: tensor.shape))
            return
        }
        do {
            tensors[spec.path] = try tensor.converted(to: spec.dtype)
        } catch {
            throw ModelError.weight(path: spec.path, cause: "\(error)")
        }
    }
}
