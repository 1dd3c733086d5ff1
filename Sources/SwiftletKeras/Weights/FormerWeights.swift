internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletLayers
internal import SwiftletTensor

/// Brings the weights of one layer in a legacy file into the form of today's layer: what Keras 1 kept
/// gate by gate or in Theano's order of axes, and the kernels of files written on Theano.
struct FormerWeights {
    /// Whether the file is older than Keras 2.
    let isKeras1: Bool
    /// Whether its kernels are for a true convolution, which runs through them backwards.
    let isTheano: Bool
    /// Whether the file is older than Keras 1.
    let isKeras0: Bool

    /// Finds out by the attributes and names of a group of weights.
    ///
    /// - Parameter version: the version of Keras that the file names elsewhere.
    init(_ group: HDF5Group, version: String? = nil) throws {
        isKeras0 = try group.attribute("nb_layers") != nil
        let stated = try group.attribute("keras_version")?.strings?.first ?? version
        isKeras1 = KerasEra(version: stated ?? "1") == .keras1
        if let backend = try group.attribute("backend")?.strings?.first {
            isTheano = backend == "theano"
        } else {
            // Keras 1 does not say on what it ran, but names of TensorFlow's variables end in `:0`.
            let first = try LegacyWeights.strings("layer_names", of: group).lazy
                .compactMap { try? LegacyWeights.strings("weight_names", of: group.group($0)) }
                .flatMap { $0 }
                .first
            isTheano = isKeras1 && (isKeras0 || first.map { !$0.hasSuffix(":0") } ?? false)
        }
    }

    typealias Named = (name: String, tensor: Tensor)

    func converted(_ given: [Named], for entry: ModelLayers.Entry) throws -> [Named] {
        guard isKeras1 || isTheano else { return given }
        var given = given
        if isKeras1 {
            given = try fused(highwayInOrder(given, entry), entry)
        }
        guard given.count == entry.weights.count else { return given }
        return try zip(given, zip(entry.weights, entry.owners)).map { weight, target in
            var tensor = weight.tensor
            let (spec, owner) = target
            if isKeras0, spec.name == "moving_variance" {
                tensor = try Self.variances(of: tensor, owner)
            }
            if isKeras1 { tensor = try Self.inTodaysOrder(tensor, of: owner, for: spec) }
            if isTheano, Self.isKernel(spec, of: owner), tensor.shape == spec.shape {
                tensor = try Self.reversed(tensor)
            }
            return (weight.name, tensor)
        }
    }

    // MARK: Gates

    /// Joins a kernel, a recurrent kernel and a bias per gate into one each.
    private func fused(_ given: [Named], _ entry: ModelLayers.Entry) throws -> [Named] {
        var result: [Named] = []
        var next = given.startIndex
        var position = entry.weights.startIndex
        while position < entry.weights.endIndex {
            let gates = Self.gates(of: entry.owners[position])
            let isTriple =
                position + 2 < entry.weights.endIndex && gates.count > 1
                && entry.weights[position].name == "kernel"
                && entry.weights[position + 1].name == "recurrent_kernel"
            let count = 3 * gates.count
            if isTriple, next + count <= given.endIndex,
                Self.isOneGate(given[next + 1].tensor, of: entry.weights[position + 1], gates.count)
            {
                for part in 0..<3 {
                    let tensors = try gates.map {
                        try Self.inTodaysOrder(
                            given[next + 3 * $0 + part].tensor, of: entry.owners[position],
                            for: entry.weights[position + part])
                    }
                    guard let joined = try Self.joined(tensors) else { return given }
                    result.append((given[next + part].name, joined))
                }
                next += count
                position += 3
            } else {
                guard next < given.endIndex else { return given }
                result.append(given[next])
                next += 1
                position += 1
            }
        }
        return next == given.endIndex ? result : given
    }

    /// Today's order of gates, as places in the order of Keras 1.
    private static func gates(of owner: JSON) -> [Int] {
        switch owner["class_name"]?.string {
        case "LSTM", "ConvLSTM2D": [0, 2, 1, 3]
        case "GRU": [0, 1, 2]
        default: [0]
        }
    }

    private static func isOneGate(_ tensor: Tensor, of spec: ModelWeight, _ gates: Int) -> Bool {
        tensor.elementCount.multipliedReportingOverflow(by: gates).partialValue
            == spec.shape.elementCount
    }

    /// Tensors side by side along the last axis; nil if they do not fit.
    private static func joined(_ tensors: [Tensor]) throws -> Tensor? {
        guard let first = tensors.first, let width = first.shape.last, width > 0,
            tensors.allSatisfy({ $0.shape == first.shape })
        else { return nil }
        let parts = try tensors.map { try $0.floats() }
        var values: [Float] = []
        values.reserveCapacity(parts.count * first.elementCount)
        for start in stride(from: 0, to: first.elementCount, by: width) {
            for part in parts { values += part[start..<start + width] }
        }
        return try Tensor(
            values,
            shape: first.shape.replacing(
                axis: first.rank - 1, with: width * parts.count))
    }

    // MARK: Axes

