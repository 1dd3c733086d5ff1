internal import ArgumentParser
internal import SwiftletData
internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletRuntime
internal import SwiftletTensor
internal import SwiftletTraining

struct Verify: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check that a model still gives the outputs that are known for certain inputs.",
        discussion: """
            The inputs and outputs are stored in the model's file (see --store and convert --golden) or \
            come from --reference, which Keras can write: \
            np.savez("io.npz", input_0=x, output_0=model.predict(x)).

            Examples:
              swiftlet verify model.keras --reference io.npz
              swiftlet verify model.keras --reference io.npz --store sealed.keras
            """)

    @OptionGroup var source: ModelOptions

    @Option(help: ArgumentHelp("Inputs and outputs: input_0 …, output_0 ….", valueName: "io.npz"))
    var reference: String?

    @Option(help: "How far an output may be from the known one: T · (1 + |output|).")
    var tolerance: Double?

    @Option(
        help: ArgumentHelp(
            "Write the model with what --reference holds stored beside the weights.",
            valueName: "out.keras"))
    var store: String?

    @OptionGroup var json: JSONOutput
    @OptionGroup var log: LogOptions

    func validate() throws {
        if let tolerance, !(tolerance >= 0 && tolerance.isFinite) {
            throw ValidationError("--tolerance must be at least 0")
        }
        guard store == nil || reference != nil else {
            throw ValidationError("--store needs --reference")
        }
    }

    func run() throws {
        try checkDestination(store)
        try json.check()
        var (model, _) = try source.open(keepingTypes: store != nil)
        var known = model.golden
        if let reference {
            known = try Golden(reading: reference, for: model, tolerance: tolerance ?? 1e-4)
        }
        guard var golden = known else {
            throw CommandError(
                source.model, "no inputs and outputs are stored in it; name some with --reference")
        }
        if let tolerance { golden.tolerance = tolerance }
        let differences = try naming(source.model) {
            try Predictor(model).differences(from: golden)
        }
        let rows = zip(model.outputNames, differences).map { ($0, $1) }
        print(table(rows, golden.tolerance).text(for: .standardOutput))
        try json.write(Self.json(rows, golden.tolerance))
        if let (name, difference) = rows.first(where: { !$1.isWithin(golden.tolerance) }) {
            throw CommandError(
                source.model,
                "output '\(name)' is not the known one: \(difference.text), tolerance "
                    + "\(golden.tolerance)")
        }
        if let store {
            model.golden = golden
            guard let format = KerasFormat(path: store) else {
                throw CommandError(store, "a name that ends in .keras or .h5 expected")
            }
            try model.saveWarning(to: store, as: format)
        }
    }

    private static func json(
        _ rows: [(String, TensorDifference)], _ tolerance: Double
    ) -> JSONObject {
        let outputs = rows.map { name, difference -> JSON in
            [
                "name": .string(name), "is_within": .bool(difference.isWithin(tolerance)),
                "max_difference": .double(difference.maximum),
                "difference": .string(difference.text),
            ]
        }
        return ["tolerance": .double(tolerance), "outputs": .array(outputs)]
    }

    private func table(
        _ rows: [(String, TensorDifference)], _ tolerance: Double
    ) -> TextTable {
        var table = TextTable(
            title: "tolerance \(tolerance)",
            columns: [.init("output", .left), .init("", .left), .init("", .left)])
        for (name, difference) in rows {
            table.add([
                name, difference.isWithin(tolerance) ? "as known" : "differs", difference.text,
            ])
        }
        return table
    }
}
