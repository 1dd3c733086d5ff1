public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// A convolution with a kernel of its own at every place; Keras 2's `LocallyConnected1D` and
/// `LocallyConnected2D`: `[batch, spatial…, channels]` → `[batch, spatial…, filters]`.
///
/// What the file calls implementation decides how the kernels are stored.
public struct LocallyConnected<Rank: SpatialRank>: UnaryLayer {
    public static var className: String { "LocallyConnected\(Rank.count)D" }
    public var options: LayerOptions
    private let convolution: ConvolutionOptions
    private let storage: Storage

    /// How the kernels are stored.
    private enum Storage: Int {
        /// `[places, window · channels, filters]`.
        case patches = 1
        /// A matrix from all inputs to all outputs of which most does not count.
        case masked = 2
        /// The numbers of that matrix that do count.
        case sparse = 3
    }

    public init(
        _ filters: Int, kernel: Extent, strides: Extent = 1, format: DataFormat = .channelsLast,
        activation: Activation = .linear, usesBias: Bool = true, name: String? = nil
    ) {
        options = LayerOptions(name: name)
        convolution = ConvolutionOptions(
            filters: filters, kernelSize: kernel, strides: strides, dilation: 1, padding: .valid,
            format: format, groups: 1, activation: activation, usesBias: usesBias,
            kernel: WeightOptions(.glorotUniform), bias: WeightOptions(.zeros))
        storage = .patches
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        convolution = try ConvolutionOptions(config: config, rank: Rank.count)
        let number = try config.int("implementation", default: 1)
        guard let storage = Storage(rawValue: number) else {
            throw ModelError.config(
                key: "implementation", cause: "1, 2 or 3 expected, \(number) found")
        }
        self.storage = storage
    }

