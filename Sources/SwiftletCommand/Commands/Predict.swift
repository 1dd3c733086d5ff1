internal import ArgumentParser
internal import SwiftletData
internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletRuntime
internal import SwiftletStreaming

struct Predict: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Run a model on data and write what it answers.",
        discussion: """
            Neither data nor answers have to fit in memory: rows are read, computed and written some at a \
            time.

            Examples:
              swiftlet predict model.keras --input x.npz --output y.npz
              swiftlet predict model.h5 --input photos --output y.csv --batch-size 8
              swiftlet predict model.keras --input x.h5 --output part3.npz --shard 3/8
            """)

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

    @OptionGroup var json: JSONOutput
    @OptionGroup var part: PartOptions
    @OptionGroup var execution: PredictionOptions
    @OptionGroup var log: LogOptions

    func run() throws {
        try checkDestination(output)
        try json.check()
        let model = try source.openForPrediction()
        _ = try DataDestination(output, arrayCount: model.outputNames.count)
        let predictor = try naming(source.model) {
            try execution.predictor(for: model, weights: source.from.heldIn)
        }
        var progress: ProgressBar?
        let written = try naming(source.model, data: input) {
            try predictor.predict(
                from: input, to: output, part.options(batchSize: execution.batchSize)
            ) { done, total in
                if progress == nil { progress = log.progress("samples", total: total) }
                progress?.update(done: done)
            }
        }
        progress?.clear()
        log.note(written.times, resuming: part.resume)
        log.note(weightError: written.times.weightError, predictor.weights)
        log.warn(mixed: written.isMixed, output)
        let arrays = written.arrays
        var summary = written.times.json
        if let error = written.times.weightError {
            summary["weights"] = .string(predictor.weights.rawValue)
            summary["weight_error"] = .double(error)
        }
        summary["outputs"] = arrays.json
        try json.write(summary)
        for array in arrays { print(array.line) }
    }
}
