internal import CHDF5
internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The elements of a dataset or attribute on their way into a tensor.
struct Content {
    let shape: Shape
    let type: ElementType
    /// More bytes than this are refused before memory is taken.
    let byteLimit: Int

    /// - Parameters:
    ///   - space: the dataspace, which the library needs to free its strings.
    ///   - fill: reads into the buffer, converting to the given type.
    func read(
        _ place: Place, space: borrowing Handle,
        _ fill: (_ memoryType: hid_t, UnsafeMutableRawPointer) -> herr_t
    ) throws(HDF5Error) -> Tensor {
        let (bytes, overflow) = shape.elementCount.multipliedReportingOverflow(by: type.size)
        guard !overflow, bytes <= byteLimit else {
            throw place.error(.tooLarge(bytes: overflow ? .max : bytes))
        }
        let memoryType = try type.makeHandle(place)
        switch type {
        case .fixedString(let size, let padding, _):
            return try fixedStrings(size, padding, place) { fill(memoryType.id, $0) }
        case .variableString:
            return try variableStrings(memoryType, space, place) { fill(memoryType.id, $0) }
        case .number, .bool, .opaqueBFloat16:
            return try numbers(place) { fill(memoryType.id, $0) }
        }
    }

    private func numbers(
        _ place: Place, _ fill: (UnsafeMutableRawPointer) -> herr_t
    ) throws(HDF5Error) -> Tensor {
        do {
            return try Tensor(shape: shape, dtype: type.dtype) { buffer in
                guard let start = buffer.baseAddress, shape.elementCount > 0 else { return }
                try place.check(fill(start))
                // Any other byte would not be a valid Bool.
                if type == .bool { for index in buffer.indices { buffer[index] &= 1 } }
            }
        } catch let error as HDF5Error {
            throw error
        } catch {
            throw place.error(.damaged("\(error)"))
        }
    }

    private func fixedStrings(
        _ size: Int, _ padding: ElementType.Padding, _ place: Place,
        _ fill: (UnsafeMutableRawPointer) -> herr_t
    ) throws(HDF5Error) -> Tensor {
        var bytes = [UInt8](repeating: 0, count: shape.elementCount * size)
        let result = bytes.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map { buffer.isEmpty ? 0 : fill($0) } ?? 0
        }
        try place.check(result)
        var strings: [String] = []
        strings.reserveCapacity(shape.elementCount)
        for index in 0..<shape.elementCount {
            let text = padding.trim(bytes[index * size..<(index + 1) * size])
            strings.append(try string(text, place))
        }
        return try tensor(strings, place)
    }

    private func variableStrings(
        _ memoryType: borrowing Handle, _ space: borrowing Handle, _ place: Place,
        _ fill: (UnsafeMutableRawPointer) -> herr_t
    ) throws(HDF5Error) -> Tensor {
        var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: shape.elementCount)
        guard !pointers.isEmpty else { return try tensor([], place) }
        let result = pointers.withUnsafeMutableBytes { $0.baseAddress.map(fill) ?? 0 }
        let failure = result < 0 ? place.libraryError() : nil
        defer {
            _ = pointers.withUnsafeMutableBytes {
                H5Dvlen_reclaim(memoryType.id, space.id, defaultList, $0.baseAddress)
            }
        }
        if let failure { throw failure }
        var strings: [String] = []
        strings.reserveCapacity(shape.elementCount)
        for pointer in pointers {
            let text = pointer.map { UnsafeRawBufferPointer(start: $0, count: strlen($0)) }
            strings.append(try string(text ?? .init(start: nil, count: 0), place))
        }
        return try tensor(strings, place)
    }

    private func string(
        _ bytes: some Collection<UInt8>, _ place: Place
    ) throws(HDF5Error) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw place.error(.damaged("a string is not UTF-8"))
        }
        return text
    }

    private func tensor(_ strings: [String], _ place: Place) throws(HDF5Error) -> Tensor {
        do {
            return try Tensor(strings: strings, shape: shape)
        } catch {
            throw place.error(.damaged("\(error)"))
        }
    }
}

extension ElementType.Padding {
    func trim(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        switch self {
        case .nullTerminated: return bytes.prefix { $0 != 0 }
        case .nullPadded: while bytes.last == 0 { bytes.removeLast() }
        case .spacePadded: while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
        }
        return bytes
    }
}
