#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Random numbers as a pure function of a key and a counter (Philox4x32-10).
///
/// Number `n` of a stream is the same whoever asks for it and in whatever order, so results do not
/// depend on the number of threads.
///
/// - SeeAlso: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
public struct CounterRandom: Sendable, Hashable {
    private let key: SIMD2<UInt32>
    package let stream: UInt64

    /// - Parameters:
    ///   - seed: chooses the family of streams.
    ///   - stream: chooses one of 2⁶⁴ independent streams of that family.
    public init(seed: UInt64, stream: UInt64 = 0) {
        key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        self.stream = stream
    }

    package var seed: UInt64 { UInt64(key[0]) | UInt64(key[1]) << 32 }

    /// A stream named by text, such as a weight's path.
    public init(seed: UInt64, name: String) {
        // FNV-1a: stable across runs and machines, unlike Hasher.
        let hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        self.init(seed: seed, stream: hash)
    }

    /// Four independent 32-bit numbers at position `counter`.
    public func block(_ counter: UInt64) -> SIMD4<UInt32> {
        var x = SIMD4<UInt32>(
            UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32),
            UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
        var key = key
        for _ in 0..<10 {
            let a = 0xd251_1f53 * UInt64(x[0])
            let b = 0xcd9e_8d57 * UInt64(x[2])
            x = SIMD4(
                UInt32(truncatingIfNeeded: b >> 32) ^ x[1] ^ key[0], UInt32(truncatingIfNeeded: b),
                UInt32(truncatingIfNeeded: a >> 32) ^ x[3] ^ key[1], UInt32(truncatingIfNeeded: a))
            key = SIMD2(key[0] &+ 0x9e37_79b9, key[1] &+ 0xbb67_ae85)
        }
        return x
    }

    /// 32 random bits at position `index`.
    public func bits(at index: Int) -> UInt32 {
        block(UInt64(index >> 2))[index & 3]
    }

    /// A number in [0, 1) with 24 random bits.
    public func uniform(at index: Int) -> Float {
        Float(bits(at: index) >> 8) * 0x1p-24
    }

    /// A number from the standard normal distribution (Box–Muller).
    public func normal(at index: Int) -> Float {
        let pair = block(UInt64(index >> 1))
        let offset = (index & 1) * 2
        // 1 − u lies in (0, 1], so the logarithm is finite.
        let radius = (-2 * log(1 - Double(pair[offset] >> 8) * 0x1p-24)).squareRoot()
        let angle = 2 * Double.pi * Double(pair[offset + 1]) * 0x1p-32
        return Float(radius * cos(angle))
    }

    /// The numbers `0..<count` in random order (Fisher–Yates).
    public func permutation(of count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) {
            let word = block(UInt64(last))
            let random = UInt64(word[0]) | UInt64(word[1]) << 32
            order.swapAt(last, Int(random.multipliedFullWidth(by: UInt64(last + 1)).high))
        }
        return order
    }
}
