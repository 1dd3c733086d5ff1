internal import SwiftletArchive
internal import SwiftletFiles

extension DataSource {
    /// About how many bytes the samples of a data file take in memory; nil if that cannot be told before they
    /// are read.
    package static func size(of path: String, _ roles: DataRoles) -> Int? {
        let place = DataPath(path)
        switch try? DataFormat(place.file) {
        case .npz:
            let entries = try? ZipArchive(place.file).entries
            return entries.map { $0.reduce(0) { $0 &+ max(0, $1.size) } }
        case .folder:
            guard let folders = try? ImageFolder.subfolders(of: path) else { return nil }
            let count = folders.reduce(0) {
                $0 + ((try? ImageFolder.names(in: path + "/" + $1).count) ?? 0)
            }
            let pixels = roles.imageShape?.reduce(1) { $0.multipliedReportingOverflow(by: $1).0 }
            return pixels.map { $0 &* count &* MemoryLayout<Float>.size }
        case nil: return nil
        default: return try? MappedFile(place.file).count
        }
    }
}
