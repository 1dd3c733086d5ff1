public import SwiftletDataset
internal import SwiftletFiles
public import SwiftletTensor

/// The pictures in a folder, in the order of their names.
public enum ImageFolder {
    private static let suffixes = [".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".webp"]

    /// The names of the picture files in a folder, sorted by their bytes. Hidden and other files
    /// do not count.
    public static func names(in path: String) throws(DataError) -> [String] {
        do {
            return try directoryContents(path).filter { name in
                let lowercase = name.lowercased()
                return name.first != "." && suffixes.contains { lowercase.hasSuffix($0) }
                    && PathKind(path + "/" + name) != .directory
            }
        } catch {
            throw DataError(error)
        }
    }

    /// All pictures of a folder as one tensor `[pictures, height, width, channels]`.
    ///
    /// - Parameter shape: height, width and channels that they are brought to where one differs; see
    ///   ``DataRoles/imageShape``.
    /// - Throws: ``DataError`` if there are none or they differ in size, channels or depth.
    public static func read(_ path: String, shape: [Int]? = nil) throws(DataError) -> Tensor {
        let names = try names(in: path)
        guard !names.isEmpty else { throw DataError(file: path, .missing("pictures")) }
        return try stacked(names.map { path + "/" + $0 }, shape: shape)
    }

    /// Pictures sorted into a subfolder for each class.
    public struct Classes: Sendable {
        /// Pictures as `x`, class numbers as `y` (int32).
        public let dataset: Dataset
        /// The subfolders' names, sorted; a class number is a place in this list.
        public let names: [String]
        /// The file of each sample.
        public let paths: [String]
    }

    /// The pictures of all subfolders, class by class.
    ///
    /// - Parameters:
    ///   - shape: height, width and channels that pictures are brought to where one of them differs;
    ///     see ``DataRoles/imageShape``.
    ///   - placement: where the pictures are kept.
    public static func readClasses(
        _ path: String, shape: [Int]? = nil, placement: DataPlacement = .memory
    ) throws(DataError) -> Classes {
        let (classNames, paths, labels) = try classes(path)
        let pictures = try stacked(paths, shape: shape, placement)
        let dataset = try DataError.located(file: path) { () throws(DataError.Cause) in
            try DataError.Cause.wrapping { try Dataset(x: pictures, y: Tensor(labels)) }
        }
        return Classes(dataset: dataset, names: classNames, paths: paths)
    }

    /// The subfolders, their pictures and the classes of these.
    static func classes(
        _ path: String
    ) throws(DataError) -> (names: [String], paths: [String], labels: [Int32]) {
        let classNames = try subfolders(of: path)
        guard !classNames.isEmpty else {
            throw DataError(file: path, .missing("subfolders that are classes"))
        }
        var paths: [String] = []
        var labels: [Int32] = []
        for (label, name) in classNames.enumerated() {
            let folder = path + "/" + name
            let files = try names(in: folder)
            guard !files.isEmpty else { throw DataError(file: folder, .missing("pictures")) }
            paths += files.map { folder + "/" + $0 }
            labels += [Int32](repeating: Int32(label), count: files.count)
        }
        return (classNames, paths, labels)
    }

    static func subfolders(of path: String) throws(DataError) -> [String] {
        do {
            return try directoryContents(path).filter {
                $0.first != "." && PathKind(path + "/" + $0) == .directory
            }
        } catch {
            throw DataError(error)
        }
    }

    /// Pictures as they are if all have that shape, or one shape where none is given; else resized.
    private static func stacked(
        _ paths: [String], shape: [Int]?, _ placement: DataPlacement = .memory
    ) throws(DataError) -> Tensor {
        let stack = PictureStack(paths: paths, placement: placement)
        guard let shape else { return try stack.alike() }
        return try stack.brought(to: shape)
    }
}
