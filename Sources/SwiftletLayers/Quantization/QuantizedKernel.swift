internal import SwiftletGraph
internal import SwiftletTensor

/// A weight that a quantized kernel consists of.
struct KernelWeight {
    let name: String
    let shape: [Int]
    var options = WeightOptions(.zeros)
    var dtype = DType.float32
    var isTrainable = false
    var traits = WeightTraits()
}

/// A form in which a kernel is kept and how inputs are multiplied with it.
protocol QuantizedKernel: Sendable {
    /// The weights in the order of Keras's stores; nil stands for the layer's bias.
    func weights(_ axes: KernelAxes, _ options: WeightOptions) throws -> [KernelWeight?]

    /// The product with the output's axes.
    ///
    /// - Parameter parts: the weights by their names.
    func product(
        _ x: Value, _ axes: KernelAxes, _ parts: [String: Value], in lowering: inout Lowering
    ) throws -> Value

    /// The bias as it is added.
    func bias(_ bias: Value, in graph: inout Graph) throws -> Value

    /// What a change of low rank can be merged into; nil if there is no such thing.
    var mergeable: (any MergeableKernel)? { get }
}

/// A kernel that can be brought from its form and back into it.
protocol MergeableKernel: QuantizedKernel {
    /// The kernel as float32.
    func dequantized(
        _ axes: KernelAxes, _ parts: [String: Value], in graph: inout Graph
    ) throws -> Value

    /// The weights that stand for a kernel, by their names.
    func quantized(
        _ kernel: Value, _ axes: KernelAxes, in graph: inout Graph
    ) throws -> [String: Value]
}

extension QuantizedKernel {
    func bias(_ bias: Value, in graph: inout Graph) throws -> Value { bias }
    var mergeable: (any MergeableKernel)? { self as? any MergeableKernel }
}
