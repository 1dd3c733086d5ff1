#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A logit as a probability.
public func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
