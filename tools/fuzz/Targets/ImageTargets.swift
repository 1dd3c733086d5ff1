internal import SwiftletData

extension FuzzTarget {
    static var images: [FuzzTarget] {
        [
            image("png"), image("jpeg", ".jpg"), image("webp"), image("bmp"),
            image("netpbm", ".ppm", ".pgm"),
        ]
    }

    private static func image(_ name: String, _ suffixes: String...) -> FuzzTarget {
        let seeds = (suffixes.isEmpty ? [".\(name)"] : suffixes).map { ("data", $0) }
        return FuzzTarget(name, seeds: seeds) { _ in
            { _ = try ImageFile.decode($0, upright: true) }
        }
    }
}
