internal import ArgumentParser
internal import SwiftletData
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletRuntime
internal import SwiftletTensor

struct Trace: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract:
            "Write what every layer of a model gives, for `swiftlet diff` with another trace.",
        discussion: """
            tools/keras-trace MODEL IN.npz TRACE.npz writes what Keras gives.

            Example:
              swiftlet trace model.keras --input x.npz --output trace.npz
            """)

    @OptionGroup var source: ModelOptions

    @Option(help: "What to run the model on, as for predict.")
    var input: String

    @Option(help: "An .npz with one array per layer, in the order of computation.")
    var output: String

    @OptionGroup var json: JSONOutput
    @OptionGroup var execution: PredictionOptions
    @OptionGroup var log: LogOptions

    func run() throws {
        try checkDestination(output)
        try json.check()
        let model = try source.open()
        let inputs = try DataSource.loadInputs(input, roles: DataRoles(inputs: model.inputNames))
        let outputs = try naming(source.model, data: input) {
            try execution.predictor(for: model, weights: .float32).trace(inputs.tensors)
        }
        try NPZ.write(NamedTensors(outputs), to: output)
        let arrays = outputs.map { WrittenArray($0.name, $0.tensor) }
        try json.write(["layers": arrays.json])
        for array in arrays { print(array.line) }
    }
}
