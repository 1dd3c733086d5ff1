internal import CKernels
package import SwiftletData
internal import SwiftletFiles
package import SwiftletLayers
internal import SwiftletTensor

extension Model {
    /// The same for models of the same layers and weights, whatever file they come from.
    package var digest: String {
        var sum = Array(JSON.object(network.config).text().utf8).withUnsafeBytes { checksum($0) }
        for (path, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            let name = "\(path) \(tensor.dtype) \(tensor.shape)"
            sum = Array(name.utf8).withUnsafeBytes { checksum($0, seed: sum) }
            if let texts = tensor.strings {
                for text in texts {
                    sum = Array("\(text)\0".utf8).withUnsafeBytes { checksum($0, seed: sum) }
                }
            } else {
                // Pieces of a whole number of words: their cut does not show.
                tensor.forEachPiece { sum = checksum($0, seed: sum) }
            }
        }
        return hexadecimal(sum)
    }
}

extension DataSource {
    /// Tells whether a data file, or a folder of pictures, is still the same: of files its size and content,
    /// of which 256 places stand for all where it is larger than 64 MiB; of folders the names and sizes.
    package static func digest(of path: String) throws -> String {
        let place = DataPath(path)
        var sum = Array((place.object ?? "").utf8).withUnsafeBytes { checksum($0) }
        if PathKind(place.file) == .directory {
            try add(folder: place.file, to: &sum)
        } else {
            try add(file: place.file, to: &sum)
        }
        return hexadecimal(sum)
    }

    /// Also changes when a file was written anew.
    package static func stamp(of path: String) throws -> String {
        try FileStamp(DataPath(path).file).description
    }

    private static let smallFile = 1 << 26
    private static let places = 256
    private static let placeBytes = 1 << 16

    private static func add(file path: String, to sum: inout UInt64) throws {
        let file = try MappedFile(path)
        add("\(file.count)", to: &sum)
        guard file.count > smallFile else {
            file.forEachPiece { sum = checksum($0, seed: sum) }
            return
        }
        file.withUnsafeBytes { bytes in
            for place in 0..<places {
                let last = bytes.count - placeBytes
                let start = place == places - 1 ? last : last / (places - 1) * place
                let piece = UnsafeRawBufferPointer(
                    rebasing: bytes[start..<start + placeBytes])
                sum = checksum(piece, seed: sum)
                file.release(piece)
            }
        }
    }

    private static func add(folder path: String, to sum: inout UInt64) throws {
        for name in try directoryContents(path) {
            let child = path + "/" + name
            add(name, to: &sum)
            switch PathKind(child) {
            case .directory: try add(folder: child, to: &sum)
            case .regular:
                let size = try FileStamp(child).description.split(separator: " ").first ?? ""
                add(String(size), to: &sum)
            default: continue
            }
        }
    }

    private static func add(_ text: String, to sum: inout UInt64) {
        sum = Array("\(text)\0".utf8).withUnsafeBytes { checksum($0, seed: sum) }
    }
}

private func hexadecimal(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
}

/// The instruction set that the kernels run with: another one rounds differently in the last digits.
var instructionSet: String { String(cString: sl_cpu_name(sl_cpu_active())) }
