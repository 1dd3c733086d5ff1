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
}
