internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// What augmenting layers have in common. Their configuration is kept as it was given: outside
/// training they do nothing, whatever it says.
struct AugmentationOptions: Sendable {
    let json: JSONObject
    let format: DataFormat
    let seed: Int?

    init(config: LayerConfig) throws {
        var json = config.json
        for key in ["name", "trainable", "dtype", "activity_regularizer"] { json[key] = nil }
        // How Keras 2 keeps the state of its generator.
        json["rng_type"] = nil
        self.json = json
        format = try config.choice("data_format", default: .channelsLast)
        seed = try config.optionalInt("seed")
    }

    init(_ json: JSONObject) {
        self.json = json
        format = .channelsLast
        seed = json["seed"]?.int
    }
}

extension LayerConfig {
    /// A range given by its ends, or by one number that is the larger end and, negative, the
    /// smaller one.
    ///
    /// - Parameter bounds: what either end must lie in; a smaller end below them is raised to them.
    func range(_ key: String, within bounds: ClosedRange<Float>) throws -> ClosedRange<Float> {
        guard let value = value(key) else { throw ModelError.config(key: key, cause: "missing") }
        if let number = value.double.map({ Float($0) }), bounds.contains(number) {
            return max(-abs(number), bounds.lowerBound)...abs(number)
        }
        if let ends = value.array?.compactMap(\.double).map({ Float($0) }), ends.count == 2,
            ends.allSatisfy(bounds.contains)
        {
            return min(ends[0], ends[1])...max(ends[0], ends[1])
        }
        throw ModelError.config(
            key: key,
            cause: "a number or two from \(bounds.lowerBound) to \(bounds.upperBound) expected, "
                + "\(value.text().prefix(60)) found")
    }

    /// The lowest and the highest value of pixels.
    func valueRange() throws -> ClosedRange<Float> {
        guard let value = value("value_range") else { return 0...255 }
        let ends = value.array?.compactMap(\.double).map { Float($0) } ?? []
        guard ends.count == 2, ends.allSatisfy(\.isFinite), ends[0] != ends[1] else {
            throw ModelError.config(
                key: "value_range",
                cause: "two different numbers expected, \(value.text().prefix(60)) found")
        }
        return min(ends[0], ends[1])...max(ends[0], ends[1])
    }
}

extension Lowering {
    /// Numbers from `range`, one for each image of a batch, new in every training step.
    mutating func drawn(
        _ range: ClosedRange<Float>, _ extents: [Int], seed: Int?, name: String
    ) throws -> Value {
        let noise = try uniformNoise(extents, seed: seed, name: name)
        let width = range.upperBound - range.lowerBound
        return try graph.add(
            graph.multiply(noise, graph.constant(width)), graph.constant(range.lowerBound))
    }
}

extension Lowering {
    /// Whether each image of a batch is chosen, `[batch, 1, 1, 1]`, with a probability from `range`.
    mutating func chosen(
        _ range: ClosedRange<Float>, batch: Int, seed: Int?, name: String
    ) throws -> Value {
        let probability = try drawn(range, [batch, 1, 1, 1], seed: seed, name: name)
        let noise = try uniformNoise([batch, 1, 1, 1], seed: seed, name: name + " chosen")
        return try graph.compare(.less, noise, probability)
    }

    /// The brightness of `[batch, height, width, 3]`, in one channel.
    mutating func grayscale(_ images: Value, for layer: some Layer) throws -> Value {
        let shape = graph.shape(of: images)
        if shape.last == 1 { return images }
        guard shape.last == 3 else {
            throw layer.refusal("3 channels expected, \(shape.last ?? 0) found")
        }
        let weights = try graph.constant(Tensor([0.2989, 0.587, 0.114] as [Float]))
        return try graph.sum(graph.multiply(images, weights), axes: [3], keepsDimensions: true)
    }

    mutating func clipped(_ images: Value, to values: ClosedRange<Float>) throws -> Value {
        try graph.unary(.clip(lowest: values.lowerBound, highest: values.upperBound), images)
    }

    /// Runs `body` on images whose `values` are stretched to 0 … 255, and brings them back.
    mutating func inBytes(
        _ images: Value, from values: ClosedRange<Float>,
        _ body: (inout Lowering, Value) throws -> Value
    ) throws -> Value {
        if values == 0...255 { return try body(&self, images) }
        let width = values.upperBound - values.lowerBound
        let lowest = try graph.constant(values.lowerBound)
        let bytes = try graph.scale(graph.subtract(images, lowest), by: 255 / width)
        return try graph.add(graph.scale(body(&self, bytes), by: width / 255), lowest)
    }
}
