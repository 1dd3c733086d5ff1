public import SwiftletFiles
public import SwiftletGraph
package import SwiftletTensor

/// Numbers replaced by that of the bin they lie in.
public struct Discretization: UnaryLayer {
    public static let className = "Discretization"
    public var options: LayerOptions
    /// In ascending order; nil until they are known.
    public private(set) var boundaries: [Float]?
    public let mode: CategoryMode
    let bins: Int?
    let epsilon: Float

    public init(
        boundaries: [Float], mode: CategoryMode = .int, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        self.boundaries = boundaries
        self.mode = mode
        bins = nil
        epsilon = 0.01
    }

    /// The same with other bins.
    func with(boundaries: [Float]) -> Discretization {
        var layer = self
        layer.boundaries = boundaries
        return layer
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        boundaries =
            config.value("bin_boundaries") == nil ? nil : try config.floats("bin_boundaries")
        if boundaries?.isEmpty == true { boundaries = nil }
        mode = try config.categoryMode(
            default: .int, among: [.int, .oneHot, .multiHot, .count])
        bins = try config.optionalInt("num_bins")
        guard bins.map({ $0 > 0 && $0 <= LayerConfig.largestSize }) != false else {
            throw ModelError.config(key: "num_bins", cause: "a number of at least 1 expected")
        }
        epsilon = try config.float("epsilon", default: 0.01)
    }

    public var config: JSONObject {
        [
            "bin_boundaries": boundaries.map { .array($0.map(JSON.number)) } ?? .null,
            // Keras 2 does not take both.
            "num_bins": boundaries == nil ? bins.map(JSON.int) ?? .null : .null,
            "epsilon": .number(epsilon), "output_mode": .string(mode.rawValue), "sparse": false,
        ]
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard let boundaries else {
            throw refusal("the bins are not in the file: the layer was not adapted")
        }
        let floats = try lowering.graph.cast(x, to: .float32)
        let numbers = try lowering.graph.apply(Bucketize(boundaries: boundaries), floats)
        return try lowering.encoded(numbers, as: mode, depth: boundaries.count + 1)
    }
}

extension Discretization: StoredState {
    /// Keras 2 stores a summary of the data: values in ascending order, and what each counts.
    package func completed(with parts: StoredParts) throws -> Discretization {
        guard boundaries == nil, let bins, let summary = try parts.variable("0"),
            summary.rank == 2, summary.shape[0] == 2, summary.shape[1] > 0
        else { return self }
        let numbers = try summary.doubles()
        let count = summary.shape[1]
        var layer = self
        layer.boundaries = quantiles(
            of: Array(numbers[..<count]), counting: Array(numbers[count...]), bins)
        return layer
    }

    package var storedVariables: [(part: String, name: String, value: Tensor)] { [] }
}

/// The boundaries of `bins` bins that hold equal shares, as Keras interpolates them.
func quantiles(of values: [Double], counting weights: [Double], _ bins: Int) -> [Float] {
    let share = 1 / Double(bins)
    guard Double(values.count) * share >= 1 else { return values.dropLast().map { Float($0) } }
    var sum = 0.0
    let sums = weights.map { weight in
        sum += weight
        return sum
    }
    let places = sums.map { $0 / (sum == 0 ? 1 : sum) }
    // As many steps as NumPy's arange makes.
    let steps = Int((1 / share).rounded(.up))
    return (0..<max(0, steps - 1)).map { bin in
        Float(interpolated(share + Double(bin) * share, places, values))
    }
}

/// NumPy's `interp`.
func interpolated(_ x: Double, _ places: [Double], _ values: [Double]) -> Double {
    guard let next = places.firstIndex(where: { $0 > x }) else { return values[values.count - 1] }
    guard next > 0 else { return values[0] }
    let width = places[next] - places[next - 1]
    let slope = (values[next] - values[next - 1]) / width
    return slope * (x - places[next - 1]) + values[next - 1]
}
