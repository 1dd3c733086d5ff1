import Foundation
public import Swiftlet

/// Digits as PNG files.
public enum PictureFolder {
    /// Writes pictures `[count, 8, 8, 1]` of 0 … 1 to a folder, or each to the subfolder of its class.
    public static func write(_ pictures: Tensor, classes: [Int]? = nil, to folder: String) throws {
        let values = try pictures.elements(of: Float.self).map { UInt8(min(max($0, 0), 1) * 255) }
        let size = 8 * 8
        for index in 0..<pictures.shape[0] {
            let place = classes.map { "\(folder)/\($0[index])" } ?? folder
            try FileManager.default.createDirectory(
                atPath: place, withIntermediateDirectories: true)
            let picture = try Tensor(
                Array(values[index * size..<(index + 1) * size]), shape: [8, 8, 1])
            try ImageFile.writePNG(picture, to: "\(place)/\(index).png")
        }
    }
}
