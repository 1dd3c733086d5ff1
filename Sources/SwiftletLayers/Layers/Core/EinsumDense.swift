public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// A product with a kernel over named axes: `y = activation(einsum(equation, x, kernel) + bias)`.
///
/// The kernel has the axes that the equation gives its second operand, e.g. `[c, d]` for
/// `"abc,cd->abd"`; an ellipsis stands for axes that only go along.
public struct EinsumDense: UnaryLayer {
    public static let className = "EinsumDense"
    public var options: LayerOptions
    private let equation: EinsumEquation
    /// The result's extents without the batch; nil where they follow from the input.
    private let outputShape: [Int?]
    private let activation: Activation
    /// The result's axes along which the bias varies; nil for none.
    private let biasAxes: String?
    private let kernel: WeightOptions
    private let bias: WeightOptions
    private let form: KernelForm

    /// - Parameters:
    ///   - equation: such as `"abc,cd->abd"` or `"...x,xy->...y"`.
    ///   - outputShape: extents without the batch; nil where they follow from the input.
    ///   - biasAxes: the result's axes along which a bias varies; nil for no bias.
    /// - Throws: ``ModelError/config(key:cause:)`` for an equation of another form.
    public init(
        _ equation: String, outputShape: [Int?], biasAxes: String? = nil,
        activation: Activation = .linear, kernelInitializer: Initializer = .glorotUniform,
        biasInitializer: Initializer = .zeros, name: String? = nil
    ) throws {
        try self.init(
            equation, outputShape: outputShape, biasAxes: biasAxes, activation: activation,
            kernel: WeightOptions(kernelInitializer), bias: WeightOptions(biasInitializer),
            options: LayerOptions(name: name))
    }

    init(
        _ equation: String, outputShape: [Int?], biasAxes: String?, activation: Activation,
        kernel: WeightOptions, bias: WeightOptions, form: KernelForm = .plain,
        options: LayerOptions
    ) throws {
        self.options = options
        self.equation = try EinsumEquation(equation)
        self.outputShape = outputShape
        self.activation = activation
        self.biasAxes = biasAxes
        self.kernel = kernel
        self.bias = bias
        self.form = form
    }

    public init(config: LayerConfig) throws {
        let shape = config.value("output_shape")?.int.map { [$0] as [Int?] }
        guard let shape = try shape ?? config.extents("output_shape") else {
            throw ModelError.config(key: "output_shape", cause: "missing")
        }
        try self.init(
            config.string("equation"), outputShape: shape,
            biasAxes: config.optionalString("bias_axes"),
            activation: config.activation("activation"),
            kernel: WeightOptions(config: config, "kernel", default: .glorotUniform),
            bias: WeightOptions(config: config, "bias", default: .zeros),
            form: KernelForm(config: config), options: LayerOptions(config: config))
    }

