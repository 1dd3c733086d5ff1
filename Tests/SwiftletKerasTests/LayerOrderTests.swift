import SwiftletArchive
import SwiftletFiles
import SwiftletHDF5
import SwiftletKeras
import SwiftletLayers
import SwiftletTensor
import TestSupport
import Testing

@Suite struct LayerOrderTests {
    private func config(_ file: String) throws -> JSON {
        let text = try ZipArchive(fixture("keras/\(file)")).read("config.json")
        return try canonicalConfig(JSON(parsing: text), era: .keras3)
    }

    private func names(_ json: JSON) -> [String] {
        (json["config"]?["layers"]?.array ?? []).compactMap(NetworkLayers.name(of:))
    }

    /// Keras wrote the layers in its order; from any other order they come back into it.
    @Test(arguments: 0..<20) func keras3(shuffle: UInt64) throws {
        let original = try config("graph-keras3.keras")
        #expect(names(original).count == 8)
        var shuffled = original
        let layers = original["config"]?["layers"]?.array ?? []
        let order = CounterRandom(seed: shuffle).permutation(of: layers.count)
        shuffled["config"]?["layers"] = .array(order.map { layers[$0] })
        #expect(names(inKerasOrder(shuffled)) == names(original))
    }

    @Test func layersThatNobodyNeedsAreLeftOut() throws {
        var json = try config("graph-keras3.keras")
        let layers = json["config"]?["layers"]?.array ?? []
        let dead: JSON = [
            "class_name": "Dense", "name": "dead", "config": ["name": "dead", "units": 1],
            "inbound_nodes": [
                ["args": [TensorReference(layer: "joined", call: 0, output: 0).tensor]]
            ],
        ]
        json["config"]?["layers"] = .array(layers + [dead])
        #expect(!names(inKerasOrder(json)).contains("dead"))
    }

    @Test func nestedModelsBecomeTheirLayers() throws {
        let flat = Flattening(try config("graph-keras3.keras"))
        let layers = names(flat.config)
        #expect(!layers.contains("block"))
        #expect(layers.filter { $0.hasPrefix("block_") }.count == 4)
        #expect(flat.renamed.contains { $0 == ("block/block_dense", "block_block_dense") })
        let dense = flat.config["config"]?["layers"]?.array?.first {
            $0["name"] == "block_block_dense"
        }
        #expect(dense?["inbound_nodes"]?.array?.count == 2)
    }

    /// More names than one attribute holds are spread, and come together again.
    @Test(arguments: [0, 1, 10, 1000, 5000]) func longListsOfNames(count: Int) throws {
        let names = (0..<count).map { "block_\($0)/convolution_\($0)/kernel:0" }
        let bytes = try HDF5Writer.image(named: "names.h5") { writer in
            try writer.names("weight_names", names, of: "/")
        }
        let root = try HDF5File(MappedFile(bytes: bytes, name: "names.h5")).root
        #expect(try LegacyWeights.strings("weight_names", of: root) == names)
        #expect(try root.attributeNames().contains("weight_names") == (count < 1500))
        if count == 0 { #expect(try root.attribute("weight_names")?.dtype == .float64) }
    }

    @Test func mismatchesAreCounted() throws {
        var mismatch = WeightReport()
        mismatch.missing = ["a/kernel", "a/bias", "b/kernel", "b/bias"]
        mismatch.unused = ["c/kernel"]
        #expect(
            mismatch.description == "4 weights missing (a/kernel, a/bias, b/kernel, …); "
                + "1 weight not in the model (c/kernel); 0 of the model's 4 weights found")
    }
}
