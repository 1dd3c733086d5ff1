internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

extension OperationTable {
    /// Convolutions, pooling and what else slides over images.
    static let windows: OperationRows = [
        "Conv": .one { try $0.convolution() },
        "DepthwiseConv": .one { c in
            let (x, kernel) = (try c.real(c.tensor(0, "inputs")), try c.real(c.tensor(1, "kernel")))
            return try c.inChannelsLast(x) { try $0.depthwise($1, kernel) }
        },
        "SeparableConv": .one { try $0.separableConvolution() },
        "ConvTranspose": .one { try $0.transposedConvolution() },
        "MaxPool": .one { try $0.pooled(isMax: true) },
        "AveragePool": .one { try $0.pooled(isMax: false) },
        "AdaptiveMaxPool": .one { try $0.adaptivelyPooled(isMax: true) },
        "AdaptiveAveragePool": .one { try $0.adaptivelyPooled(isMax: false) },
        "Unfold": .one { try $0.unfolded() }, "Fold": .one { try $0.folded() },
        "DepthToSpace": .one { try $0.depthToSpace() },
        "SpaceToDepth": .one { try $0.spaceToDepth() },
    ]
}

extension OperationCall {
    func format() throws -> DataFormat {
        try options.choice("data_format", default: .channelsLast)
    }

    /// Computes in channels-last order, whatever the option's.
    mutating func inChannelsLast(
        _ x: Value, _ body: (inout OperationCall, Value) throws -> Value
    ) throws -> Value {
        let rank = shape(x).count
        guard try format() == .channelsFirst, rank > 2 else { return try body(&self, x) }
        let y = try body(&self, graph.transpose(x, permutation: [0] + Array(2..<rank) + [1]))
        let last = shape(y).count - 1
        return try graph.transpose(y, permutation: [0, last] + Array(1..<last))
    }

    private func spatialRank(_ x: Value) throws -> Int {
        let rank = shape(x).count - 2
        guard 1...3 ~= rank else {
            throw refusal("1 to 3 spatial axes expected, \(shape(x)) found")
        }
        return rank
    }

    /// Kernel sizes with the options' strides, dilation and padding.
    private func window(_ size: [Int]) throws -> Window {
        let ones = [Int](repeating: 1, count: size.count)
        let padding: Padding
        switch try options.string("padding", default: "valid").lowercased() {
        case "valid": padding = .valid
        case "same": padding = .same
        case let other: throw refusal("padding \"\(other)\" is unknown")
        }
        return Window(
            size: size, strides: try options.ints("strides", count: size.count, default: ones),
            dilation: try options.ints("dilation_rate", count: size.count, default: ones),
            padding: padding)
    }

    fileprivate mutating func convolution() throws -> Value {
        let (x, kernel) = (try real(tensor(0, "inputs")), try real(tensor(1, "kernel")))
        return try inChannelsLast(x) { c, x in
            let rank = try c.spatialRank(x)
            let size = c.shape(kernel)
            guard size.count == rank + 2, size[rank] > 0, c.shape(x)[rank + 1] % size[rank] == 0
            else { throw c.refusal("a kernel of \(size) for inputs of \(c.shape(x))") }
            let window = try c.window(Array(size[..<rank]))
            return try c.graph.convolution(
                x, kernel, strides: window.strides, dilation: window.dilation,
                padding: window.amounts(Array(c.shape(x)[1...rank])),
                groups: c.shape(x)[rank + 1] / size[rank])
        }
    }

    fileprivate mutating func depthwise(_ x: Value, _ kernel: Value) throws -> Value {
        let rank = try spatialRank(x)
        let size = shape(kernel)
        guard rank <= 2, size.count == rank + 2, size[rank] == shape(x)[rank + 1] else {
            throw refusal("a kernel of \(size) for inputs of \(shape(x))")
        }
        let window = try window(Array(size[..<rank]))
        return try graph.depthwiseConvolution(
            x, kernel, strides: window.strides, dilation: window.dilation,
            padding: window.amounts(Array(shape(x)[1...rank])))
    }

