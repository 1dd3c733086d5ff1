import CKernels
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A function, what the C library says in double precision, and the error allowed in units in the
/// last place, on the floats of an interval.
private struct Accuracy: Sendable, CustomTestStringConvertible {
    let name: String
    let code: sl_unary
    let ulps: Double
    var domain: ClosedRange<Float> = -Float.greatestFiniteMagnitude...(.greatestFiniteMagnitude)
    let exact: @Sendable (Double) -> Double

    var testDescription: String { name }
}

private func exactSigmoid(_ x: Double) -> Double {
    x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x))
}

private let accuracies = [
    Accuracy(name: "sqrt", code: SL_UNARY_SQRT, ulps: 0.5) { $0.squareRoot() },
    Accuracy(name: "exp", code: SL_UNARY_EXP, ulps: 1.1) { exp($0) },
    Accuracy(name: "expm1", code: SL_UNARY_EXPM1, ulps: 1.6) { expm1($0) },
    Accuracy(name: "log", code: SL_UNARY_LOG, ulps: 1.2) { log($0) },
    Accuracy(name: "log1p", code: SL_UNARY_LOG1P, ulps: 1.5) { log1p($0) },
    Accuracy(
        name: "sigmoid", code: SL_UNARY_SIGMOID, ulps: 2.5,
        domain: -87.3...(.greatestFiniteMagnitude), exact: exactSigmoid),
    Accuracy(name: "tanh", code: SL_UNARY_TANH, ulps: 2.5) { tanh($0) },
    Accuracy(name: "softplus", code: SL_UNARY_SOFTPLUS, ulps: 3) {
        $0 < 0 ? log1p(exp($0)) : $0 + log1p(exp(-$0))
    },
    Accuracy(name: "log_sigmoid", code: SL_UNARY_LOG_SIGMOID, ulps: 3) {
        $0 < 0 ? $0 - log1p(exp($0)) : -log1p(exp(-$0))
    },
    Accuracy(name: "erf", code: SL_UNARY_ERF, ulps: 2) { erf($0) },
    Accuracy(name: "sin", code: SL_UNARY_SIN, ulps: 1.6) { sin($0) },
    Accuracy(name: "cos", code: SL_UNARY_COS, ulps: 1.6) { cos($0) },
    Accuracy(name: "floor", code: SL_UNARY_FLOOR, ulps: 0) { $0.rounded(.down) },
    Accuracy(name: "ceil", code: SL_UNARY_CEIL, ulps: 0) { $0.rounded(.up) },
    Accuracy(name: "round", code: SL_UNARY_ROUND, ulps: 0) { $0.rounded(.toNearestOrEven) },
    Accuracy(name: "gelu near zero", code: SL_UNARY_GELU, ulps: 6, domain: -1...1) {
        0.5 * $0 * erfc(-$0 * 0.5.squareRoot())
    },
    Accuracy(name: "gelu in the tails", code: SL_UNARY_GELU, ulps: 60, domain: -12...40) {
        0.5 * $0 * erfc(-$0 * 0.5.squareRoot())
    },
    Accuracy(name: "silu", code: SL_UNARY_SILU, ulps: 3, domain: -87.3...88) {
        $0 * exactSigmoid($0)
    },
]

private func apply(_ code: sl_unary, _ x: [Float], _ parameters: [Float] = []) -> [Float] {
    var y = x
    sl_unary_apply(code, parameters, x, &y, x.count)
    return y
}

private let codes = (0..<SL_UNARY_COUNT.rawValue).map { sl_unary(rawValue: $0) }

/// Parameters that every function accepts.
private let parameters: [Float] = [0.3, 2, 0.5]

/// What a function gives at plus and minus infinity.
private let limitRows: [(sl_unary, [Float])] = [
    (SL_UNARY_EXP, [.infinity, 0]), (SL_UNARY_LOG, [.infinity, .nan]), (SL_UNARY_TANH, [1, -1]),
    (SL_UNARY_SIGMOID, [1, 0]), (SL_UNARY_ERF, [1, -1]), (SL_UNARY_SOFTPLUS, [.infinity, 0]),
    (SL_UNARY_EXPM1, [.infinity, -1]), (SL_UNARY_LOG1P, [.infinity, .nan]),
    (SL_UNARY_FLOOR, [.infinity, -.infinity]),
]

