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
            ("RandomHue", ["factor": 0.5]), ("RandomSaturation", ["factor": 0.5]),
            ("RandomColorJitter", ["contrast_factor": 0.5, "hue_factor": 0.2]),
            ("RandomPerspective", ["factor": 1.0]), ("RandomErasing", ["factor": 0.9]),
            ("RandomGaussianBlur", ["factor": 0.8, "sigma": [0.2, 2]]),
            ("RandomElasticTransform", ["factor": 1.0]), ("MixUp", [:]), ("CutMix", [:]),
            ("RandAugment", [:]), ("AugMix", ["num_chains": 2]),
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

    // MARK: Statistics

    /// Erased boxes have the wanted share of the image, at all places.
    @Test func erasesBoxesOfOneSize() throws {
        var covered = [Int](repeating: 0, count: 20)
        for step in 1...40 {
            let found = try trained(
                "RandomErasing", ["factor": [1, 1], "scale": [0.25, 0.25], "fill_value": 255],
                step: Int64(step))
            for image in 0..<6 {
                let pixels = (0..<20).filter { found[(image * 20 + $0) * 3] == 255 }
                // Half of either side: 2 of 4 rows, 2 or 3 of 5 columns.
                #expect([4, 6].contains(pixels.count), "\(pixels)")
                for pixel in pixels { covered[pixel] += 1 }
            }
        }
        // A box begins behind the first row and column, if by a fraction of a pixel.
        let inner = covered.enumerated().filter { $0.offset >= 5 && $0.offset % 5 > 0 }
        #expect(inner.allSatisfy { $0.element > 10 }, "\(covered)")
    }

    /// Every image becomes a mixture of itself and one other; the shares follow the distribution.
    @Test func mixesTwoImages() throws {
        var shares: [Float] = []
        for step in 1...60 {
            let found = try trained("MixUp", ["alpha": 1.0], step: Int64(step))
            for image in 0..<6 {
                func pixel(_ place: Int) -> Float { found[image * 60 + place] }
                let own = Self.images[image * 60]
                // Images are ramps that wrap around at 251: the first pixel tells the mixture.
                for partner in 0..<6 where partner != image {
                    let other = Self.images[partner * 60]
                    let share = (pixel(0) - other) / (own - other)
                    guard share >= 0, share <= 1 else { continue }
                    let isMixture = (0..<60).allSatisfy { place in
                        let (a, b) = (
                            Self.images[image * 60 + place], Self.images[partner * 60 + place]
                        )
                        return abs(share * a + (1 - share) * b - pixel(place)) < 1e-2
                    }
                    if isMixture { shares.append(share) }
                }
            }
        }
        #expect(shares.count > 200)
        // Beta(1, 1) is the uniform distribution.
        #expect(shares.contains { $0 < 0.1 } && shares.contains { $0 > 0.9 })
    }

    @Test func cutsFromImagesOfTheBatch() throws {
        var foreign = 0
        for step in 1...20 {
            let found = try trained("CutMix", ["factor": 1.0], step: Int64(step))
            for image in 0..<6 {
                for place in 0..<60 {
                    let candidates = (0..<6).map { Self.images[$0 * 60 + place] }
                    #expect(candidates.contains(found[image * 60 + place]))
                    if found[image * 60 + place] != candidates[image] { foreign += 1 }
                }
            }
        }
        #expect(foreign > 500 && foreign < 6000, "\(foreign)")
    }

    /// Colours turn, but the strongest channel of a pixel keeps its value.
    @Test func turnsColours() throws {
        let found = try trained("RandomHue", ["factor": [0.2, 0.9]], step: 3)
        for pixel in stride(from: 0, to: found.count, by: 3) {
            let before = Self.images[pixel..<pixel + 3]
            let after = found[pixel..<pixel + 3]
            #expect(abs((before.max() ?? 0) - (after.max() ?? 0)) < 1e-2)
            #expect(abs((before.min() ?? 0) - (after.min() ?? 0)) < 1e-2)
        }
    }

    /// The first corner stays where it is; the images move.
    @Test func seesFromAside() throws {
        for step in 1...5 {
            let found = try trained("RandomPerspective", ["factor": [1, 1]], step: Int64(step))
            for image in 0..<6 {
                #expect(abs(found[image * 60] - Self.images[image * 60]) < 1e-2)
            }
        }
    }

    @Test(
        arguments: [
            ("RandomErasing", ["fill_value": [1, 2]], "fill_value"),
            ("RandomGaussianBlur", ["kernel_size": 4], "kernel_size"),
            ("RandomHue", ["factor": 1.5], "factor"), ("RandomHue", [:], "factor"),
            ("RandomPerspective", ["scale": 2], "scale"), ("MixUp", ["alpha": 0], "alpha"),
            ("RandomElasticTransform", ["fill_mode": "odd"], "fill_mode"),
            ("RandAugment", ["num_ops": -1], "num_ops"), ("AugMix", ["alpha": -1], "alpha"),
            ("Equalization", ["bins": 0], "bins"),
            (
                "ContrastLimitedAdaptiveHistogramEqualization", ["tile_grid_size": [0, 2]],
                "tile_grid_size"
            ),
        ] as [(String, JSONObject, String)])
    func refusesOddOptions(_ className: String, _ config: JSONObject, _ key: String) throws {
        let error = #expect(throws: ModelError.self) {
            try LayerRegistry.standard.layer(from: [
                "class_name": .string(className), "config": .object(config),
            ])
        }
        #expect(error?.description.contains(key) == true, "\(error?.description ?? "")")
    }

    /// The new extent is measured first, then the images are brought to it.
    @Test(arguments: ["RandomHeight", "RandomWidth"])
    func drawsExtents(_ className: String) throws {
        let layer = try LayerRegistry.standard.layer(from: [
            "class_name": .string(className), "config": ["factor": [-0.5, 1]],
        ])
        func lowered(_ extents: [String: Int]) throws -> (Lowering, Value, Value) {
            var lowering = Lowering(isTraining: true, weights: .placeholders, extents: extents)
            let x = try lowering.graph.placeholder("x", TensorType(Self.shape))
            let y = try lowering.apply(layer, name: "layer", group: "", to: CallArguments(x))
            return (lowering, x, y[0])
        }
        let axis = className == "RandomHeight" ? 1 : 2
        let (first, _, _) = try lowered([:])
        let counter = try #require(first.usedStepCounter)
        let measured = try #require(first.measuredExtents.first)
        let program = try Program(first.graph, inputs: [counter], outputs: [measured.value])
        let extents = try (1...30).map { step in
            Int(try program.run([Tensor(scalar: Int64(step))])[0].elements(of: Int64.self)[0])
        }
        let old = Self.shape[axis]
        #expect(extents.allSatisfy { $0 >= old / 2 && $0 <= 2 * old })
        #expect(Set(extents).count > 3)
        let (second, _, y) = try lowered([measured.name: 7])
        var wanted = Self.shape.dimensions
        wanted[axis] = 7
        #expect(second.graph.shape(of: y).dimensions == wanted)
    }
}
