import SwiftletFiles
import SwiftletGraph
import SwiftletLayers
import SwiftletTensor
import Testing

/// Masks that the recorded layer cases do not show: those given by hand and those taken off.
@Suite struct MaskTests {
    private func layer(_ className: String, _ config: JSONObject) throws -> any Layer {
        try LayerRegistry.standard.layer(from: [
            "class_name": .string(className), "config": .object(config),
        ])
    }

    @Test func aMaskGivenByHandCountsAndLeavesTheInputsOwn() throws {
        var lowering = Lowering(isTraining: false, weights: .placeholders)
        let x = try lowering.graph.constant(Tensor([1, 2, 30, 40] as [Float], shape: [1, 4, 1]))
        let own = try lowering.graph.constant(
            Tensor([Float](repeating: 1, count: 4), shape: [1, 4]).converted(to: .bool))
        let given = try lowering.graph.constant(
            Tensor([1, 1, 0, 0] as [Float], shape: [1, 4]).converted(to: .bool))
        lowering.setMask(own, of: x)
        let y = try lowering.apply(
            layer("GlobalAveragePooling1D", [:]), name: "pool", group: "pool",
            to: CallArguments([.leaf(x)], named: [("mask", .leaf(given))]))
        #expect(lowering.mask(of: x) == own)
        let result = try Program(lowering.graph, inputs: [], outputs: y).run([])[0]
        #expect(try result.floats() == [1.5])
    }

    @Test(
        "Keras 3's attention takes masks off its inputs, Keras 2's leaves them",
        arguments: [nil, "strict"] as [String?])
    func attentionTakesMasksOff(rule: String?) throws {
        var lowering = Lowering(isTraining: false, weights: .placeholders)
        let x = try lowering.graph.placeholder("x", TensorType([2, 3, 4]))
        let mask = try lowering.graph.placeholder("mask", TensorType([2, 3], .bool))
        lowering.setMask(mask, of: x)
        var config: JSONObject = ["num_heads": 1, "key_dim": 2]
        if let rule { config["mask_rule"] = .string(rule) }
        let y = try lowering.apply(
            layer("MultiHeadAttention", config), name: "heads", group: "heads",
            to: CallArguments([.leaf(x), .leaf(x)]))
        #expect(lowering.mask(of: x) == (rule == nil ? nil : mask))
        #expect(lowering.mask(of: y[0]) == mask)
    }
}