    public var config: JSONObject {
        var config = convolution.config(rank: Rank.count)
        config["groups"] = nil
        config["dilation_rate"] = nil
        config["implementation"] = .int(storage.rawValue)
        return config
    }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let padding = convolution.padding
        guard padding == .valid || padding == .same && storage != .patches else {
            throw ModelError.config(
                key: "padding",
                cause: "\"\(padding.rawValue)\" is not possible with implementation "
                    + "\(storage.rawValue)")
        }
        return try lowering.channelsLast(x, convolution.format) { lowering, x in
            let shape = try lowering.spatialShape(of: x, rank: Rank.count)
            let places = try Places(convolution, input: shape, rank: Rank.count)
            var y =
                switch storage {
                case .patches: try patches(x, places, in: &lowering)
                case .masked: try masked(x, places, in: &lowering)
                case .sparse: try sparse(x, places, in: &lowering)
                }
            if convolution.usesBias {
                let bias = try lowering.weight(
                    "bias", places.outputs + [convolution.filters], convolution.bias)
                y = try lowering.graph.add(y, arranged(bias, places, in: &lowering.graph))
            }
            return try lowering.activate(y, convolution.activation)
        }
    }

    /// Keras takes the bias of a channels-first layer as if its axes lay in that order already.
    private func arranged(
        _ bias: Value, _ places: Places, in graph: inout Graph
    ) throws -> Value {
        guard channelsFirst else { return bias }
        let turned = try graph.reshape(bias, to: [convolution.filters] + places.outputs)
        return try graph.transpose(turned, permutation: Array(1...Rank.count) + [0])
    }

    private var channelsFirst: Bool { convolution.format == .channelsFirst }

    private func patches(
        _ x: Value, _ places: Places, in lowering: inout Lowering
    ) throws -> Value {
        let kernel = try lowering.weight(
            "kernel", [places.count, places.windowSize * places.channels, convolution.filters],
            convolution.kernel)
        return try places.product(
            x, kernel, channelsFirst: channelsFirst, filters: convolution.filters,
            in: &lowering.graph)
    }

    private func masked(
        _ x: Value, _ places: Places, in lowering: inout Lowering
    ) throws -> Value {
        let (inputs, outputs) = (places.inputs, places.outputs)
        let kernel = try lowering.weight(
            "kernel",
            channelsFirst
                ? [places.channels] + inputs + [convolution.filters] + outputs
                : inputs + [places.channels] + outputs + [convolution.filters],
            convolution.kernel)
        var counts = kernel
        for axis in 0..<Rank.count {
            // Whether a place of the input is in the window of a place of the output.
            func ramp(_ count: Int, _ stride: Int, _ start: Int, _ position: Int) throws -> Value {
                var extents = [Int](repeating: 1, count: 2 * Rank.count + 2)
                extents[position] = count
                return try lowering.graph.constant(
                    Tensor(shape: Shape(extents)) { Float($0 * stride - start) })
            }
            let first = channelsFirst ? 1 : 0
            let input = try ramp(inputs[axis], 1, 0, first + axis)
            let output = try ramp(
                outputs[axis], places.strides[axis], places.before[axis],
                Rank.count + 1 + first + axis)
            let offset = try lowering.graph.subtract(input, output)
            let inside = try lowering.graph.logicalAnd(
                lowering.graph.compare(.greaterOrEqual, offset, lowering.graph.constant(0)),
                lowering.graph.compare(
                    .less, offset, lowering.graph.constant(Float(places.window[axis]))))
            counts = try lowering.graph.select(inside, counts, lowering.graph.constant(0))
        }
        let (i, o) = ("ij".prefix(Rank.count), "op".prefix(Rank.count))
        return try lowering.graph.contract(
            x, "b\(i)c", counts, channelsFirst ? "c\(i)f\(o)" : "\(i)c\(o)f", to: "b\(o)f")
    }

    private func sparse(
        _ x: Value, _ places: Places, in lowering: inout Lowering
    ) throws -> Value {
        let (filters, channels) = (convolution.filters, places.channels)
        let size = try Shape([places.count, places.windowSize, channels, filters]).elementCount
        guard size <= 1 << 26 else {
            throw ModelError.config(key: "kernel_size", cause: "\(size) weights are too many")
        }
        let valid = places.validOffsets
        let numbers = valid.reduce(0) { $0 + $1.count } * channels * filters
        let kernel = try lowering.weight("kernel", [numbers], convolution.kernel)
        // Where each kernel's numbers are among those stored, behind all of them a zero. They are
        // sorted by output, then by input.
        var sources = [Int32](repeating: Int32(numbers), count: size)
        var start = 0
        func store(place: Int, filter: Int, channel: Int, offset: Int) {
            let row = (place * places.windowSize + offset) * channels + channel
            sources[row * filters + filter] = Int32(start)
            start += 1
        }
        if channelsFirst {
            for filter in 0..<filters {
                for (place, offsets) in valid.enumerated() {
                    for channel in 0..<channels {
                        for offset in offsets {
                            store(place: place, filter: filter, channel: channel, offset: offset)
                        }
                    }
                }
            }
        } else {
            for (place, offsets) in valid.enumerated() {
                for filter in 0..<filters {
                    for offset in offsets {
                        for channel in 0..<channels {
                            store(place: place, filter: filter, channel: channel, offset: offset)
                        }
                    }
                }
            }
        }
        let extended = try lowering.graph.concatenate(
            [kernel, lowering.graph.constant(Tensor([0 as Float]))], axis: 0)
        let dense = try lowering.graph.gather(
            extended,
            lowering.graph.constant(
                Tensor(
                    sources,
                    shape: Shape([places.count, places.windowSize * channels, filters]))))
        return try places.product(
            x, dense, channelsFirst: false, filters: filters, in: &lowering.graph)
    }
}

public typealias LocallyConnected1D = LocallyConnected<OneAxis>
public typealias LocallyConnected2D = LocallyConnected<TwoAxes>

/// Where the windows lie.
private struct Places {
    let inputs: [Int]
    let outputs: [Int]
    let channels: Int
    let window: [Int]
    let strides: [Int]
    /// Zeros before and after along each axis.
    let before: [Int]
    let after: [Int]

