internal import SwiftletLayers
internal import SwiftletRuntime
package import SwiftletTensor

/// What a network says of a batch of pictures.
package struct FeatureBatch: Sendable {
    /// `[pictures, features]`, averaged over positions.
    package let features: Tensor?
    /// `[pictures, classes]`
    package let logits: Tensor?

    package init(features: Tensor?, logits: Tensor?) {
        (self.features, self.logits) = (features, logits)
    }

    package var count: Int { features?.shape[0] ?? logits?.shape[0] ?? 0 }

    package func keeping(features: Bool, logits: Bool) -> FeatureBatch {
        FeatureBatch(
            features: features ? self.features : nil, logits: logits ? self.logits : nil)
    }
}

/// How long a network took for pictures, and how long it waited for them to be read.
package struct ExtractionTimes: Sendable, CustomStringConvertible {
    package fileprivate(set) var whole = Duration.zero
    package fileprivate(set) var waiting = Duration.zero

    package init() {}

    package var description: String {
        let share = waiting / max(whole, .nanoseconds(1))
        return "\(whole.formatted); the network waited \(waiting.formatted) "
            + "(\(Int((share * 100).rounded())) %) for images"
    }
}

extension Duration {
    fileprivate var formatted: String {
        let tenths = (self / .milliseconds(100)).rounded()
        return "\(tenths / 10) s"
    }
}

/// Runs pictures through a network batch by batch; while one batch is computed the next is read.
package struct FeatureExtraction: Sendable {
    private let network: FeatureNetwork
    private let predictor: Predictor
    private let readers: Workers
    private let batchSize: Int

    /// - Parameter threads: nil for one per processor.
    package init(_ network: FeatureNetwork, batchSize: Int = 16, threads: Int? = nil) throws {
        self.network = network
        self.batchSize = max(1, batchSize)
        predictor = try Predictor(network.model, threads: threads)
        readers = Workers(count: max(2, threads ?? 2))
    }

    /// Calls `consume` with the features of batch after batch, in order.
    ///
    /// - Throws: an error that names the picture which cannot be read.
    ///
    /// - Parameter first: how many pictures are left out because their features are known.
    @discardableResult
    package func run(
        _ pictures: Pictures, from first: Int = 0, progress: (Int) -> Void = { _ in },
        consume: (FeatureBatch) throws -> Void
    ) throws -> ExtractionTimes {
        var times = ExtractionTimes()
        var done = min(first, pictures.count)
        let start = ContinuousClock.now
        var next = read(
            pictures, done..<min(done + batchSize, pictures.count), beside: nil, &times
        ).batch
        times.waiting = ContinuousClock.now - start
        while done < pictures.count {
            guard let batch = try next?.get() else { return times }
            let end = done + batch.shape[0]
            let following = end..<min(end + batchSize, pictures.count)
            let (outputs, read) = read(pictures, following, beside: batch, &times)
            guard let outputs = try outputs?.get() else { return times }
            try consume(
                FeatureBatch(
                    features: network.featureOutput.map { try featureRows(outputs[$0]) },
                    logits: network.logitOutput.map { try averaged(outputs[$0]) }))
            done = end
            next = read
            progress(done)
        }
        times.whole = ContinuousClock.now - start
        return times
    }

    /// Reads pictures on several threads, one of which runs the network on `batch` first.
    private func read(
        _ pictures: Pictures, _ range: Range<Int>, beside batch: Tensor?,
        _ times: inout ExtractionTimes
    ) -> (outputs: Result<[Tensor], any Error>?, batch: Result<Tensor, any Error>?) {
        var outputs: Result<[Tensor], any Error>?
        guard !range.isEmpty else {
            if let batch {
                outputs = Result { try predictor.predict([batch], batchSize: batchSize) }
            }
            return (outputs, nil)
        }
        var errors = [(any Error)?](repeating: nil, count: range.count)
        do {
            var computed = ContinuousClock.now
            let size = try network.inputSize ?? ownSize(of: pictures)
            let channels = network.inputChannels
            let count = size.height * size.width * channels
            let shape = try Shape([range.count, size.height, size.width, channels])
            let read = try Tensor(shape: shape) { bytes in
                let values = bytes.assumingMemoryBound(to: Float.self)
                errors.withUnsafeMutableBufferPointer { errors in
                    readers.forEach(parts: range.count + 1) { part in
                        guard part > 0 else {
                            if let batch {
                                outputs = Result {
                                    try predictor.predict([batch], batchSize: batchSize)
                                }
                                computed = .now
                            }
                            return
                        }
                        let index = part - 1
                        do {
                            try network.preprocessing.apply(
                                checked(pictures.read(range.lowerBound + index), pictures, size),
                                height: size.height, width: size.width, channels: channels,
                                into: UnsafeMutableBufferPointer(
                                    rebasing: values[index * count..<(index + 1) * count]))
                        } catch {
                            errors[index] = error
                        }
                    }
                }
            }
            if batch != nil { times.waiting += ContinuousClock.now - computed }
            if let error = errors.lazy.compactMap({ $0 }).first { throw error }
            return (outputs, .success(read))
        } catch {
            return (outputs ?? .failure(error), .failure(error))
        }
    }

    /// Where the network takes any size, all pictures must have the first one's.
    private func ownSize(of pictures: Pictures) throws -> (height: Int, width: Int) {
        let first = try pictures.read(0)
        return (first.shape[0], first.shape[1])
    }

    private func checked(
        _ picture: Tensor, _ pictures: Pictures, _ size: (height: Int, width: Int)
    ) throws -> Tensor {
        if network.inputSize == nil,
            picture.shape[0] != size.height || picture.shape[1] != size.width
        {
            throw FeatureError(
                pictures.path,
                "pictures of several sizes, and \(network.path) takes any: \(size.width) × "
                    + "\(size.height), then \(picture.shape[1]) × \(picture.shape[0])")
        }
        return picture
    }

    private func featureRows(_ tensor: Tensor) throws -> Tensor {
        guard let kept = network.spatialChannels, let channels = tensor.shape.last else {
            return try averaged(tensor)
        }
        let count = tensor.shape[0]
        let values = try tensor.withElements(of: Float.self) { values in
            values.indices.filter { $0 % channels < kept }.map { values[$0] }
        }
        return try Tensor(values, shape: Shape([count, values.count / max(count, 1)]))
    }

    /// `[n, …, d]` as `[n, d]`: the mean over what lies between.
    private func averaged(_ tensor: Tensor) throws -> Tensor {
        guard tensor.rank != 2 else { return tensor }
        let count = tensor.shape[0]
        guard tensor.rank > 2, let width = tensor.shape.last else {
            return try tensor.reshaped(to: Shape([count, 1]))
        }
        let positions = tensor.shape.count(of: 1..<tensor.rank - 1)
        return try tensor.withElements(of: Float.self) { values in
            var means = [Double](repeating: 0, count: count * width)
            for row in 0..<count {
                for position in 0..<positions {
                    let start = (row * positions + position) * width
                    for column in 0..<width {
                        means[row * width + column] += Double(values[start + column])
                    }
                }
            }
            return try Tensor(
                means.map { Float($0 / Double(positions)) }, shape: Shape([count, width]))
        }
    }
}
