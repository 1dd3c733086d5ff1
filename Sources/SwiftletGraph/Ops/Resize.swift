internal import CKernels
package import SwiftletTensor

/// One axis interpolated to another extent, pixel centres on pixel centres: position `k` of the
/// result looks at `(k + ½) · old / new − ½` of the input, as `tf.image.resize` does.
package struct Resize: Op {
    package enum Interpolation: String, Sendable, CaseIterable { case nearest, bilinear }

    package let interpolation: Interpolation
    package let axis: Int
    package let extent: Int

    package init(_ interpolation: Interpolation, axis: Int, extent: Int) {
        self.interpolation = interpolation
        self.axis = axis
        self.extent = extent
    }

    package var name: String { "resize_\(interpolation.rawValue)" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard inputs[0].dtype == .float32, inputs[0].shape.indices.contains(axis) else {
            throw refusal("float32 with axis \(axis) expected, \(inputs[0]) found")
        }
        guard inputs[0].shape[axis] > 0, extent > 0 else {
            throw refusal("\(inputs[0].shape) cannot get \(extent) elements along axis \(axis)")
        }
        return [TensorType(try inputs[0].shape.replacing(axis: axis, with: extent))]
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int { Samples.byteCount(extent) }

    package func sliced(_ rows: RowSlice) -> (any Op)? { axis != 0 ? self : nil }

    package func evaluate(_ call: OpCall) {
        let shape = call.inputTypes[0].shape
        let samples = Samples(self, from: shape[axis], in: call.scratch)
        let (x, y) = (call.floats(0), call.outputFloats())
        let (old, inner) = (shape[axis], shape.count(of: (axis + 1)...))
        let grain = max(1, (1 << 14) / max(extent * inner, 1))
        call.workers.forEach(count: shape.count(of: ..<axis), grain: grain) { range in
            sl_interpolate(
                x + range.lowerBound * old * inner, range.count, old, inner, samples.low,
                samples.high, samples.weights, extent, y + range.lowerBound * extent * inner)
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        guard let dy = outputGradients[0] else { return [nil] }
        return [
            try graph.apply(
                ResizeGradient(resize: self, input: graph.shape(of: node.inputs[0])), dy)
        ]
    }

    /// The two input positions that each position of the result lies between.
    struct Samples {
        let low: UnsafeMutablePointer<Int64>
        let high: UnsafeMutablePointer<Int64>
        let weights: UnsafeMutablePointer<Float>

        static func byteCount(_ extent: Int) -> Int { extent * 20 }

        init(_ resize: Resize, from old: Int, in scratch: UnsafeMutableRawPointer) {
            let new = resize.extent
            low = scratch.assumingMemoryBound(to: Int64.self)
            high = low + new
            weights = UnsafeMutableRawPointer(high + new).assumingMemoryBound(to: Float.self)
            let ratio = Float(old) / Float(new)
            for index in 0..<new {
                let place = (Float(index) + 0.5) * ratio
                switch resize.interpolation {
                case .nearest:
                    low[index] = min(Int64(place.rounded(.down)), Int64(old - 1))
                    high[index] = low[index]
                    weights[index] = 0
                case .bilinear:
                    let floor = (place - 0.5).rounded(.down)
                    low[index] = max(Int64(floor), 0)
                    high[index] = min(Int64(floor) + 1, Int64(old - 1))
                    weights[index] = (place - 0.5) - floor
                }
            }
        }
    }
}

/// The transpose of ``Resize``: what derivatives do.
package struct ResizeGradient: Op {
    package let resize: Resize
    /// The shape of the input that was resized.
    package let input: Shape

    package var name: String { "\(resize.name)_gradient" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        try expect(inputs, count: 1...1)
        guard try resize.outputTypes(for: [TensorType(input)]) == inputs else {
            throw refusal("\(inputs[0]) is not what \(input) is resized to")
        }
        return [TensorType(input)]
    }

    package func sliced(_ rows: RowSlice) -> (any Op)? {
        guard resize.axis > 0 else { return nil }
        return rows.type(of: rows.outputs[0]).map {
            ResizeGradient(resize: resize, input: $0.shape)
        }
    }

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int { Resize.Samples.byteCount(resize.extent) }

    package func evaluate(_ call: OpCall) {
        let (axis, new) = (resize.axis, resize.extent)
        let samples = Resize.Samples(resize, from: input[axis], in: call.scratch)
        let (dy, dx) = (call.floats(0), call.outputFloats())
        let (old, inner) = (input[axis], input.count(of: (axis + 1)...))
        let grain = max(1, (1 << 14) / max(new * inner, 1))
        call.workers.forEach(count: input.count(of: ..<axis), grain: grain) { range in
            sl_interpolate_gradient(
                dy + range.lowerBound * new * inner, range.count, old, inner, samples.low,
                samples.high, samples.weights, new, dx + range.lowerBound * old * inner)
        }
    }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        [try outputGradients[0].map { try graph.apply(resize, $0) }]
    }
}

extension Graph {
    /// Images `[batch, spatial…, channels]` brought to other spatial extents, an axis at a time.
    package mutating func resize(
        _ x: Value, to extents: [Int], _ interpolation: Resize.Interpolation
    ) throws -> Value {
        guard shape(of: x).rank == extents.count + 2 else {
            throw GraphError.operands(
                op: "resize",
                cause: "\(extents.count) spatial axes expected, \(shape(of: x)) found")
        }
        var y = x
        for (position, extent) in extents.enumerated() where shape(of: y)[position + 1] != extent {
            y = try apply(Resize(interpolation, axis: position + 1, extent: extent), y)
        }
        return y
    }
}