    /// The number of places.
    let count: Int
    /// The number of places in a window.
    let windowSize: Int

    init(_ options: ConvolutionOptions, input shape: [Int], rank: Int) throws {
        let window = try Window(
            size: options.kernelSize.along(rank: rank, "kernel_size"),
            strides: options.strides.along(rank: rank, "strides"), padding: options.padding)
        let inputs = Array(shape[1...rank])
        // With padding, Keras centres the windows on multiples of the strides.
        let isPadded = options.padding == .same
        if !isPadded { _ = try window.amounts(inputs) }
        let outputs = (0..<rank).map { axis -> Int in
            let stride = window.strides[axis]
            if isPadded { return (inputs[axis] + stride - 1) / stride }
            return (inputs[axis] - window.size[axis]) / stride + 1
        }
        for axis in 0..<rank {
            let (places, overflow) = outputs[axis].multipliedReportingOverflow(
                by: window.size[axis])
            guard !overflow, places <= 1 << 26, inputs[axis] <= 1 << 26,
                window.strides[axis] <= 1 << 26
            else {
                throw ModelError.config(
                    key: "kernel_size",
                    cause: "\(window.size) over an input of \(inputs) is too large")
            }
        }
        self.inputs = inputs
        self.outputs = outputs
        self.window = window.size
        strides = window.strides
        let before = window.size.map { size -> Int in isPadded ? size / 2 : 0 }
        self.before = before
        after = (0..<rank).map { axis -> Int in
            let reach = (outputs[axis] - 1) * window.strides[axis] + window.size[axis]
            return max(0, reach - before[axis] - inputs[axis])
        }
        channels = shape[rank + 1]
        count = try Shape(outputs).elementCount
        windowSize = try Shape(window.size).elementCount
    }

    /// Every place's window times its kernel, `[count, windowSize · channels, filters]`.
    ///
    /// - Parameter channelsFirst: whether the kernels' rows have the channels before the window.
    func product(
        _ x: Value, _ kernel: Value, channelsFirst: Bool, filters: Int, in graph: inout Graph
    ) throws -> Value {
        let rank = inputs.count
        var y = try graph.pad(x, before: [0] + before + [0], after: [0] + after + [0])
        for axis in 0..<rank {
            let places = (0..<outputs[axis]).flatMap { output in
                (0..<window[axis]).map { Int32(output * strides[axis] + $0) }
            }
            y = try graph.gather(y, graph.constant(Tensor(places)), axis: axis + 1)
        }
        let batch = graph.shape(of: x)[0]
        // [batch, output, window, output, window, …, channels]
        y = try graph.reshape(
            y,
            to: [batch] + (0..<rank).flatMap { [outputs[$0], window[$0]] } + [channels])
        let along = (0..<rank).map { 2 * $0 + 1 }
        let within = (0..<rank).map { 2 * $0 + 2 }
        let row = channelsFirst ? [2 * rank + 1] + within : within + [2 * rank + 1]
        y = try graph.transpose(y, permutation: along + [0] + row)
        y = try graph.reshape(y, to: [count, batch, windowSize * channels])
        y = try graph.matmul(y, kernel)
        y = try graph.reshape(y, to: outputs + [batch, filters])
        return try graph.transpose(y, permutation: [rank] + Array(0..<rank) + [rank + 1])
    }

    /// Of each place the window's places that lie on the input, in order.
    var validOffsets: [[Int]] {
        var all = [[Int]](repeating: [0], count: 1)
        for axis in inputs.indices {
            let offsets = (0..<outputs[axis]).map { output in
                (0..<window[axis]).filter {
                    (0..<inputs[axis]).contains(output * strides[axis] - before[axis] + $0)
                }
            }
            all = all.flatMap { outer in
                offsets.map { inner in
                    outer.flatMap { first in inner.map { first * window[axis] + $0 } }
                }
            }
        }
        return all
    }
}
