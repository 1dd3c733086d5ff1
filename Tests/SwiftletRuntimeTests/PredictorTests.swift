import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import Testing

@Suite struct PredictorTests {
    @Test func identityModelGivesItsInput() throws {
        let input = Input(3, name: "x")
        let model = try Model(inputs: [input], outputs: [input])
        let x = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
        #expect(try Predictor(model)(x).isIdentical(to: x))
    }
}
