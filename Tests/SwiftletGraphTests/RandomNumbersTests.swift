import SwiftletGraph
import SwiftletTensor
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct RandomNumbersTests {
    private func draw(
        _ shape: Shape, seed: UInt64 = 3, stream: String = "dropout", step: Int64 = 0,
        isNormal: Bool = false, threads: Int = 1
    ) throws -> [Float] {
        var graph = Graph()
        let counter = try graph.placeholder("step", TensorType(.scalar, .int64))
        let numbers =
            isNormal
            ? try graph.randomNormal(shape, seed: seed, stream: stream, counter: counter)
            : try graph.randomUniform(shape, seed: seed, stream: stream, counter: counter)
        let program = try Program(graph, inputs: [counter], outputs: [numbers], threads: threads)
        return try program.run([Tensor(scalar: step)], workers: Workers(count: threads))[0]
            .elements(of: Float.self)
    }

    /// The bits are those of CounterRandom, whose own tests know Philox's published answers.
    @Test func stepZeroIsTheStreamItself() throws {
        let random = CounterRandom(seed: 3, name: "dropout")
        #expect(try draw([5, 7]) == (0..<35).map { random.uniform(at: $0) })
        #expect(try draw([5, 7], isNormal: true) == (0..<35).map { random.normal(at: $0) })
    }

    @Test func laterStepsContinueInTheUpperHalf() throws {
        let seed: UInt64 = 0xfedc_ba98_7654_3210
        let random = CounterRandom(seed: seed, name: "dropout")
        let expected = (0..<45).map { place in
            let word = random.block(7 << 32 + UInt64(place >> 2))[place & 3]
            return Float(word >> 8) * 0x1p-24
        }
        #expect(try draw([45], seed: seed, step: 7) == expected)
    }

    @Test func everyArgumentMatters() throws {
        let draws = [
            try draw([64]), try draw([64], seed: 4), try draw([64], stream: "noise"),
            try draw([64], step: 1), try draw([64], seed: 3 + 1 << 32), try draw([64], step: -1),
        ]
        #expect(Set(draws.joined()).count > 380)
    }

    @Test(arguments: [false, true]) func threadsDoNotMatter(isNormal: Bool) throws {
        let alone = try draw([3, 20_001], step: 5, isNormal: isNormal)
        for threads in 2...4 {
            let shared = try draw([3, 20_001], step: 5, isNormal: isNormal, threads: threads)
            #expect(shared == alone)
        }
    }

    /// Mean and variance lie within five standard errors of what the distribution has.
    @Test func moments() throws {
        let count = 100_000
        for (isNormal, mean, variance, kurtosis) in [(false, 0.5, 1.0 / 12, 1.8), (true, 0, 1, 3)] {
            let numbers = try draw([count], step: 2, isNormal: isNormal).map(Double.init)
            let found = numbers.reduce(0, +) / Double(count)
            let spread = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
            let error = 5 / Double(count).squareRoot()
            #expect(abs(found - mean) < error * variance.squareRoot())
            #expect(abs(spread - variance) < error * variance * (kurtosis - 1).squareRoot())
        }
    }

    /// Mean and variance of the gamma distribution are its parameter; for small ones the median of
    /// the logarithm is told by `P(x < t) ≈ tᵃ / Γ(a + 1)`.
    @Test(arguments: [0.01, 0.2, 1, 3.5, 40] as [Float])
    func gammaHasItsMoments(_ shape: Float) throws {
        var graph = Graph()
        let counter = try graph.placeholder("step", TensorType(.scalar, .int64))
        let shapes = try graph.constant(Tensor(repeating: shape, shape: [20_000]))
        let logs = try graph.randomLogGamma(shapes, seed: 5, stream: "gamma", counter: counter)
        func run(_ threads: Int, step: Int64 = 2) throws -> [Float] {
            try Program(graph, inputs: [counter], outputs: [logs], threads: threads)
                .run([Tensor(scalar: step)], workers: Workers(count: threads))[0].floats()
        }
        let found = try run(1)
        #expect(try run(3) == found)
        #expect(try run(1, step: 3) != found)
        let values = found.map { exp(Double($0)) }
        let mean = values.reduce(0, +) / 20_000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
        let deviation = Double(shape).squareRoot()
        #expect(abs(mean - Double(shape)) < 4 * deviation / 141, "\(mean)")
        #expect(abs(variance / Double(shape) - 1) < 0.15 + 0.5 / Double(shape).squareRoot() * 0.3)
        if shape < 0.1 {
            let median = found.sorted()[10_000]
            // ln ½ + ln Γ(1.01) over a.
            #expect(abs(median - Float((log(0.5) - 0.005_69) / 0.01)) < 5, "\(median)")
        }
    }
}
