internal import CHDF5
internal import SwiftletTensor

/// The elements of a tensor on their way into a file.
struct Outgoing {
    let type: ElementType
    private let tensor: Tensor

    init(_ tensor: Tensor, strings: HDF5Writer.StringStorage) {
        self.tensor = tensor
        type =
            switch tensor.dtype {
            case .string where strings == .variable: .variableString(isUTF8: true)
            case .string:
                .fixedString(
                    size: max(1, (tensor.strings ?? []).lazy.map(\.utf8.count).max() ?? 1),
                    padding: .nullPadded, isUTF8: false)
            default: Self.type(tensor.dtype)
            }
    }

    /// How numbers of a type are stored: byte for byte as a tensor has them.
    static func type(_ dtype: DType) -> ElementType {
        switch dtype {
        case .bool: .bool
        case .bfloat16: .opaqueBFloat16
        default: .number(dtype)
        }
    }

    /// Calls `write` with the elements as ``type`` lays them out; not at all if there are none.
    func write(_ place: Place, _ write: (UnsafeRawPointer) -> herr_t) throws(HDF5Error) {
        guard tensor.elementCount > 0 else { return }
        let strings = tensor.strings ?? []
        guard !strings.contains(where: { $0.utf8.contains(0) }) else {
            throw place.error(.unsupported("a string with a null character"))
        }
        let result: herr_t
        switch type {
        case .number, .bool, .opaqueBFloat16:
            result = tensor.withUnsafeBytes { $0.baseAddress.map(write) ?? 0 }
        case .fixedString(let size, _, _):
            var bytes: [UInt8] = []
            for string in strings {
                bytes += string.utf8
                bytes += repeatElement(0, count: size - string.utf8.count)
            }
            result = write(bytes)
        case .variableString:
            let text = strings.flatMap(\.utf8CString)
            result = text.withUnsafeBufferPointer { text in
                var start = text.baseAddress
                var pointers: [UnsafePointer<CChar>?] = []
                for string in strings {
                    pointers.append(start)
                    start = start.map { $0 + string.utf8.count + 1 }
                }
                return write(pointers)
            }
        }
        try place.check(result)
    }
}
