internal import SwiftletFiles
package import SwiftletGraph

/// A function that a layer applies to its output; Keras's activations.
public struct Activation: Sendable, Hashable {
    package enum Function: Sendable, Hashable {
        case linear
        case elementwise(UnaryFunction)
        case softmax
        case logSoftmax
        case sparsemax
        case glu
        /// `tanh` and the like of Keras 3.15 that are no function of one number are refused by name.
    }

    /// The name in Keras.
    package let name: String
    package let function: Function
    /// Parameters that the name alone does not give, as the configuration holds them.
    private let parameters: JSONObject

    private init(_ name: String, _ function: Function, parameters: JSONObject = [:]) {
        self.name = name
        self.function = function
        self.parameters = parameters
    }

    private init(_ name: String, _ function: UnaryFunction) {
        self.init(name, .elementwise(function))
    }

    public static let linear = Activation("linear", .linear)
    public static let relu = Activation("relu", .relu())
    public static let relu6 = Activation("relu6", .relu6)
    public static let leakyReLU = Activation("leaky_relu", .leakyReLU(slope: 0.2))
    public static let elu = Activation("elu", .elu(alpha: 1))
    public static let selu = Activation("selu", .selu)
    public static let celu = Activation("celu", .celu(alpha: 1))
    public static let gelu = Activation("gelu", .gelu)
    public static let silu = Activation("silu", .silu)
    public static let mish = Activation("mish", .mish)
    public static let sigmoid = Activation("sigmoid", .sigmoid)
    public static let hardSigmoid = Activation("hard_sigmoid", .hardSigmoid)
    /// `0.2 x + 0.5` clipped to [0, 1]: what `hard_sigmoid` meant until Keras 3.
    public static let hardSigmoidFifth = Activation("hard_sigmoid_fifth", .hardSigmoidFifth)
    public static let hardSiLU = Activation("hard_silu", .hardSiLU)
    public static let logSigmoid = Activation("log_sigmoid", .logSigmoid)
    public static let sparseSigmoid = Activation("sparse_sigmoid", .sparseSigmoid)
    public static let tanh = Activation("tanh", .tanh)
    public static let hardTanh = Activation("hard_tanh", .hardTanh)
    public static let tanhShrink = Activation("tanh_shrink", .tanhShrink)
    public static let softShrink = Activation("soft_shrink", .softShrink(threshold: 0.5))
    public static let hardShrink = Activation("hard_shrink", .hardShrink(threshold: 0.5))
    public static let softplus = Activation("softplus", .softplus)
    public static let sparsePlus = Activation("sparse_plus", .sparsePlus)
    public static let softsign = Activation("softsign", .softsign)
    public static let squareplus = Activation("squareplus", .squareplus(b: 4))
    public static let threshold = Activation("threshold", .threshold(0, value: 0))
    public static let exponential = Activation("exponential", .exp)
    public static let softmax = Activation("softmax", .softmax)
    public static let logSoftmax = Activation("log_softmax", .logSoftmax)
    public static let sparsemax = Activation("sparsemax", .sparsemax)
    public static let glu = Activation("glu", .glu)

    private static let named: [Activation] = [
        linear, relu, relu6, leakyReLU, elu, selu, celu, gelu, silu, mish, sigmoid, hardSigmoid,
        hardSigmoidFifth, hardSiLU, logSigmoid, sparseSigmoid, tanh, hardTanh, tanhShrink,
        softShrink, hardShrink, softplus, sparsePlus, softsign, squareplus, threshold, exponential,
        softmax, logSoftmax, sparsemax, glu,
        Activation("swish", .silu), Activation("hard_swish", .hardSiLU),
        Activation("leakyrelu", .leakyReLU(slope: 0.2)),
    ]

    /// Reads a name, or an object that names a function or an activation layer.
    init(json: JSON, key: String) throws {
        let name: String?
        switch json["class_name"]?.string {
        case "function": name = json["config"]?.string ?? json["config"]?["name"]?.string
        case "ReLU":
            self = Activation.relu(json["config"] ?? [:])
            return
        case "LeakyReLU":
            let config = json["config"] ?? [:]
            let slope = config["negative_slope"]?.double ?? config["alpha"]?.double ?? 0.3
            self.init(
                "LeakyReLU", .elementwise(.leakyReLU(slope: Float(slope))),
                parameters: ["negative_slope": .double(slope)])
            return
        case "ELU":
            let alpha = json["config"]?["alpha"]?.double ?? 1
            self.init(
                "ELU", .elementwise(.elu(alpha: Float(alpha))),
                parameters: ["alpha": .double(alpha)])
            return
        case let className?: name = snakeCase(className)
        case nil: name = json.string
        }
        guard let name else { throw ModelError.config(key: key, cause: "activation expected") }
        guard let known = Self.named.first(where: { $0.name == name }) else {
            throw ModelError.config(
                key: key,
                cause: "activation \"\(name)\" is unknown"
                    + Suggestion.hint(for: name, among: Self.named.map(\.name)))
        }
        self = known
    }

    private static func relu(_ config: JSON) -> Activation {
        let slope = config["negative_slope"]?.double ?? 0
        let maximum = config["max_value"]?.double
        let threshold = config["threshold"]?.double ?? 0
        return Activation(
            "ReLU",
            .elementwise(
                .relu(
                    slope: Float(slope), maximum: maximum.map { Float($0) } ?? .infinity,
                    threshold: Float(threshold))),
            parameters: [
                "negative_slope": .double(slope), "max_value": maximum.map(JSON.double) ?? nil,
                "threshold": .double(threshold),
            ])
    }

    /// The name, or the layer object where parameters are needed.
    var json: JSON {
        parameters.isEmpty
            ? .string(name)
            : kerasObject(module: "keras.layers", className: name, config: .object(parameters))
    }
}
