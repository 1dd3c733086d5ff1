import CKernels
import Testing

struct ProductCase: Sendable, CustomTestStringConvertible {
    var m: Int
    var n: Int
    var k: Int
    var transposesA = false
    var transposesB = false
    /// Room between the rows of the operands and of the result.
    var slack = 0

    var testDescription: String {
        "\(m)×\(n)×\(k)\(transposesA ? " Aᵀ" : "")\(transposesB ? " Bᵀ" : "") slack \(slack)"
    }
}

@Suite("Matrix product kernels")
struct MatrixProductTests {
    static let cases: [ProductCase] =
        [
            (1, 1, 1), (1, 16, 8), (2, 17, 3), (3, 70, 33), (1, 70, 40), (4, 15, 9), (5, 31, 2),
            (6, 16, 16), (7, 33, 5), (11, 8, 12), (13, 47, 21), (20, 130, 7), (3, 5, 0), (0, 5, 3),
            (4, 0, 3), (7, 24, 650), (150, 9, 13), (2, 64, 330), (1, 4200, 330), (1, 37, 17),
        ]
        .map { ProductCase(m: $0.0, n: $0.1, k: $0.2) }
        + [
            ProductCase(m: 13, n: 19, k: 37, transposesA: true),
            ProductCase(m: 13, n: 39, k: 37, transposesB: true),
            ProductCase(m: 10, n: 140, k: 37, transposesA: true, transposesB: true, slack: 3),
            ProductCase(m: 8, n: 18, k: 6, slack: 5),
        ]

    /// One product with its operands, as the kernels see it.
    struct Problem {
        let a: [Float]
        var b: [Float]
        let bias: [Float]
        let residual: [Float]
        let start: [Float]
        var matmul = sl_matmul()

        init(_ test: ProductCase, cpu: sl_cpu, seed: Int) {
            var numbers = Numbers(seed: seed)
            let (m, n, k) = (test.m, test.n, test.k)
            let aPitch = (test.transposesA ? m : k) + test.slack
            let bPitch = (test.transposesB ? k : n) + test.slack
            a = numbers.floats(aPitch * (test.transposesA ? k : m))
            b = numbers.floats(bPitch * (test.transposesB ? n : k))
            bias = numbers.floats(n)
            residual = numbers.floats(m * (n + test.slack))
            start = numbers.floats(m * (n + test.slack))
            matmul.cpu = cpu
            (matmul.m, matmul.n, matmul.k) = (m, n, k)
            (matmul.a_row, matmul.a_column) = test.transposesA ? (1, aPitch) : (aPitch, 1)
            (matmul.b_row, matmul.b_column) = test.transposesB ? (1, bPitch) : (bPitch, 1)
            matmul.c_row = n + test.slack
        }

        /// The result, computed in the parts `rows` × `panels`.
        func result(rows: [Range<Int>], panels: [Range<Int>], packs: Bool, extras: Bool)
            -> [Float]
        {
            var product = matmul
            var c = start
            var packed = [Float](repeating: .nan, count: sl_matmul_packed_count(&product))
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBufferPointer { b in
                    bias.withUnsafeBufferPointer { bias in
                        residual.withUnsafeBufferPointer { residual in
                            product.a = a.baseAddress
                            product.b = b.baseAddress
                            if extras {
                                product.accumulate = true
                                product.epilogue.bias = bias.baseAddress
                                product.epilogue.residual = residual.baseAddress
                                product.epilogue.activation = SL_ACTIVATION_CLIP
                                product.epilogue.low = -0.5
                                product.epilogue.high = 1.5
                            }
                            c.withUnsafeMutableBufferPointer { c in
                                product.c = c.baseAddress
                                packed.withUnsafeMutableBufferPointer { packed in
                                    if packs {
                                        for range in panels {
                                            sl_matmul_pack(
                                                &product, range.lowerBound, range.upperBound,
                                                packed.baseAddress)
                                        }
                                        product.packed = UnsafePointer(packed.baseAddress)
                                    }
                                    run(product, rows, panels)
                                }
                            }
                        }
                    }
                }
            }
            return c
        }

        private func run(_ product: sl_matmul, _ rows: [Range<Int>], _ panels: [Range<Int>]) {
            var product = product
            var scratch = [Float](repeating: .nan, count: sl_matmul_scratch(&product))
            for row in rows {
                for panel in panels {
                    sl_matmul_run(
                        &product, row.lowerBound, row.upperBound, panel.lowerBound,
                        panel.upperBound, &scratch)
                }
            }
        }

        func expected(_ i: Int, _ j: Int) -> Sum {
            var sum = Sum()
            for k in 0..<matmul.k {
                sum.add(
                    a[i * matmul.a_row + k * matmul.a_column],
                    b[k * matmul.b_row + j * matmul.b_column])
            }
            return sum
        }
    }

    @Test("agrees with plain loops at every level", arguments: cases, levels)
    func matchesReference(_ test: ProductCase, _ cpu: sl_cpu) {
        let problem = Problem(test, cpu: cpu, seed: test.m + 31 * test.n + 7 * test.k)
        let panels = sl_panel_count(cpu, test.n)
        for packs in [true, false] {
            for extras in [false, true] {
                let found = problem.result(
                    rows: [0..<test.m], panels: [0..<panels], packs: packs, extras: extras)
                for i in 0..<test.m {
                    for j in 0..<problem.matmul.c_row {
                        let at = i * problem.matmul.c_row + j
                        guard j < test.n else {
                            #expect(found[at] == problem.start[at], "written beyond the columns")
                            continue
                        }
                        var sum = problem.expected(i, j)
                        if extras {
                            sum.add(problem.start[at])
                            sum.add(problem.bias[j])
                            sum.add(problem.residual[at])
                            sum.value = min(max(sum.value, -0.5), 1.5)
                        }
                        #expect(sum.allows(found[at]), "row \(i), column \(j): \(found[at])")
                    }
                }
            }
        }
    }

    @Test("gives the same bits however it is divided", arguments: cases, levels)
    func isDivisible(_ test: ProductCase, _ cpu: sl_cpu) {
        let problem = Problem(test, cpu: cpu, seed: test.m + 5 * test.n + 3 * test.k)
        let panels = sl_panel_count(cpu, test.n)
        let whole = problem.result(
            rows: [0..<test.m], panels: [0..<panels], packs: true, extras: true)
        var numbers = Numbers(seed: test.k)
        for packs in [true, false] {
            let parts = problem.result(
                rows: division(of: test.m, &numbers), panels: division(of: panels, &numbers),
                packs: packs, extras: true)
            #expect(parts == whole)
        }
    }

    @Test("passes NaN through the activation", arguments: levels)
    func keepsNaN(_ cpu: sl_cpu) {
        var product = sl_matmul()
        (product.m, product.n, product.k, product.cpu) = (1, 33, 1, cpu)
        (product.a_column, product.b_column, product.b_row, product.c_row) = (1, 1, 33, 33)
        product.epilogue.activation = SL_ACTIVATION_CLIP
        product.epilogue.high = .infinity
        let a: [Float] = [.nan]
        let b = [Float](repeating: 1, count: 33)
        var c = [Float](repeating: 0, count: 33)
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                c.withUnsafeMutableBufferPointer { c in
                    product.a = a.baseAddress
                    product.b = b.baseAddress
                    product.c = c.baseAddress
                    var scratch = [Float](repeating: 0, count: sl_matmul_scratch(&product))
                    sl_matmul_run(&product, 0, 1, 0, sl_panel_count(cpu, 33), &scratch)
                }
            }
        }
        #expect(c.allSatisfy { $0.isNaN })
    }
}
