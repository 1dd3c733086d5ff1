internal import SwiftletFiles
internal import SwiftletLayers

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension LayerConfig {
    /// A number of steps above 0; Python allows a fraction.
    func decaySteps(_ key: String) throws -> Double {
        guard let steps = try optionalPositive(key) else {
            throw ModelError.config(key: key, cause: "missing")
        }
        return steps
    }
}

extension JSON {
    /// A whole number without a decimal point where it is one.
    static func number(_ value: Double) -> JSON {
        Int(exactly: value).map(JSON.int) ?? .double(value)
    }
}

func power(_ base: Float, _ exponent: Float) -> Float { powf(base, exponent) }
func cosine(_ angle: Float) -> Float { cosf(angle) }
func logarithm(_ x: Float) -> Float { logf(x) }
