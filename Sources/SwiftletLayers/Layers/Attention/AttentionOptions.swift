internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// What the layers of multi-head attention have in common.
struct AttentionOptions: Sendable {
    var dropout: Float = 0
    var usesBias = true
    /// Whether a sigmoid of the query lets the result through.
    var usesGate = false
    /// Steps further apart than this do not see each other.
    var slidingWindow: Int?
    var kernel = WeightOptions(.glorotUniform)
    var bias = WeightOptions(.zeros)
    /// Falls on every projection by itself, as in Keras.
    var activityRegularizer: Regularizer?
    var seed: Int?
    /// The configuration, if its dtype policy is a map, which tells the projections' forms.
    private var policies: LayerConfig?

    init() {}

    init(config: LayerConfig) throws {
        dropout = try config.rate("dropout", default: 0)
        usesBias = try config.bool("use_bias", default: true)
        usesGate = try config.bool("use_gate", default: false)
        slidingWindow =
            config.value("sliding_window") == nil ? nil : try config.positiveInt("sliding_window")
        kernel = try WeightOptions(config: config, "kernel", default: .glorotUniform)
        bias = try WeightOptions(config: config, "bias", default: .zeros)
        activityRegularizer = try config.regularizer("activity_regularizer")
        seed = try config.optionalInt("seed")
        if config.json["dtype"]?["class_name"] == "DTypePolicyMap" { policies = config }
    }

    func write(to config: inout JSONObject) {
        config["dropout"] = .number(dropout)
        config["use_bias"] = .bool(usesBias)
        config["use_gate"] = .bool(usesGate)
        config["sliding_window"] = slidingWindow.map(JSON.int) ?? .null
        kernel.write("kernel", to: &config)
        bias.write("bias", to: &config)
        config["activity_regularizer"] = activityRegularizer?.json ?? .null
        config["seed"] = seed.map(JSON.int) ?? .null
    }

    /// Maps the last `bound` axes of `x` to axes of the given extents.
    ///
    /// - Parameter group: the object's name in a `.weights.h5` file.
    func project(
        _ x: Value, bound: Int = 1, to outputs: [Int], name: String, group: String,
        activation: Activation = .linear, in lowering: inout Lowering
    ) throws -> Value {
        let free = lowering.graph.shape(of: x).rank - bound
        let letters = Array("abcdefghijklmnopqrstuvwxyz")
        guard free >= 1, free + bound + outputs.count <= letters.count else {
            throw ModelError.config(
                key: "call", cause: "an input of shape \(lowering.graph.shape(of: x)) found")
        }
        let kept = String(letters[..<free])
        let inner = String(letters[free..<free + bound])
        let new = String(letters[(free + bound)..<(free + bound + outputs.count)])
        var options = LayerOptions(name: name)
        options.activityRegularizer = activityRegularizer
        let dense = try EinsumDense(
            "\(kept + inner),\(inner + new)->\(kept + new)",
            outputShape: [Int?](repeating: nil, count: free - 1) + outputs,
            biasAxes: usesBias ? new : nil, activation: activation, kernel: kernel, bias: bias,
            form: form(of: name), options: options)
        return try lowering.apply(dense, name: name, group: group, to: CallArguments(x))[0]
    }

    /// A projection's form, which a map knows by the names of this layer and of the projection.
    private func form(of name: String) throws -> KernelForm {
        guard let policies else { return .plain }
        let own = try policies.optionalString("name").map { "\($0)/\(name)" }
        return try KernelForm(config: policies, name: own ?? name)
    }
}
