internal import CKernels
internal import SwiftletTensor

/// `y = f(x · scale + shift)` with one factor and one addend per column, where the columns of x are
/// those of one or several operands side by side: a batch normalization that no convolution can
/// take in, with the concatenation before it and the activation behind it, in one pass over memory.
///
/// Operands: the pieces `[…, columns]` in float32, then `scale` and `shift` `[all columns]`. A pass
/// makes it; it has no gradient.
package struct Affine: Op {
    package let activation: UnaryFunction?
    private let bounds: (low: Float, high: Float)
    /// The code of an activation that does more than clip.
    private let code: sl_unary?
    private let parameters: [Float]

    package init(activation: UnaryFunction? = nil) {
        self.activation = activation
        let clip = activation.flatMap { Epilogue.clip(of: $0) }
        bounds = clip ?? (-.infinity, .infinity)
        if clip == nil, let kernel = activation?.kernel {
            (code, parameters) = kernel
        } else {
            (code, parameters) = (nil, [])
        }
    }

    package var name: String { "affine" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        guard inputs.count >= 3, inputs.allSatisfy({ $0.dtype == .float32 }),
            let rows = inputs[0].shape.dimensions.dropLast() as ArraySlice<Int>?,
            inputs[0].rank > 0
        else { throw refusal("float32 pieces, factors and addends expected") }
        var columns = 0
        for piece in inputs.dropLast(2) {
            guard piece.rank == inputs[0].rank, piece.shape.dimensions.dropLast() == rows else {
                throw refusal("\(inputs[0]) and \(piece) do not lie side by side")
            }
            columns += piece.shape[piece.rank - 1]
        }
        guard inputs.suffix(2).allSatisfy({ $0 == TensorType(.vector(columns)) }) else {
            throw refusal("factors and addends of [\(columns)] expected")
        }
        return [TensorType(try Shape(Array(rows) + [columns]))]
    }

    /// A single piece is read where its result is written.
    package func canOverwrite(input: Int) -> Bool { input == 0 }

    /// Numbers worth waking a thread for.
    private static let grain = 1 << 14

    package func sliced(_ rows: RowSlice) -> (any Op)? { rows.isOfFirstAlone ? self : nil }

    package func evaluate(_ call: OpCall) {
        let pieces = call.inputTypes.count - 2
        let shape = call.outputTypes[0].shape
        let columns = shape[shape.rank - 1]
        guard shape.elementCount > 0 else { return }
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: pieces) { starts in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: pieces) { widths in
                for piece in 0..<pieces {
                    starts.initializeElement(at: piece, to: call.floats(piece))
                    let shape = call.inputTypes[piece].shape
                    widths.initializeElement(at: piece, to: shape[shape.rank - 1])
                }
                run(call, starts, widths, rows: shape.elementCount / columns, columns: columns)
            }
        }
    }

    private func run(
        _ call: OpCall, _ starts: UnsafeMutableBufferPointer<UnsafePointer<Float>?>,
        _ widths: UnsafeMutableBufferPointer<Int>, rows: Int, columns: Int
    ) {
        let (scale, shift) = (call.floats(starts.count), call.floats(starts.count + 1))
        let y = call.outputFloats()
        nonisolated(unsafe) let (starts, widths) = (starts, widths)
        call.workers.forEach(count: rows, grain: max(1, Self.grain / columns)) { range in
            sl_affine(
                starts.baseAddress, widths.baseAddress, starts.count, scale, shift, bounds.low,
                bounds.high, y, range.lowerBound, range.upperBound)
            guard let code else { return }
            let part = y + range.lowerBound * columns
            sl_unary_apply(code, parameters, part, part, range.count * columns)
        }
    }
}
