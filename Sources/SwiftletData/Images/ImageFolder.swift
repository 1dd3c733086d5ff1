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
    /// - Throws: ``DataError`` if there are none or they differ in size, channels or depth.
    public static func read(_ path: String) throws(DataError) -> Tensor {
        let names = try names(in: path)
        guard !names.isEmpty else { throw DataError(file: path, .missing("pictures")) }
        return try stacked(names.map { path + "/" + $0 })
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
    public static func readClasses(_ path: String) throws(DataError) -> Classes {
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
        let pictures = try stacked(paths)
        let dataset = try DataError.located(file: path) { () throws(DataError.Cause) in
            try DataError.Cause.wrapping { try Dataset(x: pictures, y: Tensor(labels)) }
        }
        return Classes(dataset: dataset, names: classNames, paths: paths)
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

    /// Reads pictures of one size into one tensor.
    private static func stacked(_ paths: [String]) throws(DataError) -> Tensor {
        let first = try ImageFile.read(paths[0])
        let size = first.shape.elementCount * first.dtype.size
        let shape = try DataError.located(file: paths[0]) { () throws(DataError.Cause) in
            try DataError.Cause.wrapping { try Shape([paths.count] + first.shape) }
        }
        do {
            return try Tensor(shape: shape, dtype: first.dtype) { output in
                for (index, path) in paths.enumerated() {
                    let picture = index == 0 ? first : try ImageFile.read(path)
                    guard picture.shape == first.shape, picture.dtype == first.dtype else {
                        throw DataError(
                            file: path,
                            .mismatch(
                                "\(described(picture)), but \(fileName(of: paths[0])) is "
                                    + described(first)))
                    }
                    picture.withUnsafeBytes {
                        UnsafeMutableRawBufferPointer(
                            rebasing: output[index * size..<(index + 1) * size]
                        ).copyMemory(from: $0)
                    }
                }
            }
        } catch let error as DataError {
            throw error
        } catch let error as TensorError {
            throw DataError(file: directory(of: paths[0]), .tensor(error))
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private static func described(_ picture: Tensor) -> String {
        let depth = picture.dtype == .uint8 ? "" : ", 16 bits"
        let colour = picture.shape[2] == 1 ? "gray" : "RGB"
        return "\(picture.shape[1]) × \(picture.shape[0]) \(colour)\(depth)"
    }
}
