import SwiftletDataset
import SwiftletFiles
import SwiftletLayers
import SwiftletTensor
import SwiftletTraining
import Testing

/// A training that `tools/make-training-histories` recorded.
struct HistoryCase {
    let row: RecordedCase
    var model: Model
    let data: Dataset
    var options: FitOptions

    init(_ row: RecordedCase) throws {
        self.row = row
        let json = row.json
        let layer = try LayerRegistry.standard.layer(from: try #require(json["model"]))
        model = Model(network: try #require(layer as? Network))
        let compiled = try TrainingSetup(
            compileConfig: try #require(json["compile_config"]?.object))
        model.compile(compiled)
        let recorded = try #require(json["weights"]?.array)
        model.tensors = try Self.paired(recorded, row.recording, model.network.shapes().weights)

        func named(_ key: String, _ names: [String]) throws -> NamedTensors {
            NamedTensors(zip(names, try row.recording.tensors(json[key])).map { ($0, $1) })
        }
        data = try Dataset(
            inputs: named("inputs", model.inputNames), targets: named("targets", model.outputNames),
            sampleWeights: row.recording.tensor(json["sample_weight"]))
        let fit = try #require(json["fit"])
        options = FitOptions(
            epochs: try #require(fit["epochs"]?.int),
            batchSize: try #require(fit["batch_size"]?.int),
            validationSplit: fit["validation_split"]?.double ?? 0, shuffles: false, threads: 1)
        if let weights = fit["class_weight"]?.object {
            options.classWeights = Dictionary(
                uniqueKeysWithValues: weights.members.map {
                    (Int($0.key) ?? -1, $0.value.double ?? 1)
                })
        }
    }

    /// Keras's weights by our paths: the same order, shapes and last names.
    static func paired(
        _ places: [JSON], _ recording: Recording, _ specs: [WeightSpec]
    ) throws -> [String: Tensor] {
        #expect(places.count == specs.count)
        var tensors: [String: Tensor] = [:]
        for (place, spec) in zip(places, specs) {
            let tensor = try #require(try recording.tensor(place))
            #expect(tensor.shape == spec.shape, "\(spec.path)")
            if let path = place["path"]?.string {
                #expect(path.hasSuffix("/" + spec.name), "\(path) is no \(spec.path)")
            }
            tensors[spec.path] = tensor
        }
        return tensors
    }

    /// The weights Keras ended with.
    func weightsAfter() throws -> [String: Tensor] {
        try Self.paired(
            try #require(row.json["after"]?.array), row.recording,
            try model.network.shapes().weights)
    }

    // MARK: What Keras measured

    /// Every number of every epoch.
    func expectHistory(_ history: History) throws {
        let expected = try #require(row.json["history"]?.object)
        #expect(Set(history.names) == Set(expected.keys))
        for (name, values) in expected {
            let found = try #require(history[name], "\(name) is missing")
            for (epoch, pair) in zip(found, values.array ?? []).enumerated() {
                let value = pair.1.double ?? .nan
                #expect(
                    abs(pair.0 - value) <= 1e-4 * max(abs(value), 0.01),
                    "\(name) of epoch \(epoch): \(pair.0), not \(value)")
            }
            #expect(found.count == values.array?.count)
        }
    }

    /// The weights in the end.
    func expectWeightsAfter() throws {
        for (path, tensor) in try weightsAfter() {
            let found = try #require(model[weight: path])
            let difference = distance(try found.floats(), try tensor.floats())
            #expect(difference <= 1e-4, "\(path): \(difference)")
        }
    }
}
