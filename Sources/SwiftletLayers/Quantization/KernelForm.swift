internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// In which form a layer keeps its kernel: as it was trained, quantized, or with a trained change of
/// low rank.
struct KernelForm: Sendable {
    let quantized: (any QuantizedKernel)?
    let lowRank: LowRank?
    /// Keras's `quantization_config`, which says how it came to be.
    private let json: JSON?

    static let plain = KernelForm()

    private init() {
        quantized = nil
        lowRank = nil
        json = nil
    }

    /// Reads `dtype`, `quantization_config`, `lora_rank` and `lora_alpha`.
    ///
    /// - Parameters:
    ///   - policy: in place of `dtype`.
    ///   - name: that a map of policies knows the layer by; its own if nil.
    init(config: LayerConfig, policy: JSON? = nil, name: String? = nil) throws {
        let name = try name ?? config.optionalString("name")
        let mode = try QuantizationMode(policy: policy ?? config.json["dtype"], layer: name)
        let settings = QuantizationSettings(config: config, mode: mode)
        quantized = try mode.map { try Self.kernel($0, inputs: settings.inputs($0)) }
        json = settings.json
        lowRank = try LowRank(config: config)
        if lowRank != nil, let quantized, quantized.mergeable == nil {
            throw ModelError.config(
                key: "lora_rank", cause: "this quantization excludes a change of low rank")
        }
    }

    private static func kernel(
        _ mode: QuantizationMode, inputs: AbsMaxQuantizer?
    ) -> any QuantizedKernel {
        switch mode {
        case .int8: Int8Kernel(inputs: inputs)
        case .int4(let blockSize): Int4Kernel(blockSize: blockSize, inputs: inputs)
        case .float8(let history): Float8Kernel(history: history)
        case .gptq(let bits, let groupSize):
            CalibratedKernel(bits: bits, groupSize: groupSize, isActivationAware: false)
        case .awq(let groupSize):
            CalibratedKernel(bits: 4, groupSize: groupSize, isActivationAware: true)
        }
    }

    func write(to config: inout JSONObject) {
        if let json { config["quantization_config"] = json }
        lowRank?.write(to: &config)
    }

    /// The kernel as float32 where it is not quantized, with the change of low rank if there is one.
    ///
    /// - Parameter others: declares what is stored between the kernel and the change.
    func kernel(
        _ shape: [Int], _ options: WeightOptions, fans: [Int]? = nil,
        before others: (inout Lowering) throws -> Void = { _ in }, in lowering: inout Lowering
    ) throws -> Value {
        guard let lowRank else {
            return try lowering.weight("kernel", shape, options, fans: fans)
        }
        return try lowRank.changed(
            "kernel", shape, options, fans: fans, before: others, in: &lowering)
    }

    /// Declares the weights of a quantized kernel and the bias, and multiplies.
    ///
    /// - Returns: the product with the output's axes, and the bias to be added to it.
    func product(
        _ x: Value, _ axes: KernelAxes, by form: any QuantizedKernel, _ kernel: WeightOptions,
        bias: (shape: [Int], options: WeightOptions)?, in lowering: inout Lowering
    ) throws -> (product: Value, bias: Value?) {
        var parts: [String: Value] = [:]
        var biasValue: Value?
        for weight in try form.weights(axes, kernel) {
            guard let weight else {
                biasValue = try bias.map { try lowering.weight("bias", $0.shape, $0.options) }
                continue
            }
            parts[weight.name] = try lowering.weight(
                weight.name, weight.shape, initializer: weight.options.initializer,
                regularizer: weight.options.regularizer, constraint: weight.options.constraint,
                isTrainable: weight.isTrainable, dtype: weight.dtype, traits: weight.traits)
        }
        var y = try form.product(x, axes, parts, in: &lowering)
        if let lowRank, let mergeable = form.mergeable {
            try lowRank.check(kernel, "kernel")
            let change = try lowRank.change(
                of: "kernel", axes.shape, kernel.regularizer,
                merge: merge(mergeable, axes, parts.keys.sorted(), lowRank, in: lowering),
                in: &lowering)
            y = try lowering.graph.add(y, axes.product(x, change, in: &lowering.graph))
        }
        return (y, try biasValue.map { try form.bias($0, in: &lowering.graph) })
    }

    /// The sum of kernel and change, quantized anew.
    private func merge(
        _ form: any MergeableKernel, _ axes: KernelAxes, _ names: [String], _ lowRank: LowRank,
        in lowering: Lowering
    ) -> StoreMerge {
        let places = Dictionary(
            uniqueKeysWithValues: (names + ["lora_kernel_a", "lora_kernel_b"]).map {
                ($0, lowering.place(of: $0))
            })
        return { tensor in
            var results: [String] = []
            let tensors = try Graph.evaluated { graph in
                let parts = try places.mapValues { try graph.constant(tensor($0)) }
                let kernel = try form.dequantized(axes, parts, in: &graph)
                let change = try lowRank.product(
                    parts.part("lora_kernel_a"), parts.part("lora_kernel_b"), axes.shape,
                    in: &graph)
                let merged = try form.quantized(
                    graph.add(kernel, change), axes, in: &graph)
                results = merged.keys.sorted()
                return results.compactMap { merged[$0] }
            }
            let paths = results.map { places[$0] ?? $0 }
            return Dictionary(uniqueKeysWithValues: zip(paths, tensors))
        }
    }
}
