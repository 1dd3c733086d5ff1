public import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletTensor

/// CIFAR-10 and CIFAR-100 in their binary version: small colour pictures with labels.
public enum CIFAR {
    /// The sets differ in the label bytes before each picture.
    public enum Kind: Sendable, CaseIterable {
        /// 10 classes.
        case ten
        /// 100 classes; the 20 coarse ones are left out.
        case hundred

        var labelBytes: Int { self == .ten ? 1 : 2 }
        var classCount: Int { self == .ten ? 10 : 100 }
        var pictureBytes: Int { labelBytes + CIFAR.pixelBytes }
    }

    static let side = 32
    private static let pixelBytes = 3 * side * side

    /// The pictures of a batch file, `uint8` `[pictures, 32, 32, 3]`, and their labels, `int32`
    /// `[pictures]`.
    ///
    /// - Parameter kind: nil to tell from the file's size and, where both fit, its name.
    public static func read(_ path: String, kind: Kind? = nil) throws(DataError) -> Dataset {
        try DataError.readingUnpacked(path) { bytes throws(DataError.Cause) in
            guard let kind = kind ?? self.kind(byteCount: bytes.count, name: fileName(of: path))
            else { throw .wrongFormat(expected: "a binary CIFAR-10 or CIFAR-100 file") }
            return try decode(bytes, kind: kind)
        }
    }

    package static func kind(byteCount: Int, name: String) -> Kind? {
        let fitting = Kind.allCases.filter {
            byteCount > 0 && byteCount % $0.pictureBytes == 0
        }
        return fitting.count == 2 ? (name.contains("batch") ? .ten : .hundred) : fitting.first
    }

    /// - Parameter first: the number of the first picture, for errors.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer, kind: Kind, first: Int = 0
    ) throws(DataError.Cause) -> Dataset {
        let size = kind.pictureBytes
        let count = bytes.count / size
        guard count > 0, bytes.count % size == 0 else {
            throw .truncated(needed: (count + 1) * size, found: bytes.count)
        }
        var labels: [Int32] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            let label = bytes[start + kind.labelBytes - 1]
            guard label < kind.classCount else {
                throw .malformed(
                    "picture \(first + labels.count) has label \(label) of \(kind.classCount)")
            }
            labels.append(Int32(label))
        }
        return try DataError.Cause.wrapping {
            let shape = try Shape([count, side, side, 3])
            let pictures = try Tensor(shape: shape, dtype: .uint8) { output in
                // Stored as three planes, wanted with the channels last.
                for picture in 0..<count {
                    let source = picture * size + kind.labelBytes
                    for pixel in 0..<side * side {
                        for channel in 0..<3 {
                            output[(picture * side * side + pixel) * 3 + channel] =
                                bytes[source + channel * side * side + pixel]
                        }
                    }
                }
            }
            return try Dataset(x: pictures, y: Tensor(labels))
        }
    }
}
