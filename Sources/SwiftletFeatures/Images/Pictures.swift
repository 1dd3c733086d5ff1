internal import SwiftletArchive
internal import SwiftletData
package import SwiftletFiles
package import SwiftletTensor

/// Pictures that are read when they are needed: a folder's, an archive's, or those of an array.
package struct Pictures: Sendable {
    /// A folder of pictures, an archive, or `[N, H, W, C]`.
    package let path: String
    package let names: [String]
    /// Files beside the pictures that are none.
    package let ignored: [String]
    private let reading: @Sendable (Int) throws -> Tensor
    /// What tells whether a picture's file has changed; a list of one is of all pictures.
    private let stamps: @Sendable () throws -> [FileStamp]

    package var count: Int { names.count }

    private static let suffixes = [".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".webp"]

    static func isPicture(_ name: String) -> Bool {
        let name = fileName(of: name).lowercased()
        return name.first != "." && suffixes.contains { name.hasSuffix($0) }
    }

    /// The pictures of a folder, in the order of their names.
    ///
    /// - Parameter upright: turns pictures as their Exif data say.
    package init(folder path: String, upright: Bool = false) throws {
        let names = try ImageFolder.names(in: path)
        let all = try directoryContents(path)
        let known = Set(names)
        self.path = path
        self.names = names
        ignored = all.filter { $0.first != "." && !known.contains($0) }
        reading = { try ImageFile.read("\(path)/\(names[$0])", upright: upright) }
        stamps = { try names.map { try FileStamp("\(path)/\($0)") } }
    }

    /// The pictures in a `.zip` archive, in the order of their names.
    package init(zip path: String, upright: Bool = false) throws {
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
                return try archive.withBytes(of: entry) {
                    try ImageFile.decode($0, upright: upright)
                }
            } catch let cause as DataError.Cause {
                throw DataError(file: path, place: entry.name, cause)
            }
        }
        stamps = { [try FileStamp(path)] }
    }

    /// The pictures in a `.tar` archive, in the order of their names.
    package init(tar path: String, upright: Bool = false) throws {
        let archive = try TarArchive(path)
        let entries = archive.entries.filter { Self.isPicture($0.name) }
            .sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
        self.path = path
        names = entries.map(\.name)
        ignored = archive.entries.map(\.name).filter { !Self.isPicture($0) }
        reading = { index in
            let entry = entries[index]
            do {
                return try archive.withBytes(of: entry) {
                    try ImageFile.decode($0, upright: upright)
                }
            } catch let cause as DataError.Cause {
                throw DataError(file: path, place: entry.name, cause)
            }
        }
        stamps = { [try FileStamp(path)] }
    }

    /// - Parameters:
    ///   - images: `[N, H, W, C]` or `[N, H, W]` of uint8, uint16, or floats
    ///   - dataRange: of 0 … so much, which become doubles of 0 … 255.
    package init(_ images: Tensor, path: String, dataRange: Double? = nil) throws {
        let isFloat = images.dtype == .float32 || images.dtype == .float64
        guard isFloat || images.dtype == .uint8 || images.dtype == .uint16,
            (3...4).contains(images.rank), images.rank == 3 || (1...4).contains(images.shape[3])
        else {
            throw DataError(
                file: path, place: "images",
                .mismatch("uint8 [N, H, W, 1 … 4] needed, \(images.dtype) \(images.shape) found"))
        }
        guard isFloat == (dataRange != nil) else {
            throw DataError(
                file: path, place: "images",
                .mismatch(
                    isFloat
                        ? "\(images.dtype) images need --data-range (1 for values of 0 … 1)"
                        : "--data-range is for images of floats, these are \(images.dtype)"))
        }
        guard !images.shape.dropFirst().contains(0) else {
            throw DataError(file: path, place: "images", .mismatch("no pixels: \(images.shape)"))
        }
        self.path = path
        names = (0..<images.shape[0]).map { "images[\($0)]" }
        ignored = []
        let shape = try Shape(Array(images.shape.dropFirst()) + (images.rank == 3 ? [1] : []))
        reading = { index in
            let image = try images.rows(index..<index + 1).reshaped(to: shape)
            guard let dataRange else { return image }
            let values = try image.converted(to: .float64).elements(of: Double.self)
            guard let bad = values.first(where: { !$0.isFinite }) else {
                return try Tensor(values.map { $0 * 255 / dataRange }, shape: shape)
            }
            throw DataError(
                file: path, place: "images[\(index)]", .mismatch("a pixel is \(bad)"))
        }
        stamps = { [try FileStamp(path)] }
    }

    package init(
        path: String, names: [String], ignored: [String] = [],
        reading: @escaping @Sendable (Int) throws -> Tensor,
        stamps: @escaping @Sendable () throws -> [FileStamp] = { [] }
    ) {
        self.path = path
        self.names = names
        self.ignored = ignored
        self.reading = reading
        self.stamps = stamps
    }

    /// A digest of names and stamps: the same as long as the pictures are.
    package func fingerprint() throws -> String {
        let lines = names + (try stamps().map(\.description))
        return Array(lines.joined(separator: "\n").utf8).withUnsafeBytes { SHA256.digest($0) }
    }

    /// Every k-th part of the pictures, consecutive ones.
    package func shard(_ index: Int, of count: Int) -> Pictures {
        let range = index * names.count / count..<(index + 1) * names.count / count
        let (reading, stamps) = (reading, stamps)
        return Pictures(
            path: path, names: Array(names[range]), ignored: ignored,
            reading: { try reading($0 + range.lowerBound) },
            stamps: {
                let all = try stamps()
                return all.count > range.upperBound - 1 ? Array(all[range]) : all
            })
    }

    /// A picture `[height, width, channels]` of uint8 or uint16.
    package func read(_ index: Int) throws -> Tensor { try reading(index) }
}
