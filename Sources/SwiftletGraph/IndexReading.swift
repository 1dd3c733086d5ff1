internal import SwiftletTensor

/// Index operands: any integers, or floats that are truncated, as Keras takes them.
extension OpCall {
    /// Writes operand `position` as 64-bit integers to `target`.
    ///
    /// - Parameter domain: where the numbers must lie; a float that is no number never does.
    /// - Throws: ``GraphError/evaluation(op:cause:)`` naming the first that does not.
    func readIndices(
        _ position: Int, into target: UnsafeMutablePointer<Int64>, domain: Range<Int64>,
        op: some Op
    ) throws {
        let type = inputTypes[position]
        func read<Source: TensorElement & BinaryInteger>(_: Source.Type) throws {
            let source = input(position, as: Source.self)
            for place in 0..<type.elementCount {
                guard let index = Int64(exactly: source[place]), domain.contains(index) else {
                    throw outside("\(source[place])", domain, op)
                }
                target[place] = index
            }
        }
        func read<Source: TensorElement & BinaryFloatingPoint>(float _: Source.Type) throws {
            let source = input(position, as: Source.self)
            for place in 0..<type.elementCount {
                let whole = source[place].rounded(.towardZero)
                guard let index = Int64(exactly: whole), domain.contains(index) else {
                    throw outside("\(source[place])", domain, op)
                }
                target[place] = index
            }
        }
        switch type.dtype {
        case .int8: try read(Int8.self)
        case .int16: try read(Int16.self)
        case .int32: try read(Int32.self)
        case .int64: try read(Int64.self)
        case .uint8: try read(UInt8.self)
        case .uint16: try read(UInt16.self)
        case .uint32: try read(UInt32.self)
        case .uint64: try read(UInt64.self)
        case .float32: try read(float: Float.self)
        case .float64: try read(float: Double.self)
        default: preconditionFailure("the shape rule admits no indices of \(type.dtype)")
        }
    }

    private func outside(_ index: String, _ domain: Range<Int64>, _ op: some Op) -> GraphError {
        let cause =
            domain.isEmpty
            ? "index \(index) into nothing"
            : "index \(index) is outside \(domain.lowerBound)...\(domain.upperBound - 1)"
        return .evaluation(op: op.name, cause: cause)
    }
}

extension Op {
    func expectIndices(_ type: TensorType) throws {
        guard type.dtype.isInteger || type.dtype == .float32 || type.dtype == .float64 else {
            throw refusal("indices of \(type.dtype)")
        }
    }
}
