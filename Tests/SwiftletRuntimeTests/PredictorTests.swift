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

    @Test func aNumberIsNoBatch() throws {
        for extents in [[], [3], [nil]] as [[Int?]] {
            let input = Input(shape: extents, name: "x")
            let predictor = try Predictor(Model(inputs: [input], outputs: [input]))
            #expect(throws: ModelError.self) { try predictor(Tensor(scalar: 1 as Float)) }
        }
    }
}
