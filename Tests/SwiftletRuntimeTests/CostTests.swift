import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import Testing

@Suite struct CostTests {
    private func multiplyAdds(_ model: Model, _ shape: Shape) throws -> Int {
        var model = model
        try model.initialize()
        return try Predictor(model, threads: 1).cost(of: [Tensor(zeros: shape)]).multiplyAdds
    }

    @Test func products() throws {
        let dense = try Sequential {
            Input(4)
            Dense(3)
        }
        #expect(try multiplyAdds(dense, [2, 4]) == 2 * 4 * 3)
        let convolution = try Sequential {
            Input(8, 8, 3)
            Conv2D(5, kernel: 3, padding: .same, activation: .relu)
        }
        #expect(try multiplyAdds(convolution, [1, 8, 8, 3]) == 8 * 8 * 5 * 3 * 3 * 3)
        let recurrent = try Sequential {
            Input(7, 2)
            LSTM(3)
        }
        // In each of 7 steps the four gates take 2 inputs and 3 states to 3 units.
        #expect(try multiplyAdds(recurrent, [1, 7, 2]) == 7 * 4 * (2 + 3) * 3)
    }
}

@Suite struct ModelSummaryTests {
    @Test func layersShapesAndWeights() throws {
        let model = try Sequential {
            Input(8, 8, 1, name: "pixels")
            Conv2D(4, kernel: 3, name: "features")
            BatchNormalization(name: "norm")
            Flatten(name: "flat")
            Dense(10, name: "classes")
        }
        let summary = try model.summary()
        #expect(summary.layers.map(\.path) == ["pixels", "features", "norm", "flat", "classes"])
        #expect(summary.layers.map(\.className)[1...2] == ["Conv2D", "BatchNormalization"])
        #expect(
            summary.layers.map(\.outputShapes) == [
                [[nil, 8, 8, 1]], [[nil, 6, 6, 4]], [[nil, 6, 6, 4]], [[nil, 144]], [[nil, 10]],
            ])
        #expect(summary.layers.map(\.parameterCount) == [0, 40, 16, 0, 1450])
        #expect(summary.parameterCount == 1506)
        #expect(summary.trainableCount == 1498)  // without the moving mean and variance
        #expect(summary.layers[2].inputs == ["features"])
        #expect(summary.inputs.map(\.name) == ["pixels"])
        #expect(summary.inputs.map(\.shape) == [[nil, 8, 8, 1]])
        #expect(summary.outputShapes == [[nil, 10]])
    }
}
