internal import SwiftletFiles
internal import SwiftletTensor

/// The elements of one input, in either form. Memory is taken only once as much data is known to be there.
struct TensorData {
    /// What errors call the input.
    let place: String
    let shape: Shape
    let dtype: DType

    // MARK: JSON

    /// - Parameter json: all elements in a row, or arrays within arrays as the shape has them.
    func tensor(_ json: JSON) throws(ServingError) -> Tensor {
        guard let list = json.array else { throw .invalid("\(place): \"data\": an array expected") }
        let isFlat = list.allSatisfy { $0.array == nil }
        if isFlat {
            guard list.count == shape.elementCount else {
                throw .invalid(
                    "\(place): shape \(shape) has \(shape.elementCount) elements, \"data\" \(list.count)"
                )
            }
        } else {
            try checkNesting(json, axis: 0)
        }
        let leaves = Leaves(json: json)
        switch dtype {
        case .float32: return try numbers(leaves, Self.float)
        case .float64: return try numbers(leaves) { $0.double }
        case .float16, .bfloat16: return try converted(numbers(leaves, Self.float))
        case .int8: return try integers(leaves, Int8.self)
        case .int16: return try integers(leaves, Int16.self)
        case .int32: return try integers(leaves, Int32.self)
        case .int64: return try integers(leaves, Int64.self)
        case .uint8: return try integers(leaves, UInt8.self)
        case .uint16: return try integers(leaves, UInt16.self)
        case .uint32: return try integers(leaves, UInt32.self)
        case .uint64: return try integers(leaves, UInt64.self)
        case .bool:
            return try numbers(leaves) { json -> Bool? in
                switch json {
                case .bool(let value): value
                case .int(0): false
                case .int(1): true
                default: nil
                }
            }
        case .string:
            var texts: [String] = []
            try leaves.visit { (json) throws(ServingError) in
                guard let text = json.string else { throw unfit(json) }
                texts.append(text)
            }
            return try made { try Tensor(strings: texts, shape: shape) }
        }
    }

    private func checkNesting(_ json: JSON, axis: Int) throws(ServingError) {
        guard let list = json.array, axis < shape.rank, list.count == shape[axis] else {
            throw .invalid("\(place): \"data\" does not nest as shape \(shape) says")
        }
        if axis == shape.rank - 1 {
            guard list.allSatisfy({ $0.array == nil }) else {
                throw .invalid("\(place): \"data\" nests deeper than shape \(shape) says")
            }
            return
        }
        for element in list { try checkNesting(element, axis: axis + 1) }
    }

    private func numbers<Element: TensorElement>(
        _ leaves: Leaves, _ read: (JSON) -> Element?
    ) throws(ServingError) -> Tensor {
        var elements: [Element] = []
        elements.reserveCapacity(shape.elementCount)
        try leaves.visit { (json) throws(ServingError) in
            guard let element = read(json) else { throw unfit(json) }
            elements.append(element)
        }
        return try made { try Tensor(elements, shape: shape) }
    }

    private func integers<Element: TensorElement & FixedWidthInteger>(
        _ leaves: Leaves, _: Element.Type
    ) throws(ServingError) -> Tensor {
        try numbers(leaves) { json in
            switch json {
            case .int(let value): Element(exactly: value)
            // A number of JSON that is no `Int` has been rounded, unless it is small.
            case .double(let value) where abs(value) < 9e15: Element(exactly: value)
            default: nil
            }
        }
    }

    private static func float(_ json: JSON) -> Float? {
        guard let value = json.double else { return nil }
        let rounded = Float(value)
        return rounded.isInfinite && value.isFinite ? nil : rounded
    }

    private func unfit(_ json: JSON) -> ServingError {
        .invalid("\(place): \"data\": \(quoted(json.text())) is no \(dtype.protocolName)")
    }

    // MARK: Bytes

    /// - Parameter bytes: elements in a row, little-endian; strings after their lengths.
    func tensor(_ bytes: UnsafeRawBufferPointer) throws(ServingError) -> Tensor {
        if dtype == .string { return try texts(bytes) }
        let expected = shape.elementCount.multipliedReportingOverflow(by: dtype.size)
        guard !expected.overflow, bytes.count == expected.partialValue else {
            throw .invalid(
                "\(place): \(dtype.protocolName) of shape \(shape) takes "
                    + "\(expected.partialValue) bytes, \"binary_data_size\" is \(bytes.count)")
        }
        // Any other byte would be neither.
        if dtype == .bool, let wrong = bytes.first(where: { $0 > 1 }) {
            throw .invalid("\(place): the byte \(wrong) is no BOOL")
        }
        return try made {
            try Tensor(shape: shape, dtype: dtype) { target in
                target.copyMemory(from: bytes)
                #if _endian(big)
                    reverseBytes(target, size: dtype.size)
                #endif
            }
        }
    }

    private func texts(_ bytes: UnsafeRawBufferPointer) throws(ServingError) -> Tensor {
        let lengthSize = 4
        guard shape.elementCount <= bytes.count / lengthSize else {
            throw .invalid(
                "\(place): \(shape.elementCount) strings do not fit \(bytes.count) bytes")
        }
        var texts: [String] = []
        texts.reserveCapacity(shape.elementCount)
        var rest = bytes[...]
        while texts.count < shape.elementCount {
            let length = rest.prefix(lengthSize).reversed().reduce(0) { $0 << 8 | Int($1) }
            guard rest.count >= lengthSize, rest.count - lengthSize >= length else {
                throw .invalid("\(place): string \(texts.count) goes beyond the tensor's end")
            }
            rest = rest.dropFirst(lengthSize)
            guard let text = String(strictUTF8: rest.prefix(length)) else {
                throw .invalid("\(place): string \(texts.count) is not UTF-8")
            }
            texts.append(text)
            rest = rest.dropFirst(length)
        }
        guard rest.isEmpty else {
            throw .invalid("\(place): \(rest.count) bytes after the last string")
        }
        return try made { try Tensor(strings: texts, shape: shape) }
    }

    // MARK: Results

    private func converted(_ tensor: Tensor) throws(ServingError) -> Tensor {
        try made { try tensor.converted(to: dtype) }
    }

    private func made(_ make: () throws -> Tensor) throws(ServingError) -> Tensor {
        do {
            return try make()
        } catch {
            throw ServingError(413, "\(place): \(error)")
        }
    }
}

/// The innermost values of nested arrays, in order.
private struct Leaves {
    let json: JSON

    func visit(_ body: (JSON) throws(ServingError) -> Void) throws(ServingError) {
        try visit(json, body)
    }

    private func visit(
        _ json: JSON, _ body: (JSON) throws(ServingError) -> Void
    ) throws(ServingError) {
        guard case .array(let list) = json else { return try body(json) }
        for element in list { try visit(element, body) }
    }
}
