internal import SwiftletArchive
internal import SwiftletData
internal import SwiftletFiles
package import SwiftletTensor

/// Pictures that are read when they are needed: a folder's, an archive's, or those of an array.
package struct Pictures: Sendable {
    /// A folder of pictures, an archive, or `[N, H, W, C]`.
    package let path: String
    package let names: [String]
    /// Files beside the pictures that are none.
    package let ignored: [String]
    private let reading: @Sendable (Int) throws -> Tensor

    package var count: Int { names.count }

    private static let suffixes = [".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".webp"]

    static func isPicture(_ name: String) -> Bool {
        let name = fileName(of: name).lowercased()
        return name.first != "." && suffixes.contains { name.hasSuffix($0) }
    }

    /// The pictures of a folder, in the order of their names.
    package init(folder path: String) throws {
        let names = try ImageFolder.names(in: path)
        let all = try directoryContents(path)
        let known = Set(names)
        self.path = path
        self.names = names
        ignored = all.filter { $0.first != "." && !known.contains($0) }
        reading = { try ImageFile.read("\(path)/\(names[$0])") }
    }

    /// The pictures in a `.zip` archive, in the order of their names.
    package init(zip path: String) throws {
        let archive = try ZipArchive(path)
        let entries = archive.entries.filter { Self.isPicture($0.name) }
            .sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
        self.path = path
        names = entries.map(\.name)
        ignored = archive.entries.map(\.name).filter {
            !$0.hasSuffix("/") && !Self.isPicture($0)
        }
        reading = { index in
            let entry = entries[index]
            do {
                return try archive.withBytes(of: entry) { try ImageFile.decode($0) }
            } catch let cause as DataError.Cause {
                throw DataError(file: path, place: entry.name, cause)
            }
        }
    }

    /// The pictures in a `.tar` archive, in the order of their names.
    package init(tar path: String) throws {
        let archive = try TarArchive(path)
        let entries = archive.entries.filter { Self.isPicture($0.name) }
            .sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
        self.path = path
        names = entries.map(\.name)
        ignored = archive.entries.map(\.name).filter { !Self.isPicture($0) }
        reading = { index in
            let entry = entries[index]
            do {
                return try archive.withBytes(of: entry) { try ImageFile.decode($0) }
            } catch let cause as DataError.Cause {
                throw DataError(file: path, place: entry.name, cause)
            }
        }
    }

    /// - Parameter images: `[N, H, W, C]` or `[N, H, W]` of uint8.
    package init(_ images: Tensor, path: String) throws {
        guard images.dtype == .uint8 || images.dtype == .uint16, (3...4).contains(images.rank),
            images.rank == 3 || (1...4).contains(images.shape[3])
        else {
            throw DataError(
                file: path, place: "images",
                .mismatch("uint8 [N, H, W, 1 … 4] needed, \(images.dtype) \(images.shape) found"))
        }
        guard !images.shape.dropFirst().contains(0) else {
            throw DataError(file: path, place: "images", .mismatch("no pixels: \(images.shape)"))
        }
        self.path = path
        names = (0..<images.shape[0]).map { "images[\($0)]" }
        ignored = []
        let shape = try Shape(Array(images.shape.dropFirst()) + (images.rank == 3 ? [1] : []))
        reading = { try images.rows(at: [$0]).reshaped(to: shape) }
    }

    package init(
        path: String, names: [String], ignored: [String] = [],
        reading: @escaping @Sendable (Int) throws -> Tensor
    ) {
        self.path = path
        self.names = names
        self.ignored = ignored
        self.reading = reading
    }

    /// A picture `[height, width, channels]` of uint8 or uint16.
    package func read(_ index: Int) throws -> Tensor { try reading(index) }
}
