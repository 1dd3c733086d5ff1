import SwiftletDataset
import SwiftletFiles
import SwiftletLayers
import SwiftletTensor
import SwiftletTraining
import TestSupport
import Testing

/// Statistics from data as Keras's `adapt` finds them; see `tools/references/adaptation.py`.
@Suite struct AdaptationTests {
    private static func cases(_ kind: String) throws -> [JSON] {
        let json = try JSON(parsing: readFile(fixture("training/adaptation.json")))
        return try #require(json[kind]?.array)
    }

    private static func numbers(_ json: JSON?) -> [Double] {
        (json?.array ?? []).compactMap(\.double)
    }

    /// A model of one layer.
    private static func model(_ layer: JSON, shape: [Int]) throws -> Model {
        try Model(description: [
            "input": .array(shape.map(JSON.int)), "layers": [layer],
        ])
    }

    @Test func binsOfDiscretization() throws {
        for row in try Self.cases("discretization") {
            let x = Self.numbers(row["x"]).map { Float($0) }
            var model = try Self.model(
                [
                    "Discretization": [
                        "num_bins": row["bins"] ?? .null, "epsilon": row["epsilon"] ?? .null,
                    ]
                ],
                shape: [1])
            let data = try Dataset(inputs: ["x": Tensor(x, shape: [x.count, 1])])
            #expect(try model.adapt(to: data).count == 1)
            let layer = try #require(
                model.network.entries.compactMap { $0.layer as? Discretization }.first)
            let wanted = Self.numbers(row["boundaries"])
            let found = try #require(layer.boundaries).map(Double.init)
            #expect(found.count == wanted.count)
            #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-6 }, "\(found) \(wanted)")
        }
    }

    @Test func momentsOfNormalization() throws {
        for row in try Self.cases("normalization") {
            let x = Self.numbers(row["x"]).map { Float($0) }
            let shape = Self.numbers(row["shape"]).map { Int($0) }
            var model = try Self.model(
                ["Normalization": ["axis": row["axis"] ?? .null]], shape: Array(shape.dropFirst()))
            let data = try Dataset(inputs: ["x": Tensor(x, shape: Shape(shape))])
            try model.adapt(to: data)
            let names = try model.weightNames()
            for key in ["mean", "variance"] {
                let path = try #require(names.first { $0.hasSuffix("/" + key) })
                let found = try #require(model[weight: path]).doubles()
                let wanted = Self.numbers(row[key])
                #expect(found.count == wanted.count)
                #expect(
                    zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-5 * max(1, abs($1)) },
                    "\(key) \(found) \(wanted)")
            }
        }
    }

    @Test func vocabulariesOfIntegerLookup() throws {
        let rows = try Self.cases("integer_lookup")
        #expect(!rows.isEmpty)
        for row in rows {
            let x = try Tensor(Self.numbers(row["x"]).map { Int64($0) }, shape: [24, 5])
            let options = try #require(row["options"]?.object)
            let input = Input(shape: [5], dtype: .int64)
            let layer = try LayerRegistry.standard.layer(from: [
                "class_name": "IntegerLookup", "config": .object(options),
            ])
            var model = try Model([input, layer])
            #expect(try model.adapt(to: Dataset(inputs: ["x": x])).count == 1)
            let config = try #require(model.network.entries.last).layer.config
            #expect(Self.numbers(config["vocabulary"]) == Self.numbers(row["vocabulary"]))
            // Once more the same, and nothing where only missing ones are asked for.
            #expect(try model.adapt(to: Dataset(inputs: ["x": x])).count == 1)
            #expect(try model.adapt(to: Dataset(inputs: ["x": x]), onlyMissing: true).isEmpty)
            let found = Self.numbers(config["idf_weights"])
            let wanted = Self.numbers(row["weights"])
            #expect(found.count == wanted.count)
            #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-6 }, "\(options)")
        }
    }
}