    /// A kernel with its axes as they are today: space, inputs, outputs.
    private static func inTodaysOrder(
        _ tensor: Tensor, of owner: JSON, for spec: ModelWeight
    ) throws -> Tensor {
        let isChannelsFirst = owner["config"]?["data_format"] == "channels_first"
        switch (owner["class_name"]?.string, tensor.rank) {
        case ("Conv1D", 4) where spec.shape.rank == 3:
            // [length, 1, in, out], and before Keras 1.1 [out, in, length, 1].
            let (length, outputs) = (spec.shape[0], spec.shape[2])
            let isNew =
                tensor.shape[0] == length && tensor.shape[1] == 1
                && tensor.shape[3] == outputs
            let ordered = isNew ? tensor : try transposed(tensor, [2, 3, 1, 0])
            guard ordered.shape[1] == 1 else { return tensor }
            return try ordered.reshaped(
                to: Shape([ordered.shape[0], ordered.shape[2], ordered.shape[3]]))
        case ("Conv2DTranspose", 4):
            return try transposed(tensor, isChannelsFirst ? [2, 3, 0, 1] : [0, 1, 3, 2])
        case ("Conv2D", 4), ("SeparableConv2D", 4), ("ConvLSTM2D", 4):
            return isChannelsFirst ? try transposed(tensor, [2, 3, 1, 0]) : tensor
        case ("Conv3D", 5):
            return isChannelsFirst ? try transposed(tensor, [2, 3, 4, 1, 0]) : tensor
        case ("Dense", 3)
        where spec.shape.rank == 2 && spec.shape.elementCount == tensor.elementCount:
            // Maxout: [feature, in, out].
            return try transposed(tensor, [1, 0, 2]).reshaped(to: spec.shape)
        case ("Dense", 2)
        where spec.shape.rank == 1 && spec.shape.elementCount == tensor.elementCount:
            return try tensor.reshaped(to: spec.shape)
        default: return tensor
        }
    }

    private static func transposed(_ tensor: Tensor, _ axes: [Int]) throws -> Tensor {
        guard axes.count == tensor.rank else { return tensor }
        let extents = axes.map { tensor.shape[$0] }
        var steps = [Int](repeating: 1, count: tensor.rank)
        for axis in stride(from: tensor.rank - 2, through: 0, by: -1) {
            steps[axis] = steps[axis + 1] * tensor.shape[axis + 1]
        }
        let values = try tensor.floats()
        let result = (0..<values.count).map { index -> Float in
            var (rest, source) = (index, 0)
            for axis in axes.indices.reversed() {
                source += rest % extents[axis] * steps[axes[axis]]
                rest /= extents[axis]
            }
            return values[source]
        }
        return try Tensor(result, shape: Shape(extents))
    }

    /// Keras 0 divided by `deviation + epsilon`; today's root is of `variance + epsilon`.
    private static func variances(of deviations: Tensor, _ owner: JSON) throws -> Tensor {
        let epsilon = owner["config"]?["epsilon"]?.double ?? 1e-6
        let values = try deviations.doubles().map { deviation in
            let divisor = deviation + epsilon
            return Float(divisor * divisor - epsilon)
        }
        return try Tensor(values, shape: deviations.shape)
    }

    // MARK: Theano

    private static let convolutions: Set = [
        "Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose",
        "SeparableConv1D", "SeparableConv2D", "DepthwiseConv1D", "DepthwiseConv2D", "ConvLSTM2D",
    ]

    private static func isKernel(_ spec: ModelWeight, of owner: JSON) -> Bool {
        owner["class_name"]?.string.map { convolutions.contains($0) } == true
            && spec.name.hasSuffix("kernel")
    }

    /// The kernel with its spatial axes running backwards.
    private static func reversed(_ kernel: Tensor) throws -> Tensor {
        guard kernel.rank > 2 else { return kernel }
        let size = kernel.shape[kernel.rank - 2] * kernel.shape[kernel.rank - 1]
        guard size > 0 else { return kernel }
        let values = try kernel.floats()
        var result: [Float] = []
        result.reserveCapacity(values.count)
        for start in stride(from: values.count - size, through: 0, by: -size) {
            result += values[start..<start + size]
        }
        return try Tensor(result, shape: kernel.shape)
    }

    // MARK: Highway

    /// The weights of a Highway in today's order: gate, then body. Until Keras 1.1 files list
    /// [body, gate, body, gate] by kernels and biases or each layer's in turn; the ranks tell.
    private func highwayInOrder(_ given: [Named], _ entry: ModelLayers.Entry) -> [Named] {
        guard given.count == entry.weights.count else { return given }
        var result = given
        for position in entry.weights.indices {
            guard Self.isHighway(entry.weights[position], 0, "kernel") else { continue }
            func has(_ offset: Int, _ layer: Int, _ name: String) -> Bool {
                position + offset < entry.weights.endIndex
                    && Self.isHighway(entry.weights[position + offset], layer, name)
            }
            if has(1, 0, "bias"), has(2, 1, "kernel"), has(3, 1, "bias") {
                let isByKind = given[position + 1].tensor.rank == 2
                let sources = isByKind ? [1, 3, 0, 2] : [2, 3, 0, 1]
                for (offset, source) in sources.enumerated() {
                    result[position + offset] = given[position + source]
                }
            } else if has(1, 1, "kernel") {
                result.swapAt(position, position + 1)
            }
        }
        return result
    }

    private static func isHighway(_ spec: ModelWeight, _ layer: Int, _ name: String) -> Bool {
        spec.path == "\(Keras1Composite.highwayLayers[layer])/\(name)"
            || spec.path.hasSuffix("/\(Keras1Composite.highwayLayers[layer])/\(name)")
    }
}
