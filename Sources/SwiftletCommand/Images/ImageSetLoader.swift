internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFeatures
internal import SwiftletFiles
internal import SwiftletReport
internal import SwiftletScores
internal import SwiftletTensor

/// Reads a set: features, images that a network turns into features, or statistics.
struct ImageSetLoader {
    let options: FeatureOptions
    let pictureOptions: PictureOptions
    let preset: ImagePreset?
    let log: LogOptions
    var needsFeatures = true
    var needsRows = true
    /// Whether mean and covariance are taken on the way.
    var needsMoments = true
    var needsLogits = false
    /// Whether any of the sets that are still to be read needs logits.
    var opensLogits = false
    /// Which part of the images is taken.
    var shard: Shard?
    private(set) var provenance = JSONObject()
    private(set) var galleries: [ImageSetGallery] = []
    /// Opened for the first set of images.
    private var opened: (network: FeatureNetwork, extraction: FeatureExtraction)?
    private var journal: FeatureJournal?

    init(
        network: FeatureOptions, pictures: PictureOptions, preset: ImagePreset?, log: LogOptions
    ) {
        options = network
        pictureOptions = pictures
        self.preset = preset
        self.log = log
    }

    mutating func load(_ path: String, as input: ScoreError.Input) throws -> ImageSet {
        var set = ImageSet()
        var source = "images"
        if path.lowercased().hasSuffix(".npz"), PathKind(path) == .regular {
            let arrays = try NPZ(path)
            do {
                source = try read(arrays, of: path, into: &set, as: input)
            } catch let error as ScoreError {
                throw CommandError(path, error)
            }
        }
        let lacksFeatures = needsFeatures && set.features == nil && set.statistics == nil
        let lacksLogits = needsLogits && set.logits == nil
        if lacksFeatures || lacksLogits {
            try extract(path, features: lacksFeatures, logits: lacksLogits, into: &set, as: input)
        }
        if needsRows, needsFeatures, set.features == nil {
            throw CommandError(
                path, "statistics suffice for fid alone; the other scores need features or images")
        }
        let count =
            set.features?.count ?? set.statistics?.count ?? set.logits?.count ?? set.count
        provenance[input.rawValue] = [
            "path": .string(path), "source": .string(source),
            "images": count.map(JSON.int) ?? .null,
        ]
        return set
    }

    /// The features of images, whatever else their file holds.
    mutating func extracted(_ path: String, as input: ScoreError.Input) throws -> ImageSet {
        var set = ImageSet()
        try extract(path, features: true, logits: needsLogits, into: &set, as: input)
        return set
    }

    /// What an .npz has of what is needed.
    private func read(
        _ arrays: NPZ, of path: String, into set: inout ImageSet, as input: ScoreError.Input
    ) throws -> String {
        var source = "images"
        let lacksFeatures =
            needsFeatures && !arrays.names.contains("features") && !arrays.names.contains("mu")
        let lacksLogits = needsLogits && !arrays.names.contains("logits")
        if lacksFeatures || lacksLogits, !arrays.names.contains("images") {
            let wanted = lacksFeatures ? "'features', 'images' or 'mu'" : "'logits' or 'images'"
            throw CommandError(
                path,
                "no array \(wanted), but \(shortened(arrays.names, whole: log.details))")
        }
        if needsFeatures, arrays.names.contains("features") {
            set = try ImageSet(
                features: FeatureRows(arrays.read("features"), as: input))
            source = "features"
        } else if needsFeatures, arrays.names.contains("mu") {
            guard let statistics = try arrays.statistics(as: input) else {
                throw CommandError(path, "'mu' without 'sigma'")
            }
            set.statistics = statistics
            source = "statistics"
        }
        if needsLogits, arrays.names.contains("logits") {
            set.logits = try FeatureRows(arrays.read("logits"), as: input)
            if !needsFeatures { source = "logits" }
        }
        return source
    }

    private mutating func openNetwork() throws -> (FeatureNetwork, FeatureExtraction) {
        if let opened { return (opened.network, opened.extraction) }
        let network = try options.open(
            features: needsFeatures, logits: opensLogits || needsLogits, preset: preset, log: log)
        provenance["extractor"] = network.provenance
        let extraction = try naming(network.path) {
            try FeatureExtraction(
                network, batchSize: options.batchSize, threads: options.threads)
        }
        opened = (network, extraction)
        return (network, extraction)
    }

