internal import CKernels
internal import SwiftletTensor

/// How a convolution's kernel moves over the one to three spatial axes of its input:
/// `output[o] = Σ_t input[o · stride + t · dilation − before] · kernel[t]`.
///
/// Images are `[batch, spatial…, channels]`, kernels `[spatial…, channels / groups, filters]`.
package struct ConvolutionGeometry: Sendable, Hashable {
    package let strides: [Int]
    package let dilation: [Int]
    /// Zeros around the input, along each axis.
    package let before: [Int]
    package let after: [Int]
    package let groups: Int

    package init(
        strides: [Int], dilation: [Int], padding: [(before: Int, after: Int)], groups: Int = 1
    ) {
        self.strides = strides
        self.dilation = dilation
        before = padding.map(\.before)
        after = padding.map(\.after)
        self.groups = groups
    }

    private static let axes = 1...3

    /// The output's shape.
    ///
    /// - Throws: ``GraphError/operands(op:cause:)`` if input and kernel do not fit.
    func outputShape(input: Shape, kernel: Shape, of op: some Op) throws -> Shape {
        try checkRanks(input: input, kernel: kernel, of: op)
        let axes = strides.count
        let spatial = try (0..<axes).map { axis in
            guard let reach = reach(kernel[axis], axis),
                let padded = Self.sum(input[axis + 1], before[axis], after[axis]), padded >= reach
            else { throw op.refusal("a kernel of \(kernel) does not fit an input of \(input)") }
            return (padded - reach) / strides[axis] + 1
        }
        guard input[axes + 1] == kernel[axes] * groups, kernel[axes + 1] % groups == 0 else {
            throw op.refusal(
                "a kernel of \(kernel) in \(groups) groups does not fit an input of \(input)")
        }
        return try Shape([input[0]] + spatial + [kernel[axes + 1]])
    }

    /// The input's shape where its spatial extents are given.
    func inputShape(output: Shape, kernel: Shape, spatial: [Int], of op: some Op) throws -> Shape {
        guard output.rank == kernel.rank, output.rank == spatial.count + 2 else {
            throw op.refusal(
                "an output of \(output), a kernel of \(kernel), an input of \(spatial)")
        }
        let (channels, overflow) = kernel[kernel.rank - 2].multipliedReportingOverflow(by: groups)
        guard !overflow else { throw op.refusal("\(groups) groups") }
        let input = try Shape([output[0]] + spatial + [channels])
        guard try outputShape(input: input, kernel: kernel, of: op) == output else {
            throw op.refusal(
                "an input of \(input) and a kernel of \(kernel) do not give an output of \(output)")
        }
        return input
    }

    private func checkRanks(input: Shape, kernel: Shape, of op: some Op) throws {
        let axes = strides.count
        guard Self.axes.contains(axes), dilation.count == axes, before.count == axes,
            after.count == axes
        else { throw op.refusal("one to three spatial axes expected, \(axes) found") }
        guard input.rank == axes + 2, kernel.rank == axes + 2 else {
            throw op.refusal(
                "an input and a kernel of rank \(axes + 2) expected, \(input) and \(kernel) found")
        }
        guard groups > 0,
            (strides + dilation + kernel.dimensions.dropLast(2)).allSatisfy({ $0 > 0 })
        else { throw op.refusal("strides, dilation, kernel and groups must be positive") }
        // Margins are numbers of pixels: far from overflow, but room for odd geometries.
        guard (before + after).allSatisfy({ abs($0) < 1 << 40 }),
            (strides + dilation).allSatisfy({ $0 < 1 << 40 })
        else { throw op.refusal("padding \(before), \(after), strides \(strides), \(dilation)") }
    }

    /// Input elements that the kernel spans.
    private func reach(_ taps: Int, _ axis: Int) -> Int? {
        let (span, overflow) = (taps - 1).multipliedReportingOverflow(by: dilation[axis])
        return overflow || span >= 1 << 46 ? nil : span + 1
    }

    private static func sum(_ extent: Int, _ before: Int, _ after: Int) -> Int? {
        let (sum, overflow) = extent.addingReportingOverflow(before + after)
        return overflow ? nil : sum
    }

    /// As the kernels take it; unused axes come first.
    func lowered(
        input: Shape, kernel: Shape, output: Shape, _ algorithm: ConvolutionAlgorithm = .sums,
        _ storage: WeightStorage = .float32
    ) -> sl_convolution {
        let axes = strides.count
        func triple(_ values: (Int) -> Int, else missing: Int) -> (Int, Int, Int) {
            func value(_ position: Int) -> Int {
                let axis = position - (3 - axes)
                return axis < 0 ? missing : values(axis)
            }
            return (value(0), value(1), value(2))
        }
        var result = sl_convolution()
        result.batch = input[0]
        result.input = triple({ input[$0 + 1] }, else: 1)
        result.output = triple({ output[$0 + 1] }, else: 1)
        result.kernel = triple({ kernel[$0] }, else: 1)
        result.stride = triple({ strides[$0] }, else: 1)
        result.dilation = triple({ dilation[$0] }, else: 1)
        result.padding = triple({ before[$0] }, else: 0)
        result.channels = input[axes + 1]
        result.filters = output[axes + 1]
        result.groups = groups
        result.winograd = algorithm.tile
        result.storage = storage.code
        return result
    }
}

