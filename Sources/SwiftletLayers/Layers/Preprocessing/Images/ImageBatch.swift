internal import SwiftletGraph
internal import SwiftletTensor

extension Layer {
    /// Computes with images as float32 `[batch, height, width, channels]`, whatever the layer's
    /// format, and with a single image `[height, width, channels]` as a batch of one.
    func withImages(
        _ x: Value, _ format: DataFormat, in lowering: inout Lowering,
        _ body: (inout Lowering, Value) throws -> Value
    ) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        guard shape.rank == 3 || shape.rank == 4 else {
            throw refusal(
                "one image or a batch of images expected, an input of shape \(shape) found")
        }
        let floats = try lowering.graph.cast(x, to: .float32)
        let batch =
            shape.rank == 4
            ? floats : try lowering.graph.reshape(floats, to: [1] + shape.dimensions)
        let y = try lowering.channelsLast(batch, format, body)
        guard shape.rank == 3 else { return y }
        return try lowering.graph.reshape(
            y, to: Array(lowering.graph.shape(of: y).dimensions.dropFirst()))
    }
}

extension Lowering {
    /// Brings images back to the whole numbers they were: rounded, within the type's range.
    mutating func rounded(_ images: Value, to dtype: DType) throws -> Value {
        guard dtype.isInteger else { return images }
        return try graph.cast(graph.unary(.round, images), to: dtype)
    }

    /// The largest part in the middle of images `[batch, height, width, channels]` that has the
    /// proportions of `extents`.
    mutating func cropped(_ images: Value, toRatioOf extents: [Int]) throws -> Value {
        let old = graph.shape(of: images).dimensions
        let size = Self.cropSize(old, toRatioOf: extents)
        let starts = Self.cropOffsets(old, toRatioOf: extents)
        return try graph.slice(
            images, starts: [0, starts[0], starts[1], 0],
            limits: [old[0], starts[0] + size[0], starts[1] + size[1], old[3]])
    }

    private static func cropSize(_ shape: [Int], toRatioOf extents: [Int]) -> [Int] {
        let (height, width) = (shape[1], shape[2])
        func share(_ a: Int, _ b: Int, of c: Int) -> Int {
            let share = Float(a) * Float(b) / Float(c)
            return share < Float(1 << 31) ? Int(share) : 1 << 31
        }
        return [
            max(min(height, share(width, extents[0], of: extents[1])), min(height, 1)),
            max(min(width, share(height, extents[1], of: extents[0])), min(width, 1)),
        ]
    }

    /// Where the part that ``cropped(_:toRatioOf:)`` takes begins.
    static func cropOffsets(_ shape: [Int], toRatioOf extents: [Int]) -> [Int] {
        let size = cropSize(shape, toRatioOf: extents)
        return [(shape[1] - size[0]) / 2, (shape[2] - size[1]) / 2]
    }

    /// Keras's `smart_resize`: crops to the wanted proportions, then resizes.
    mutating func croppedAndResized(_ images: Value, to extents: [Int]) throws -> Value {
        try resizeImages(cropped(images, toRatioOf: extents), to: extents, .bilinear)
    }

    /// Images in the middle of a larger area that has the proportions of `extents`.
    mutating func padded(
        _ images: Value, toRatioOf extents: [Int], value: Float
    ) throws -> Value {
        let old = graph.shape(of: images).dimensions
        let (height, width) = (old[1], old[2])
        func share(_ a: Int, _ b: Int, of c: Int) throws -> Int {
            let share = Float(a) * Float(b) / Float(c)
            guard share < Float(1 << 31) else {
                throw ModelError.config(key: "pad_to_aspect_ratio", cause: "pads too much")
            }
            return Int(share)
        }
        let rows = (max(height, try share(width, extents[0], of: extents[1])) - height) / 2
        let columns = (max(width, try share(height, extents[1], of: extents[0])) - width) / 2
        let amounts = [0, rows, columns, 0]
        return try graph.pad(
            images, before: amounts, after: amounts, mode: .constant(value))
    }
}