    public var config: JSONObject {
        var config: JSONObject = [
            "output_shape": .array(outputShape.map { $0.map(JSON.int) ?? .null }),
            "equation": .string(equation.text), "activation": activation.json,
            "bias_axes": biasAxes.map(JSON.string) ?? .null,
        ]
        kernel.write("kernel", to: &config)
        bias.write("bias", to: &config)
        form.write(to: &config)
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x).dimensions
        let axes = try equation.axes(rank: shape.count)
        var extents = Dictionary(uniqueKeysWithValues: zip(axes.input, shape))
        try addOutputExtents(to: &extents, input: shape)
        let kernelShape = try self.kernelShape(extents)
        let size = try Shape(kernelShape).elementCount
        let fanIn = zip(equation.kernel, kernelShape).reduce(1) {
            equation.output.contains($1.0) ? $0 : $0 * $1.1
        }
        let fans = [fanIn, size / max(1, fanIn)]
        let biasShape = try biasAxes.map {
            try self.biasShape(Array($0), extents, elided: shape.count - equation.input.count)
        }
        if let quantized = form.quantized {
            let kernelAxes = KernelAxes(
                input: axes.input, kernel: equation.kernel, output: axes.output, extents: extents,
                isMatrix: false)
            var (y, bias) = try form.product(
                x, kernelAxes, by: quantized, kernel, bias: biasShape.map { ($0, self.bias) },
                in: &lowering)
            if let bias { y = try lowering.graph.add(y, bias) }
            return try lowering.activate(y, activation)
        }
        let declareBias: (inout Lowering) throws -> Value? = { lowering in
            try biasShape.map { try lowering.weight("bias", $0, self.bias) }
        }
        let weights = try form.kernel(
            kernelShape, kernel, fans: fans, before: { _ = try declareBias(&$0) }, in: &lowering)
        let contraction = try Contraction(
            axes.input, shape, equation.kernel, kernelShape, to: axes.output)
        var y = try contraction.product(x, weights, in: &lowering.graph)
        guard let biasAxes, let bias = try declareBias(&lowering) else {
            return try lowering.activate(
                contraction.arranged(y, in: &lowering.graph), activation)
        }
        let rank = lowering.graph.shape(of: y).rank
        if rank == 2, contraction.isArranged, contraction.columnAxes == Array(biasAxes),
            activation.isElementwise
        {
            // Right behind the product, where a pass merges them into it.
            let columns = lowering.graph.shape(of: y)[1]
            y = try lowering.graph.add(y, lowering.graph.reshape(bias, to: [columns]))
            y = try lowering.activate(y, activation)
            return try contraction.arranged(y, in: &lowering.graph)
        }
        y = try contraction.arranged(y, in: &lowering.graph)
        return try lowering.activate(lowering.graph.add(y, bias), activation)
    }

    /// Adds the extents that only the configured shape of the result tells.
    private func addOutputExtents(to extents: inout [Character: Int], input: [Int]) throws {
        // Beside the batch, which is the first axis or in a leading ellipsis.
        let named = equation.isLeftElided ? equation.output[...] : equation.output.dropFirst()
        guard named.count <= outputShape.count else {
            throw ModelError.config(
                key: "output_shape",
                cause: "\(named.count) extents expected, \(outputShape.count) found")
        }
        for (axis, extent) in zip(named, outputShape) {
            guard let extent else { continue }
            guard extents[axis, default: extent] == extent else {
                throw refusal(
                    "axis \(axis) is \(extents[axis] ?? 0) in an input of shape \(input), "
                        + "\(extent) in the output_shape")
            }
            extents[axis] = extent
        }
    }

    private func kernelShape(_ extents: [Character: Int]) throws -> [Int] {
        try equation.kernel.map { axis in
            guard let extent = extents[axis] else {
                throw refusal("the extent of axis \(axis) does not follow from the input")
            }
            return extent
        }
    }

    /// From the first biased axis of the result on, 1 where the bias does not vary.
    private func biasShape(
        _ axes: [Character], _ extents: [Character: Int], elided: Int
    ) throws -> [Int] {
        guard let first = equation.output.firstIndex(where: axes.contains),
            axes.allSatisfy(equation.output.contains)
        else {
            throw ModelError.config(
                key: "bias_axes", cause: "\"\(String(axes))\" are no axes of the result")
        }
        let shape = equation.output[first...].map { axes.contains($0) ? extents[$0] ?? 1 : 1 }
        return equation.isLeftElided ? shape : shape + [Int](repeating: 1, count: max(0, elided))
    }
}

/// `"input,kernel->output"`, where an ellipsis may stand on the same side of input and output.
private struct EinsumEquation: Sendable {
    let text: String
    let input: [Character]
    let kernel: [Character]
    let output: [Character]
    let isLeftElided: Bool
    private let isRightElided: Bool

    init(_ text: String) throws {
        self.text = text
        let bad = ModelError.config(
            key: "equation",
            cause: "\"\(text)\" is not of the form x,y->z, ...x,y->...z or x...,y->z...")
        guard let comma = text.firstIndex(of: ","), let dash = text.firstIndex(of: "-"),
            comma < dash, text[dash...].hasPrefix("->")
        else { throw bad }
        let dots = "..."
        var input = text[..<comma]
        let kernel = text[text.index(after: comma)..<dash]
        var output = text[dash...].dropFirst(2)
        isLeftElided = input.hasPrefix(dots)
        isRightElided = input.hasSuffix(dots)
        guard isLeftElided == output.hasPrefix(dots), isRightElided == output.hasSuffix(dots),
            !(isLeftElided && isRightElided)
        else { throw bad }
        if isLeftElided { (input, output) = (input.dropFirst(3), output.dropFirst(3)) }
        if isRightElided { (input, output) = (input.dropLast(3), output.dropLast(3)) }
        for part in [input, kernel, output] {
            guard !part.isEmpty, part.allSatisfy({ $0.isASCII && $0.isLetter }),
                Set(part).count == part.count
            else { throw bad }
        }
        let known = Set(input).union(output)
        guard kernel.allSatisfy(known.contains),
            output.allSatisfy({ input.contains($0) || kernel.contains($0) })
        else { throw bad }
        self.input = Array(input)
        self.kernel = Array(kernel)
        self.output = Array(output)
    }

    /// The axes of an input of `rank` axes and of the result, those in the ellipsis as digits.
    func axes(rank: Int) throws -> (input: [Character], output: [Character]) {
        let elided = rank - input.count
        let names = "0123456789".prefix(max(0, elided))
        let range = isLeftElided ? 1...10 : isRightElided ? 0...10 : 0...0
        guard range.contains(elided) else {
            throw ModelError.config(
                key: "equation", cause: "\"\(text)\" does not fit an input with \(rank) axes")
        }
        return isLeftElided ? (names + input, names + output) : (input + names, output + names)
    }
}

extension Activation {
    /// Whether it works on every number by itself, so that axes may be moved before or after it.
    var isElementwise: Bool {
        switch function {
        case .linear, .elementwise: true
        case .softmax, .logSoftmax, .sparsemax, .glu: false
        }
    }
}
