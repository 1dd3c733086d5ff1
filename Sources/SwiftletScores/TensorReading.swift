internal import CKernels
internal import SwiftletTensor

extension Tensor {
    /// The tensor in a type that the kernels read: half precisions become float32, exactly.
    func readable(as input: ScoreError.Input) throws(ScoreError) -> Tensor {
        switch dtype {
        case .string: throw .dtype(input, dtype)
        case .float16, .bfloat16:
            do {
                return try converted(to: .float32)
            } catch {
                throw .memory("\(input.rawValue): \(error)")
            }
        default: return self
        }
    }

    /// The tensor as float32 or float64: whole numbers become float64.
    func floating(as input: ScoreError.Input) throws(ScoreError) -> Tensor {
        let tensor = try readable(as: input)
        guard !tensor.dtype.isFloatingPoint else { return tensor }
        do {
            return try tensor.converted(to: .float64)
        } catch {
            throw .memory("\(input.rawValue): \(error)")
        }
    }

    /// The kernels' code of the element type; `readable(as:)` came before.
    var scoreType: Int32 {
        switch dtype {
        case .int8: Int32(SL_SCORE_I8)
        case .int16: Int32(SL_SCORE_I16)
        case .int32: Int32(SL_SCORE_I32)
        case .int64: Int32(SL_SCORE_I64)
        case .uint8, .bool: Int32(SL_SCORE_U8)
        case .uint16: Int32(SL_SCORE_U16)
        case .uint32: Int32(SL_SCORE_U32)
        case .uint64: Int32(SL_SCORE_U64)
        case .float32: Int32(SL_SCORE_F32)
        case .float64: Int32(SL_SCORE_F64)
        case .float16, .bfloat16, .string:
            preconditionFailure("\(dtype) is not readable")
        }
    }

    func scoreValue(at index: Int) -> Double {
        withUnsafeBytes { sl_score_value($0.baseAddress, scoreType, index) }
    }

    /// Whole numbers `0 … largest`.
    func labels(
        as input: ScoreError.Input, largest: Int, needed: String
    ) throws(ScoreError) -> [Int32] {
        var bad = 0
        let labels = [Int32](unsafeUninitializedCapacity: elementCount) { labels, count in
            bad = withUnsafeBytes {
                sl_score_read_labels(
                    $0.baseAddress, scoreType, elementCount, Int32(largest), labels.baseAddress)
            }
            count = bad
        }
        guard bad == elementCount else {
            throw .element(input, index: [bad], found: scoreValue(at: bad), needed: needed)
        }
        return labels
    }

    /// Zeros and ones; `columns` is for the place of one that is neither.
    func flags(as input: ScoreError.Input, columns: Int) throws(ScoreError) -> [UInt8] {
        var bad = 0
        let flags = [UInt8](unsafeUninitializedCapacity: elementCount) { flags, count in
            bad = withUnsafeBytes {
                sl_score_read_flags($0.baseAddress, scoreType, elementCount, flags.baseAddress)
            }
            count = bad
        }
        guard bad == elementCount else {
            throw .element(
                input, index: Self.index(bad, columns), found: scoreValue(at: bad),
                needed: "0 or 1")
        }
        return flags
    }

    /// One weight per row, finite and not negative.
    func weights(rows: Int) throws(ScoreError) -> [Double] {
        let tensor = try readable(as: .weights)
        guard tensor.rank == 1 || tensor.rank == 2 && tensor.shape[1] == 1 else {
            throw .shape(.weights, found: shape, needed: "[\(rows)]")
        }
        guard tensor.shape[0] == rows else { throw .lengths(.truth, rows, .weights, shape[0]) }
        var bad = 0
        let weights = [Double](unsafeUninitializedCapacity: rows) { weights, count in
            bad = tensor.withUnsafeBytes {
                sl_score_read_doubles(
                    $0.baseAddress, tensor.scoreType, 0, 1, rows, weights.baseAddress)
            }
            count = rows
        }
        if bad == rows { bad = weights.firstIndex { $0 < 0 } ?? rows }
        guard bad == rows else {
            throw .element(
                .weights, index: [bad], found: weights[bad], needed: "a finite number from 0")
        }
        return weights
    }

    /// The place of element `position` of a matrix; a single column needs no second number.
    static func index(_ position: Int, _ columns: Int) -> [Int] {
        columns == 1 ? [position] : [position / columns, position % columns]
    }
}
