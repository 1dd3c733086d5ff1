internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletScores
internal import SwiftletTensor

/// Makes one set of the features or statistics of parts.
struct FeatureJoining {
    let paths: [String]
    /// Whether mean and covariance are wanted rather than features.
    let statistics: Bool

    func joined() throws -> ImageSet {
        let files = try paths.map { path in
            guard path.lowercased().hasSuffix(".npz") else {
                throw CommandError(path, "several files are joined only if each is an .npz")
            }
            return (path: path, arrays: try NPZ(path))
        }
        guard statistics || !files.allSatisfy({ $0.arrays.names.contains("features") }) else {
            var set = ImageSet()
            set.features = try rows("features", of: files)
            if files.allSatisfy({ $0.arrays.names.contains("logits") }) {
                set.logits = try rows("logits", of: files)
            }
            return set
        }
        var whole: FeatureMoments?
        for (path, arrays) in files {
            let part = try moments(path, arrays)
            guard var merged = whole else {
                whole = part
                continue
            }
            do {
                try merged.merge(part)
            } catch {
                throw CommandError(path, error)
            }
            whole = merged
        }
        var set = ImageSet()
        set.statistics = try whole?.statistics()
        return set
    }

    private func rows(
        _ name: String, of files: [(path: String, arrays: NPZ)]
    ) throws -> FeatureRows {
        var all = RowCollector()
        var width: Int?
        for (path, arrays) in files {
            do {
                let rows = try FeatureRows(arrays.read(name), as: .generated)
                guard rows.width == width ?? rows.width else {
                    throw CommandError(
                        path, "\(rows.width) \(name) per image, \(width ?? 0) in \(paths[0])")
                }
                width = rows.width
                all.add(try rows.tensor.converted(to: .float32))
            } catch let error as ScoreError {
                throw CommandError(path, error)
            }
        }
        return try FeatureRows(all.tensor(), as: .generated)
    }

    private func moments(_ path: String, _ arrays: NPZ) throws -> FeatureMoments {
        do {
            if arrays.names.contains("features") {
                let rows = try FeatureRows(arrays.read("features"), as: .generated)
                var moments = try FeatureMoments(width: rows.width, as: .generated)
                try moments.update(rows)
                return moments
            }
            guard let statistics = try arrays.statistics(as: .generated),
                let moments = try FeatureMoments(statistics, as: .generated)
            else {
                throw CommandError(
                    path,
                    "to be joined, a file needs features, or mu, sigma and the number of images, count"
                )
            }
            return moments
        } catch let error as ScoreError {
            throw CommandError(path, error)
        }
    }
}

extension NPZ {
    /// `mu`, `sigma` and maybe `count`; nil if there are none.
    func statistics(as input: ScoreError.Input) throws -> FeatureStatistics? {
        guard names.contains("mu"), names.contains("sigma") else { return nil }
        let counts =
            names.contains("count")
            ? try read("count").converted(to: .float64).elements(of: Double.self) : []
        return try FeatureStatistics(
            mean: read("mu"), covariance: read("sigma"),
            count: counts.count == 1 ? Int(exactly: counts[0]) : nil, as: input)
    }
}
