import CKernels
import Testing

@Suite("Convolution kernels")
struct ConvolutionTests {
    /// Operands of one convolution and the three ways to compute with it.
    struct Problem {
        let convolution: sl_convolution
        let input: [Float]
        let kernel: [Float]
        let output: [Float]
        let bias: [Float]

        init(_ test: ConvolutionCase, cpu: sl_cpu) {
            convolution = test.convolution(cpu: cpu)
            var numbers = Numbers(seed: test.channels * 64 + test.filters)
            input = numbers.floats(convolution.inputCount)
            kernel = numbers.floats(convolution.kernelCount)
            output = numbers.floats(convolution.outputCount)
            bias = numbers.floats(max(test.channels, test.filters))
        }

        func divisions(_ pass: sl_convolution_pass, seed: Int?) -> [sl_part] {
            var convolution = convolution
            let whole = sl_convolution_whole(&convolution, pass)
            guard let seed else { return [whole] }
            var numbers = Numbers(seed: seed)
            let panels = division(of: whole.panel_end, &numbers)
            return division(of: whole.row_end, &numbers).flatMap { row in
                panels.map {
                    sl_part(
                        row: row.lowerBound, row_end: row.upperBound, panel: $0.lowerBound,
                        panel_end: $0.upperBound)
                }
            }
        }

        /// The result of a pass; parts at random places if there is a seed.
        func result(_ pass: sl_convolution_pass, seed: Int? = nil, residual: [Float]? = nil)
            -> [Float]
        {
            var c = convolution
            let parts = divisions(pass, seed: seed)
            var scratch = [Float](repeating: .nan, count: sl_convolution_scratch(&c, pass))
            if pass == SL_CONVOLUTION_KERNEL_GRADIENT {
                var result = [Float](repeating: .nan, count: kernel.count)
                for part in parts {
                    sl_convolution_kernel_gradient(
                        &c, input, output, 0, c.batch, false, part, &result, &scratch)
                }
                return result
            }
            var packed = [Float](repeating: .nan, count: sl_convolution_packed_count(&c, pass))
            for part in parts { sl_convolution_pack(&c, pass, kernel, part, &packed) }
            let isOutput = pass == SL_CONVOLUTION_OUTPUT
            var result = [Float](repeating: .nan, count: isOutput ? output.count : input.count)
            bias.withUnsafeBufferPointer { bias in
                (residual ?? []).withUnsafeBufferPointer { residualBuffer in
                    var epilogue = sl_epilogue()
                    if residual != nil {
                        epilogue.bias = bias.baseAddress
                        epilogue.residual = residualBuffer.baseAddress
                        epilogue.activation = SL_ACTIVATION_CLIP
                        (epilogue.low, epilogue.high) = (-1, 1)
                    }
                    let run =
                        isOutput ? sl_convolution_output : sl_convolution_input_gradient
                    for part in parts {
                        run(
                            &c, isOutput ? input : output, packed, &epilogue, part, &result,
                            &scratch)
                    }
                }
            }
            return result
        }

        func expected(_ pass: sl_convolution_pass) -> [Sum] {
            var sums: [Sum]
            switch pass {
            case SL_CONVOLUTION_OUTPUT:
                sums = Array(repeating: Sum(), count: output.count)
                convolution.forEachTerm { sums[$2].add(input[$0], kernel[$1]) }
            case SL_CONVOLUTION_INPUT_GRADIENT:
                sums = Array(repeating: Sum(), count: input.count)
                convolution.forEachTerm { sums[$0].add(output[$2], kernel[$1]) }
            default:
                sums = Array(repeating: Sum(), count: kernel.count)
                convolution.forEachTerm { sums[$1].add(output[$2], input[$0]) }
            }
            return sums
        }
    }

    static let passes = [
        SL_CONVOLUTION_OUTPUT, SL_CONVOLUTION_INPUT_GRADIENT, SL_CONVOLUTION_KERNEL_GRADIENT,
    ]

    @Test(
        "agrees with plain loops at every level, in all three directions",
        arguments: convolutionCases, levels)
    func matchesReference(_ test: ConvolutionCase, _ cpu: sl_cpu) {
        let problem = Problem(test, cpu: cpu)
        for pass in Self.passes {
            let found = problem.result(pass)
            let expected = problem.expected(pass)
            let wrong = found.indices.filter { !expected[$0].allows(found[$0]) }
            #expect(wrong.isEmpty, "pass \(pass.rawValue)")
        }
    }

    @Test("gives the same bits however it is divided", arguments: convolutionCases, levels)
    func isDivisible(_ test: ConvolutionCase, _ cpu: sl_cpu) {
        let problem = Problem(test, cpu: cpu)
        for pass in Self.passes {
            #expect(problem.result(pass, seed: test.filters) == problem.result(pass))
        }
    }

    @Test("adds bias and residual, then clips", arguments: convolutionCases, levels)
    func appliesEpilogue(_ test: ConvolutionCase, _ cpu: sl_cpu) {
        let problem = Problem(test, cpu: cpu)
        for pass in [SL_CONVOLUTION_OUTPUT, SL_CONVOLUTION_INPUT_GRADIENT] {
            let columns = pass == SL_CONVOLUTION_OUTPUT ? test.filters : test.channels
            var numbers = Numbers(seed: 9)
            var expected = problem.expected(pass)
            let residual = numbers.floats(expected.count)
            let found = problem.result(pass, seed: test.batch, residual: residual)
            for i in expected.indices {
                expected[i].add(problem.bias[i % columns])
                expected[i].add(residual[i])
                expected[i].value = min(max(expected[i].value, -1), 1)
            }
            let wrong = found.indices.filter { !expected[$0].allows(found[$0]) }
            #expect(wrong.isEmpty, "pass \(pass.rawValue)")
        }
    }

    @Test("adds the kernel gradients of parts of the batch", arguments: convolutionCases, levels)
    func accumulatesKernelGradient(_ test: ConvolutionCase, _ cpu: sl_cpu) {
        let problem = Problem(test, cpu: cpu)
        var c = problem.convolution
        let pass = SL_CONVOLUTION_KERNEL_GRADIENT
        let whole = sl_convolution_whole(&c, pass)
        var scratch = [Float](repeating: .nan, count: sl_convolution_scratch(&c, pass))
        var found = [Float](repeating: 0, count: problem.kernel.count)
        for image in 0..<test.batch {
            sl_convolution_kernel_gradient(
                &c, problem.input, problem.output, image, image + 1, true, whole, &found, &scratch)
        }
        let expected = problem.expected(pass)
        #expect(found.indices.allSatisfy { expected[$0].allows(found[$0]) })
    }
}