    fileprivate mutating func separableConvolution() throws -> Value {
        let x = try real(tensor(0, "inputs"))
        let kernel = try real(tensor(1, "depthwise_kernel"))
        let point = try real(tensor(2, "pointwise_kernel"))
        return try inChannelsLast(x) { c, x in
            let y = try c.depthwise(x, kernel)
            let rank = c.shape(x).count - 2
            let ones = [Int](repeating: 1, count: rank)
            return try c.graph.convolution(
                y, point, strides: ones, dilation: ones, padding: ones.map { _ in (0, 0) })
        }
    }

    fileprivate mutating func transposedConvolution() throws -> Value {
        let (x, kernel) = (try real(tensor(0, "inputs")), try real(tensor(1, "kernel")))
        return try inChannelsLast(x) { c, x in
            let rank = try c.spatialRank(x)
            let size = c.shape(kernel)
            guard size.count == rank + 2 else {
                throw c.refusal("a kernel of \(size) for inputs of \(c.shape(x))")
            }
            let window = try c.window(Array(size[..<rank]))
            let extra = try c.options.value("output_padding").map { _ in
                try c.options.ints("output_padding", count: rank, minimum: 0)
            }
            let spatial = try (0..<rank).map { axis in
                try TransposedOptions.outputSize(
                    c.shape(x)[axis + 1], window, axis, extra?[axis])
            }
            return try c.graph.transposedConvolution(
                x, kernel, to: spatial, strides: window.strides, dilation: window.dilation,
                padding: window.amounts(spatial))
        }
    }

    fileprivate mutating func pooled(isMax: Bool) throws -> Value {
        try inChannelsLast(real(tensor(0, "inputs"))) { c, x in
            let rank = try c.spatialRank(x)
            let size = try c.options.ints("pool_size", count: rank)
            let plain = try c.window(size)
            let window = Window(
                size: size, strides: try c.options.ints("strides", count: rank, default: size),
                padding: plain.padding)
            let amounts = try window.amounts(Array(c.shape(x)[1...rank]))
            return isMax
                ? try c.graph.maxPool(x, size: size, strides: window.strides, padding: amounts)
                : try c.graph.averagePool(x, size: size, strides: window.strides, padding: amounts)
        }
    }

    /// Windows of nearly equal size, as many as asked for, one axis after the other.
    fileprivate mutating func adaptivelyPooled(isMax: Bool) throws -> Value {
        try inChannelsLast(real(tensor(0, "inputs"))) { c, x in
            let rank = try c.spatialRank(x)
            let sizes = try c.options.ints("output_size", count: rank)
            var x = x
            for axis in 1...rank {
                let (old, new) = (c.shape(x)[axis], sizes[axis - 1])
                guard old > 0, old < 1 << 40, new <= 1 << 12 else {
                    throw c.refusal("\(new) windows of \(old)")
                }
                let windows = try (0..<new).map { place in
                    let range = place * old / new..<((place + 1) * old + new - 1) / new
                    let part = try c.graph.slice(x, axis: axis, range)
                    return try c.graph.reduce(
                        isMax ? .maximum : .mean, part, axes: [axis], keepsDimensions: true)
                }
                x = try c.graph.concatenate(windows, axis: axis)
            }
            return x
        }
    }

    // MARK: Patches as columns

    /// A pair of numbers from an option.
    private func two(_ key: String, default fallback: Int? = nil, minimum: Int = 1) throws -> [Int]
    {
        try options.ints(
            key, count: 2, default: fallback.map { [$0, $0] }, minimum: minimum)
    }

