internal import ArgumentParser
internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletRuntime
internal import SwiftletTensor
internal import SwiftletTraining

struct Predict: Subcommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a model on data and write what it answers.")

    @OptionGroup var source: ModelOptions

    @Option(
        help: ArgumentHelp(
            "What to predict from.",
            discussion: """
                An .npz or .h5 file with one array per input, under the inputs' names or input_0, input_1 …; \
                for a model of one input also .npy, .csv, file.h5:/dataset, IDX, a picture or a folder of them.
                """))
    var input: String

    @Option(help: "Where the answers go: .npz or .h5 (output_0, output_1 …), .npy or .csv.")
    var output: String

    @OptionGroup var execution: PredictionOptions
    @OptionGroup var log: LogOptions

    func run() throws {
        try checkDestination(output)
        let model = try source.open()
        let destination = try DataDestination(output, arrayCount: model.outputNames.count)
        var roles = DataRoles(of: model)
        roles.textInputs = model.textInputNames
        let inputs = try DataSource.loadInputs(input, roles: roles)
        let predictor = try naming(source.model) { try execution.predictor(for: model) }
        let rows = inputs[0].tensor.shape.first ?? 0
        var progress = log.progress("samples", total: rows)
        let outputs = try naming(source.model, data: input) {
            try predictor.predict(inputs.tensors, batchSize: execution.batchSize) {
                progress.update(done: $0)
            }
        }
        progress.clear()
        try destination.write(
            NamedTensors(outputs.enumerated().map { (name: "output_\($0)", tensor: $1) }))
        for (index, output) in outputs.enumerated() {
            print("output_\(index)  \(output.dtype)  \(output.shape)")
        }
    }
}
