internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// A layer that changes images while training and passes them on as floats otherwise.
protocol ImageAugmentation: UnaryLayer {
    var augmentation: AugmentationOptions { get }

    /// Changes images of float32 `[batch, height, width, channels]`.
    func augmented(_ images: Value, in lowering: inout Lowering) throws -> Value
}

extension ImageAugmentation {
    package var config: JSONObject { augmentation.json }

    package func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining else { return try lowering.graph.cast(x, to: .float32) }
        return try withImages(x, augmentation.format, in: &lowering) {
            try augmented($1, in: &$0)
        }
    }
}

extension LayerConfig {
    /// A range as Keras's augmenting layers take it: two ends in any order of which a part lies
    /// within `bounds`, or one number within them that is the larger end and, negative, the smaller
    /// one, but not below the bounds.
    func factor(
        _ key: String = "factor", within bounds: ClosedRange<Float>, default fallback: Float? = nil
    ) throws -> ClosedRange<Float> {
        let refusal = ModelError.config(
            key: key,
            cause: "a number or two from \(bounds.lowerBound) to \(bounds.upperBound) expected, "
                + "\((json[key] ?? .null).text().prefix(60)) found")
        if let ends = value(key)?.array {
            let numbers = ends.compactMap(\.double).map { Float($0) }
            guard ends.count == 2, numbers.count == 2, numbers.allSatisfy(\.isFinite),
                numbers[0] <= bounds.upperBound, numbers[1] >= bounds.lowerBound
            else { throw refusal }
            return min(numbers[0], numbers[1])...max(numbers[0], numbers[1])
        }
        let given = value(key).map { $0.double.map { Float($0) } ?? .nan } ?? fallback
        guard let number = given, bounds.contains(number) else { throw refusal }
        return max(-abs(number), bounds.lowerBound)...abs(number)
    }
}

extension Lowering {
    /// Calls an operation of `keras.ops.image` on images `[batch, height, width, channels]`.
    mutating func imageOperation(
        _ name: String, _ operands: [Value], _ options: JSONObject = [:]
    ) throws -> Value {
        var config = options
        config["data_format"] = "channels_last"
        let operation = try KerasOperation(
            name, module: .image, config: LayerConfig(config, registry: .standard), place: name)
        let results = try operation.lower(
            CallArguments(operands.map { .leaf($0) }), in: &self)
        guard let result = results.first else {
            throw operation.refusal("no result")
        }
        return result
    }

    /// Maps the first of two ranges to the second.
    mutating func stretched(
        _ images: Value, from old: ClosedRange<Float>, to new: ClosedRange<Float>
    ) throws -> Value {
        guard old != new else { return images }
        let share = try graph.divide(
            graph.subtract(images, graph.constant(old.lowerBound)),
            graph.constant(old.upperBound - old.lowerBound))
        return try graph.add(
            graph.scale(share, by: new.upperBound - new.lowerBound),
            graph.constant(new.lowerBound))
    }

    // MARK: Mixing images

    /// The numbers of a batch's images in random order.
    mutating func shuffled(_ batch: Int, seed: Int?, name: String) throws -> Value {
        let noise = try uniformNoise([batch], seed: seed, name: name)
        return try graph.sort(noise).indices
    }

    /// Numbers of the symmetric beta distribution with the parameters `alpha`.
    mutating func betaNoise(_ alpha: Value, seed: Int?, name: String) throws -> Value {
        let first = try logGamma(alpha, seed: seed, name: name + " first")
        let second = try logGamma(alpha, seed: seed, name: name + " second")
        return try graph.sigmoid(graph.subtract(first, second))
    }

    /// Logarithms of numbers of the gamma distribution with the parameters `alpha`.
    mutating func logGamma(_ alpha: Value, seed: Int?, name: String) throws -> Value {
        try graph.randomLogGamma(
            alpha, seed: UInt64(bitPattern: Int64(seed ?? 0)), stream: randomStream(name),
            counter: stepCounter())
    }

    /// Boxes at random places, one per image.
    ///
    /// - Parameters:
    ///   - images: `[batch, height, width, channels]`.
    ///   - width: the boxes' share of the images' width, `[batch, 1, 1, 1]`; `height` likewise.
    /// - Returns: which pixels lie inside, `[batch, height, width, 1]`.
    mutating func randomBoxes(
        in images: Value, width: Value, height: Value, seed: Int?
    ) throws -> Value {
        let shape = graph.shape(of: images)
        func inside(_ axis: Int, _ share: Value, _ name: String) throws -> Value {
            let extent = shape[axis]
            let length = try graph.scale(share, by: Float(extent))
            let rest = try graph.subtract(graph.constant(Float(extent)), length)
            let start = try graph.multiply(
                uniformNoise([shape[0], 1, 1, 1], seed: seed, name: name), rest)
            var extents = [1, 1, 1, 1]
            extents[axis] = extent
            let places = try graph.constant(
                Tensor(shape: Shape(extents)) { Float($0) })
            return try graph.logicalAnd(
                graph.compare(.greaterOrEqual, places, start),
                graph.compare(.less, places, graph.add(start, length)))
        }
        return try graph.logicalAnd(inside(2, width, "box x"), inside(1, height, "box y"))
    }
}
