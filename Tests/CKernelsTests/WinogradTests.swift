import CKernels
import Testing

@Suite("Winograd's algorithm")
struct WinogradTests {
    /// Images smaller than a tile, with edges of every width, tails of channels and filters, more
    /// tiles than are computed together, several panels of filters.
    static let cases: [ConvolutionCase] = [
        ConvolutionCase(input: [3, 3], kernel: [3, 3], channels: 1, filters: 1),
        ConvolutionCase(
            input: [1, 1], kernel: [3, 3], padding: [(1, 1), (1, 1)], channels: 5, filters: 3),
        ConvolutionCase(
            batch: 2, input: [7, 7], kernel: [3, 3], padding: [(1, 1), (1, 1)], channels: 40,
            filters: 33),
        ConvolutionCase(
            batch: 3, input: [9, 6], kernel: [3, 3], padding: [(0, 2), (3, 1)], channels: 17,
            filters: 70),
        ConvolutionCase(input: [8, 13], kernel: [3, 3], channels: 64, filters: 64),
        ConvolutionCase(
            batch: 2, input: [3, 5, 6], kernel: [1, 3, 3], padding: [(0, 0), (1, 1), (1, 1)],
            channels: 16, filters: 20),
        ConvolutionCase(
            input: [30, 41], kernel: [3, 3], padding: [(1, 1), (1, 1)], channels: 4, filters: 130),
        ConvolutionCase(
            input: [5, 6], kernel: [3, 3], padding: [(1, 1), (1, 1)], channels: 350, filters: 35),
    ]

    struct Row: Sendable, CustomTestStringConvertible {
        let shape: ConvolutionCase
        let tile: Int
        let cpu: sl_cpu
        var testDescription: String { "\(tile)×\(tile) \(shape) level \(cpu.rawValue)" }
    }
    static let rows = cases.flatMap { shape in
        [2, 4].flatMap { tile in levels.map { Row(shape: shape, tile: tile, cpu: $0) } }
    }

    /// The result of a pass computed in parts; from addresses that no vector is aligned to.
    private func result(
        _ convolution: sl_convolution, _ problem: ConvolutionTests.Problem, seed: Int?,
        residual: [Float]?
    ) -> [Float] {
        var c = convolution
        let pass = SL_CONVOLUTION_OUTPUT
        let whole = sl_convolution_whole(&c, pass)
        var parts = [whole]
        if let seed {
            var numbers = Numbers(seed: seed)
            let panels = division(of: whole.panel_end, &numbers)
            parts = division(of: whole.row_end, &numbers).flatMap { row in
                panels.map {
                    sl_part(
                        row: row.lowerBound, row_end: row.upperBound, panel: $0.lowerBound,
                        panel_end: $0.upperBound)
                }
            }
        }
        var scratch = [Float](repeating: .nan, count: sl_convolution_scratch(&c, pass))
        var packed = [Float](repeating: .nan, count: sl_convolution_packed_count(&c, pass))
        for part in parts { sl_convolution_pack(&c, pass, problem.kernel, part, &packed) }
        let count = problem.output.count
        var output = [Float](repeating: .nan, count: count + 1)
        let input = [0] + problem.input
        let bias = [0] + problem.bias
        let addend = [0] + (residual ?? [])
        output.withUnsafeMutableBufferPointer { output in
            input.withUnsafeBufferPointer { input in
                bias.withUnsafeBufferPointer { bias in
                    addend.withUnsafeBufferPointer { addend in
                        guard let y = output.baseAddress, let x = input.baseAddress,
                            let b = bias.baseAddress, let r = addend.baseAddress
                        else { return }
                        var epilogue = sl_epilogue()
                        if residual != nil {
                            epilogue.bias = b + 1
                            epilogue.residual = r + 1
                            epilogue.activation = SL_ACTIVATION_CLIP
                            (epilogue.low, epilogue.high) = (-1, 1)
                        }
                        for part in parts {
                            sl_convolution_output(
                                &c, x + 1, packed, &epilogue, part, y + 1,
                                &scratch)
                        }
                    }
                }
            }
        }
        return Array(output[1...])
    }

    private func problem(_ row: Row) -> (sl_convolution, ConvolutionTests.Problem) {
        var convolution = row.shape.convolution(cpu: row.cpu)
        convolution.winograd = row.tile
        return (convolution, ConvolutionTests.Problem(row.shape, cpu: row.cpu))
    }

    @Test("agrees with plain loops", arguments: rows)
    func matchesReference(_ row: Row) {
        let (convolution, problem) = problem(row)
        let expected = problem.expected(SL_CONVOLUTION_OUTPUT)
        // The errors of one output come from all of its tile.
        let allowed = 4e-6 * (expected.map(\.magnitude).max() ?? 0)
        let found = result(convolution, problem, seed: nil, residual: nil)
        let worst = zip(found, expected).map { abs(Double($0) - $1.value) }.max() ?? 0
        #expect(worst <= allowed, "\(worst) > \(allowed)")
    }

    @Test("adds bias and residual, then clips", arguments: rows)
    func appliesEpilogue(_ row: Row) {
        let (convolution, problem) = problem(row)
        let expected = problem.expected(SL_CONVOLUTION_OUTPUT)
        let allowed = 4e-6 * (expected.map(\.magnitude).max() ?? 0) + 1e-6
        var numbers = Numbers(seed: 9)
        let residual = numbers.floats(expected.count)
        let found = result(convolution, problem, seed: nil, residual: residual)
        for (index, sum) in expected.enumerated() {
            let value =
                sum.value + Double(problem.bias[index % row.shape.filters] + residual[index])
            let clipped = min(max(value, -1), 1)
            #expect(abs(Double(found[index]) - clipped) <= allowed, "\(index)")
        }
        #expect(found == result(convolution, problem, seed: 5, residual: residual))
    }

    @Test("is chosen for large 3 × 3 kernels of stride 1 only")
    func choice() {
        func tile(_ test: ConvolutionCase) -> Int {
            var convolution = test.convolution(cpu: SL_CPU_ACTIVE)
            return sl_convolution_tile(&convolution)
        }
        func square(_ size: Int, _ channels: Int, kernel: Int = 3) -> ConvolutionCase {
            let margin = (kernel / 2, kernel / 2)
            return ConvolutionCase(
                input: [size, size], kernel: [kernel, kernel], padding: [margin, margin],
                channels: channels, filters: channels)
        }
        #expect(tile(square(56, 64)) == 4)
        #expect(tile(square(7, 512)) == 2)
        #expect(tile(square(2, 512)) == 0)
        #expect(tile(square(56, 8)) == 0)
        #expect(tile(square(56, 64, kernel: 1)) == 0)
        #expect(tile(square(56, 64, kernel: 5)) == 0)
        var other = square(56, 64)
        other.stride = [2, 2]
        #expect(tile(other) == 0)
        other = square(56, 64)
        other.dilation = [2, 2]
        #expect(tile(other) == 0)
        other = square(56, 64)
        other.groups = 2
        #expect(tile(other) == 0)
    }
}
