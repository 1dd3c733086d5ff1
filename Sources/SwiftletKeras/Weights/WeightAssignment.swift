internal import SwiftletLayers
internal import SwiftletTensor

/// Collects tensors for a model's weights and what does not fit.
struct WeightAssignment {
    private(set) var tensors: [String: Tensor] = [:]
    private(set) var report = WeightReport()
    /// Whether anything happened that the caller did not allow.
    private(set) var isRefused = false
    private let keepsType: Bool

    /// - Parameter keepsType: whether weights stay in the type that the file has them in, for
    ///   conversions, rather than in the one that the model computes in.
    init(keepsType: Bool = false) { self.keepsType = keepsType }

    mutating func missing(_ name: String, isAllowed: Bool = false) {
        report.missing.append(name)
        isRefused = isRefused || !isAllowed
    }

    mutating func unused(_ names: some Sequence<String>, isAllowed: Bool = false) {
        for name in names {
            report.unused.append(name)
            isRefused = isRefused || !isAllowed
        }
    }

    mutating func state(_ names: some Sequence<String>) { report.state += names }

    mutating func note(_ text: String) { report.notes.append(text) }

    mutating func misshapen(
        _ spec: ModelWeight, found: Shape, at source: String, isAllowed: Bool = false
    ) {
        report.misshapen.append(
            .init(name: spec.path, expected: spec.shape, found: found, source: source))
        isRefused = isRefused || !isAllowed
    }

    /// Takes a value for a weight that the file does not have.
    mutating func fill(_ spec: ModelWeight, with tensor: Tensor, described value: String) {
        tensors[spec.path] = tensor
        report.filled.append((spec.path, value))
    }

    /// Takes `tensor` for the weight; false if its shape is another one.
    @discardableResult
    mutating func assign(
        _ tensor: Tensor, to spec: ModelWeight, from source: String, isAllowed: Bool = false
    ) throws -> Bool {
        guard spec.accepts(tensor.shape) else {
            misshapen(spec, found: tensor.shape, at: source, isAllowed: isAllowed)
            return false
        }
        do {
            let tensor = try spec.inToday(tensor)
            tensors[spec.path] =
                keepsType && tensor.dtype.isFloatingPoint && spec.dtype.isFloatingPoint
                ? tensor : try tensor.converted(to: spec.dtype)
        } catch {
            throw ModelError.weight(path: spec.path, cause: "\(error)")
        }
        report.used.append(.init(name: spec.path, source: source))
        return true
    }
}
