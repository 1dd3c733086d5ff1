import SwiftletFiles
import SwiftletGraph
import SwiftletLayers
import SwiftletTensor
import Testing

/// What random layers do while training, as far as it can be known; see also the cases of
/// `fixtures/layers/augmentation.json` that leave nothing to chance.
@Suite struct AugmentationTests {
    private static let shape: Shape = [6, 4, 5, 3]
    private static let images = (0..<shape.elementCount).map { Float($0 % 251) }

    /// The images after `step` steps of training with one layer.
    private func trained(_ className: String, _ config: JSONObject, step: Int64) throws -> [Float] {
        let layer = try LayerRegistry.standard.layer(from: [
            "class_name": .string(className), "config": .object(config),
        ])
        var lowering = Lowering(isTraining: true, weights: .placeholders)
        let x = try lowering.graph.placeholder("x", TensorType(Self.shape))
        let y = try lowering.apply(layer, name: "layer", group: "layer", to: CallArguments(x))
        let counter = try #require(lowering.usedStepCounter)
        let program = try Program(lowering.graph, inputs: [x, counter], outputs: y)
        let input = try Tensor(Self.images, shape: Self.shape)
        return try program.run([input, Tensor(scalar: step)])[0].floats()
    }

    @Test(
        arguments: [
            ("RandomFlip", ["seed": 3]), ("RandomRotation", ["factor": 0.2]),
            ("RandomZoom", ["height_factor": 0.3]),
            ("RandomTranslation", ["height_factor": 0.4, "width_factor": 0.4]),
            ("RandomContrast", ["factor": 0.5]), ("RandomBrightness", ["factor": 0.5]),
            ("RandomCrop", ["height": 3, "width": 2]), ("RandomGrayscale", ["factor": 0.5]),
            ("RandomInvert", ["factor": 0.5]), ("RandomColorDegeneration", ["factor": 0.5]),
            ("RandomSharpness", ["factor": 0.5]),
            ("RandomShear", ["x_factor": 0.4, "y_factor": 0.1]),
            ("Solarization", ["threshold_factor": 0.8]), ("RandomPosterization", ["factor": 5]),
        ] as [(String, JSONObject)])
    func drawsAnewInEveryStep(_ className: String, _ config: JSONObject) throws {
        let steps = try (1...6).map { try trained(className, config, step: Int64($0)) }
        #expect(try trained(className, config, step: 1) == steps[0])
        #expect(Set(steps).count > 1)
        #expect(steps.contains { $0 != Self.images })
    }

    @Test func flipsWholeImages() throws {
        let size = 4 * 5 * 3
        var counts = [0, 0]
        for step in 1...20 {
            let found = try trained("RandomFlip", ["mode": "horizontal"], step: Int64(step))
            for image in 0..<6 {
                let original = Array(Self.images[image * size..<(image + 1) * size])
                var mirrored: [Float] = []
                for row in 0..<4 {
                    for column in (0..<5).reversed() {
                        let start = (row * 5 + column) * 3
                        mirrored += original[start..<start + 3]
                    }
                }
                let result = Array(found[image * size..<(image + 1) * size])
                #expect(result == original || result == mirrored)
                counts[result == original ? 0 : 1] += 1
            }
        }
        #expect(counts.allSatisfy { $0 > 30 }, "\(counts)")
    }

    @Test func cropsNeighbouringPixels() throws {
        var places: Set<Float> = []
        for step in 1...40 {
            let found = try trained("RandomCrop", ["height": 3, "width": 2], step: Int64(step))
            #expect(found.count == 6 * 3 * 2 * 3)
            #expect(found[3] == found[0] + 3)
            #expect(found[6] == found[0] + 15)
            places.insert(found[0])
        }
        // Two rows to begin at, and four columns.
        #expect(places == [0, 3, 6, 9, 15, 18, 21, 24])
    }

    @Test(arguments: ["AugMix", "MixUp", "RandomErasing", "RandomHue"])
    func refusesWhatItCannotTrain(_ className: String) throws {
        let error = #expect(throws: ModelError.self) {
            try trained(className, ["factor": 0.5, "name": "augmentation"], step: 1)
        }
        #expect("\(try #require(error))".contains("cannot be trained with"))
    }
}