    /// Runs images through the network; features are kept only if every one of them is needed.
    private mutating func extract(
        _ path: String, features: Bool, logits: Bool, into set: inout ImageSet,
        as input: ScoreError.Input
    ) throws {
        var pictures = try Pictures(anyAt: path, pictureOptions)
        pictures.warn(log)
        if let shard { pictures = pictures.shard(shard.index, of: shard.count) }
        guard pictures.count > 0 else { throw CommandError(path, "no pictures") }
        let (opened, extraction) = try openNetwork()
        galleries.append(
            ImageSetGallery(
                title: input == .real ? "Real images" : "Generated images", pictures: pictures))
        var collected = Collected(
            features: features, logits: logits, rows: needsRows, moments: needsMoments)
        var done = 0
        func take(_ batch: FeatureBatch) throws {
            do {
                try collected.add(batch, as: input)
            } catch ScoreError.element(_, let index, let found, _) {
                let name = pictures.names[done + (index.first ?? 0)]
                throw CommandError("\(path): \(name)", "the network gives \(found)")
            }
            done += batch.count
        }
        var progress = log.progress(fileName(of: path), total: pictures.count)
        try naming(path) {
            let place = try beginState(pictures, opened, features: features, logits, as: input)
            if let place, let journal {
                let known = try journal.replay(place, take)
                if known > 0 { log.note("\(path): \(known) of \(pictures.count) images are known") }
            }
            let times = try extraction.run(
                pictures, from: done, progress: { progress.update(done: $0) }
            ) { batch in
                let kept = batch.keeping(features: features, logits: logits)
                let first = done
                try take(kept)
                if let place { try journal?.append(kept, of: place, first: first) }
            }
            progress.clear()
            if times.whole > .seconds(2) { log.note("\(path): \(times.description)") }
        }
        set.count = pictures.count
        if features {
            if needsRows { set.features = try FeatureRows(collected.features.tensor(), as: input) }
            if pictures.count > 1 { set.statistics = try collected.moments?.statistics() }
        }
        if logits {
            set.logits = try FeatureRows(collected.logits.tensor(), as: input)
            set.givesProbabilities = opened.givesProbabilities
        }
    }

    /// The set's place in the state file, if there is one.
    private mutating func beginState(
        _ pictures: Pictures, _ network: FeatureNetwork, features: Bool, _ logits: Bool,
        as input: ScoreError.Input
    ) throws -> Int? {
        guard let path = options.state else { return nil }
        let journal = try self.journal ?? FeatureJournal(path)
        self.journal = journal
        var job: JSONObject = ["set": .string(input.rawValue)]
        for (name, value) in network.provenance.object ?? [:] where name != "file" {
            job[name] = value
        }
        job["batch_size"] = .int(options.batchSize)
        job["features"] = .bool(features)
        job["logits"] = .bool(logits)
        job["exif_orientation"] = .bool(pictureOptions.exifOrientation)
        job["data_range"] = pictureOptions.dataRange.map { .double($0) } ?? .null
        job["images"] = .int(pictures.count)
        job[FeatureJournal.imagesKey] = .string(try pictures.fingerprint())
        return try journal.begin(job)
    }
}

/// What the batches of a set amount to.
private struct Collected {
    var features = RowCollector()
    var logits = RowCollector()
    var moments: FeatureMoments?
    private let needsFeatures: Bool
    private let needsLogits: Bool
    private let needsRows: Bool
    private let needsMoments: Bool

    init(features: Bool, logits: Bool, rows: Bool, moments: Bool) {
        (needsFeatures, needsLogits) = (features, logits)
        (needsRows, needsMoments) = (rows, moments)
    }

    mutating func add(_ batch: FeatureBatch, as input: ScoreError.Input) throws {
        if needsFeatures, let found = batch.features {
            let part = try FeatureRows(found, as: input)
            if needsMoments {
                if moments == nil { moments = try FeatureMoments(width: part.width, as: input) }
                try moments?.update(part)
            }
            if needsRows { features.add(found) }
        }
        if needsLogits, let found = batch.logits {
            _ = try FeatureRows(found, as: input)
            logits.add(found)
        }
    }
}

/// Rows that arrive batch by batch.
struct RowCollector {
    private var values: [Float] = []
    private var width = 0

    mutating func add(_ batch: Tensor) {
        guard let batchValues = try? batch.floats() else { return }
        width = batch.shape[1]
        values += batchValues
    }

    func tensor() throws -> Tensor {
        try Tensor(values, shape: Shape([width == 0 ? 0 : values.count / width, width]))
    }
}
