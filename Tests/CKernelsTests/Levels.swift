import CKernels

/// The instruction sets that this processor runs: every test goes through all of them.
let levels: [sl_cpu] = [SL_CPU_BASELINE, SL_CPU_AVX2, SL_CPU_AVX512]
    .filter { $0.rawValue <= sl_cpu_best().rawValue }

/// Deterministic numbers (a linear congruence), so that a failure can be repeated.
struct Numbers {
    private var state: UInt64

    init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next(below bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }

    /// From −1 to 1.
    mutating func floats(_ count: Int) -> [Float] {
        (0..<count).map { _ in Float(next(below: 20_001) - 10_000) / 10_000 }
    }
}

/// A sum in double precision and the sum of the terms' magnitudes, which bounds rounding errors.
struct Sum {
    var value = 0.0
    var magnitude = 0.0

    mutating func add(_ a: Float, _ b: Float = 1) {
        value += Double(a) * Double(b)
        magnitude += abs(Double(a) * Double(b))
    }

    /// Whether a sum in single precision may have come out as `found`.
    func allows(_ found: Float) -> Bool {
        abs(Double(found) - value) <= 1e-6 + 4e-7 * magnitude
    }
}

/// Cuts `0..<count` into up to three ranges at random places.
func division(of count: Int, _ numbers: inout Numbers) -> [Range<Int>] {
    let cuts = [numbers.next(below: count + 1), numbers.next(below: count + 1)].sorted()
    return [0..<cuts[0], cuts[0]..<cuts[1], cuts[1]..<count].filter { !$0.isEmpty }
}
