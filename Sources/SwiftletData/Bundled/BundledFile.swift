internal import CBundledData
internal import SwiftletArchive
internal import SwiftletDataset
internal import SwiftletFiles

/// An `.npz` file that is part of the binary.
enum BundledFile: String {
    case digits = "digits.npz"
    case diabetes = "diabetes.npz"

    func arrays() throws(DataError) -> NamedTensors {
        let file =
            switch self {
            case .digits: swiftlet_bundled_digits()
            case .diabetes: swiftlet_bundled_diabetes()
            }
        let bytes = Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
        let archive: ZipArchive
        do {
            archive = try ZipArchive(MappedFile(bytes: bytes, name: rawValue))
        } catch {
            throw DataError(error)
        }
        return try NPZ(archive).readAll()
    }
}