@Suite("Elementwise kernels") struct ElementwiseTests {
    private func atEachLevel(_ body: (sl_cpu) throws -> Void) rethrows {
        defer { #expect(sl_cpu_use(SL_CPU_ACTIVE)) }
        for level in levels {
            #expect(sl_cpu_use(level))
            try body(level)
        }
    }

    /// About 16,000 floats spread over all exponents, subnormal numbers and both signs included.
    private static let grid: [Float] = stride(
        from: UInt32(0), to: UInt32.max - 300_000, by: 262_147
    )
    .map { Float(bitPattern: $0) }
    .filter { $0.isFinite }

    @Test(arguments: accuracies) private func isAccurate(_ row: Accuracy) {
        let x = Self.grid.filter(row.domain.contains)
        atEachLevel { level in
            var worst = (error: 0.0, at: Float(0))
            for (x, y) in zip(x, apply(row.code, x)) {
                let exact = row.exact(Double(x))
                let rounded = Float(exact)
                if rounded.isNaN || y.isNaN || rounded.isInfinite || y.isInfinite {
                    let agree = rounded == y || rounded.isNaN && y.isNaN
                    // One rounding beside the largest float is no more than elsewhere.
                    #expect(
                        agree || abs(exact) > 3.4e38, "\(row.name)(\(x)) is \(exact), not \(y)")
                    continue
                }
                // Half the distance at a power of two counts as below it.
                let unit = Double(max(rounded.ulp, Float.leastNonzeroMagnitude))
                let error = abs(Double(y) - exact) / unit
                if error > worst.error { worst = (error, x) }
            }
            #expect(
                worst.error <= row.ulps,
                "\(String(cString: sl_cpu_name(level))): \(worst.error) ulp at \(worst.at)")
        }
    }

    /// What is no number stays none; infinities go where the function's limits are.
    @Test(arguments: limitRows)
    private func limits(_ code: sl_unary, _ expected: [Float]) {
        atEachLevel { _ in
            let y = apply(code, [.infinity, -.infinity, .nan])
            #expect(zip(y, expected).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }, "\(y)")
            #expect(y[2].isNaN)
        }
    }

    /// A number's result does not depend on where it stands: every run of the input gives the bits
    /// that the whole gives, values and derivatives alike.
    @Test(arguments: codes) func runsAgree(_ code: sl_unary) {
        var numbers = Numbers(seed: Int(code.rawValue))
        let x = numbers.floats(53).map { $0 * 4 }
        let dy = numbers.floats(53)
        atEachLevel { _ in
            let y = apply(code, x, parameters)
            var dx = x
            sl_unary_gradient(code, parameters, x, y, dy, &dx, x.count)
            for start in [0, 1, 7, 20] {
                for end in [start + 1, start + 3, start + 16, 53] {
                    let run = start..<end
                    let part = apply(code, Array(x[run]), parameters)
                    #expect(part.map(\.bitPattern) == y[run].map(\.bitPattern))
                    // In place of the derivative that comes in.
                    var partial = Array(dy[run])
                    partial.withUnsafeMutableBufferPointer {
                        sl_unary_gradient(
                            code, parameters, Array(x[run]), part, $0.baseAddress, $0.baseAddress,
                            run.count)
                    }
                    #expect(partial.map(\.bitPattern) == dx[run].map(\.bitPattern))
                }
            }
        }
    }

    /// All levels compute the same function: they differ by fused multiply-adds at most.
    @Test(arguments: codes) func levelsAgree(_ code: sl_unary) {
        var numbers = Numbers(seed: 1 + Int(code.rawValue))
        let x = numbers.floats(301).map { $0 * 6 }
        let dy = [Float](repeating: 1, count: x.count)
        var results: [[Float]] = []
        atEachLevel { _ in
            let y = apply(code, x, parameters)
            var dx = x
            sl_unary_gradient(code, parameters, x, y, dy, &dx, x.count)
            results.append(y + dx)
        }
        for other in results.dropFirst() {
            for (a, b) in zip(results[0], other) {
                #expect(abs(a - b) <= 3e-6 * max(1, abs(a)) || a == b || a.isNaN && b.isNaN)
            }
        }
    }
}