/// How a convolution adds up its products.
package enum ConvolutionAlgorithm: Sendable, Hashable {
    /// One after the other: exact but for rounding.
    case sums
    /// Winograd's algorithm, in tiles of 2 × 2 or 4 × 4: fewer multiplications, but rounding errors
    /// of up to 1e-5 of the result's spread, and NaN or infinity spread over their tile.
    case tiles2, tiles4

    init(tile: Int) {
        self = tile == 4 ? .tiles4 : tile == 2 ? .tiles2 : .sums
    }

    var tile: Int {
        switch self {
        case .sums: 0
        case .tiles2: 2
        case .tiles4: 4
        }
    }
}

extension sl_convolution {
    private static func volume(_ extent: (Int, Int, Int)) -> Double {
        Double(extent.0) * Double(extent.1) * Double(extent.2)
    }

    /// Multiply-adds.
    var work: Double {
        Double(batch) * Self.volume(output) * Self.volume(kernel) * Double(channels / groups)
            * Double(filters)
    }

    func whole(_ pass: sl_convolution_pass) -> sl_part {
        var copy = self
        return sl_convolution_whole(&copy, pass)
    }

    func packedCount(_ pass: sl_convolution_pass) -> Int {
        var copy = self
        return sl_convolution_packed_count(&copy, pass)
    }

    func scratchCount(_ pass: sl_convolution_pass) -> Int {
        var copy = self
        return sl_convolution_scratch(&copy, pass)
    }

    /// Packs the kernel, shared out over the threads.
    func pack(
        _ kernel: UnsafePointer<Float>, for pass: sl_convolution_pass,
        into packed: UnsafeMutablePointer<Float>, workers: Workers
    ) {
        let panels = whole(pass).panel_end
        workers.forEach(count: panels, grain: max(1, panels / 8)) { range in
            var copy = self
            sl_convolution_pack(
                &copy, pass, kernel,
                sl_part(row: 0, row_end: 0, panel: range.lowerBound, panel_end: range.upperBound),
                packed)
        }
    }

    private func rowKind(of pass: sl_convolution_pass) -> ProductParts.Rows {
        if pass == SL_CONVOLUTION_INPUT_GRADIENT {
            var copy = self
            return sl_convolution_scatters(&copy) ? .scattered : .ofProduct
        }
        guard pass == SL_CONVOLUTION_OUTPUT else { return .ofProduct }
        if winograd != 0 { return .tiles }
        guard groups > 1, groups == channels else { return .ofProduct }
        return .lines(output.1, width: output.2)
    }

    /// Calls `body(part, thread)` for all parts of a pass.
    func forEachPart(
        of pass: sl_convolution_pass, workers: Workers,
        _ body: (_ part: sl_part, _ thread: Int) -> Void
    ) {
        let whole = whole(pass)
        let parts = ProductParts(
            rows: whole.row_end, panels: whole.panel_end, work: work, threads: workers.count,
            of: rowKind(of: pass))
        workers.forEach(parts: parts.count) { number, thread in
            let (rows, panels) = parts[number]
            body(
                sl_part(
                    row: rows.lowerBound, row_end: rows.upperBound, panel: panels.lowerBound,
                    panel_end: panels.upperBound), thread)
        }
    }
}