    /// Where windows start along both axes of an image of this size.
    private func starts(_ extent: Int, _ axis: Int) throws -> (
        size: Int, positions: [Int], step: Int
    ) {
        let size = try two("kernel_size")[axis]
        let dilation = try two("dilation", default: 1)[axis]
        let stride = try two("stride", default: 1)[axis]
        let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: dilation)
        guard !overflow, reach < extent, size < 1 << 20, extent <= Self.largestTable else {
            throw refusal("a window of \(size) by \(dilation) does not fit \(extent)")
        }
        return (size, Array(Swift.stride(from: 0, to: extent - reach, by: stride)), dilation)
    }

    /// The positions that windows take along an axis, window after window within each offset.
    private func places(_ extent: Int, _ axis: Int) throws -> (
        indices: [Int64], size: Int, count: Int
    ) {
        let (size, positions, step) = try starts(extent, axis)
        try checkTable(size, positions.count)
        let indices = (0..<size).flatMap { offset in
            positions.map { Int64($0 + offset * step) }
        }
        return (indices, size, positions.count)
    }

    /// `[n, c, h, w]` → `[n, c · kh · kw, windows]`.
    fileprivate mutating func unfolded() throws -> Value {
        var x = try tensor(0, has(0, "input") ? "input" : "x")
        guard shape(x).count == 4 else { throw refusal("four axes expected, \(shape(x)) found") }
        let margin = try two("padding", default: 0, minimum: 0)
        x = try padded(x, [0, 0] + margin, [0, 0] + margin, with: nil)
        let rows = try places(shape(x)[2], 0)
        let columns = try places(shape(x)[3], 1)
        x = try graph.gather(x, graph.constant(Tensor(rows.indices)), axis: 2)
        x = try graph.gather(x, graph.constant(Tensor(columns.indices)), axis: 3)
        let (n, c) = (shape(x)[0], shape(x)[1])
        let split = try graph.reshape(
            x, to: [n, c, rows.size, rows.count, columns.size, columns.count])
        let ordered = try graph.transpose(split, permutation: [0, 1, 2, 4, 3, 5])
        return try graph.reshape(
            ordered, to: [n, c * rows.size * columns.size, rows.count * columns.count])
    }

    /// The sum of windows put back to their places.
    fileprivate mutating func folded() throws -> Value {
        let x = try real(x())
        guard shape(x).count == 3 else { throw refusal("three axes expected, \(shape(x)) found") }
        let size = try two("output_size")
        let margin = try two("padding", default: 0, minimum: 0)
        let (height, width) = (size[0] + 2 * margin[0], size[1] + 2 * margin[1])
        let rows = try places(height, 0)
        let columns = try places(width, 1)
        let n = shape(x)[0]
        let c = shape(x)[1] / (rows.size * columns.size)
        let split = try graph.reshape(
            x, to: [n, c, rows.size, columns.size, rows.count, columns.count])
        let ordered = try graph.transpose(split, permutation: [0, 1, 2, 4, 3, 5])
        let table = try graph.reshape(
            ordered, to: [n, c, rows.indices.count, columns.indices.count])
        let tall = try graph.apply(
            GatherGradient(axis: 3, shape: Shape([n, c, rows.indices.count, width])), table,
            graph.constant(Tensor(columns.indices)))
        let whole = try graph.apply(
            GatherGradient(axis: 2, shape: Shape([n, c, height, width])), tall,
            graph.constant(Tensor(rows.indices)))
        return try graph.slice(
            whole, starts: [0, 0] + margin,
            limits: [n, c, margin[0] + size[0], margin[1] + size[1]])
    }

    // MARK: Blocks

    fileprivate mutating func depthToSpace() throws -> Value {
        try inChannelsLast(x()) { c, x in
            let block = try c.options.positiveInt("block_size")
            let extents = c.shape(x)
            guard extents.count == 4, block < 1 << 16, extents[3] % (block * block) == 0 else {
                throw c.refusal("blocks of \(block) in \(extents)")
            }
            let (n, h, w, depth) = (
                extents[0], extents[1], extents[2], extents[3] / (block * block)
            )
            let split = try c.graph.reshape(x, to: [n, h, w, block, block, depth])
            let ordered = try c.graph.transpose(split, permutation: [0, 1, 3, 2, 4, 5])
            return try c.graph.reshape(ordered, to: [n, h * block, w * block, depth])
        }
    }

    fileprivate mutating func spaceToDepth() throws -> Value {
        try inChannelsLast(x()) { c, x in
            let block = try c.options.positiveInt("block_size")
            let extents = c.shape(x)
            guard extents.count == 4, block < 1 << 16, extents[1] % block == 0,
                extents[2] % block == 0
            else { throw c.refusal("blocks of \(block) in \(extents)") }
            let (n, h, w, depth) = (extents[0], extents[1] / block, extents[2] / block, extents[3])
            let split = try c.graph.reshape(x, to: [n, h, block, w, block, depth])
            let ordered = try c.graph.transpose(split, permutation: [0, 1, 3, 2, 4, 5])
            return try c.graph.reshape(ordered, to: [n, h, w, block * block * depth])
        }
    }
}
