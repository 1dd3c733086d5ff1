internal import SwiftletFiles

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What the samples of a frame are multiplied with before their frequencies are taken.
enum FourierWindow: Sendable, Hashable {
    case none
    case named(String)
    case values([Float])

    /// A name, a list of numbers, or null.
    init(config: LayerConfig, _ key: String) throws {
        guard config.json[key] != nil else {
            self = .named("hann")
            return
        }
        guard let value = config.value(key) else {
            self = .none
            return
        }
        self = try value.string.map { .named($0) } ?? .values(config.floats(key))
    }

    var json: JSON {
        switch self {
        case .none: .null
        case .named(let name): .string(name)
        case .values(let values): .array(values.map(JSON.number))
        }
    }

    /// The factors of a frame; nil for a name that is not known.
    ///
    /// - Parameter isPeriodic: whether the frame is one period, its first sample not repeated.
    func values(_ count: Int, isPeriodic: Bool) -> [Double]? {
        switch self {
        case .none: return [Double](repeating: 1, count: count)
        case .values(let values): return values.map(Double.init)
        case .named(let name):
            guard let terms = Self.cosineTerms[name] else { return nil }
            guard count > 1 else { return [Double](repeating: 1, count: count) }
            let period = Double(isPeriodic ? count : count - 1)
            return (0..<count).map { place in
                let angle = 2 * Double.pi * Double(place) / period
                return terms.enumerated().reduce(0) { sum, term in
                    sum + (term.offset % 2 == 0 ? 1 : -1) * term.element
                        * cos(Double(term.offset) * angle)
                }
            }
        }
    }

    /// SciPy's windows that are sums of cosines.
    private static let cosineTerms: [String: [Double]] = [
        "hann": [0.5, 0.5], "hamming": [0.54, 0.46], "blackman": [0.42, 0.5, 0.08],
        "boxcar": [1], "nuttall": [0.3635819, 0.4891775, 0.1365995, 0.0106411],
        "blackmanharris": [0.35875, 0.48829, 0.14128, 0.01168],
    ]
}

/// What gives the frequencies 0 … `bins − 1` of `frame` samples as a sum over the samples:
/// `[frame, bins]`, cosines for the real part and negative sines for the imaginary one.
func fourierKernel(
    frame: Int, bins: Int, period: Int, window: [Double], isReal: Bool
) -> [Float] {
    let period = max(period, 1)
    let turns = (0..<period).map { step in
        let angle = -2 * Double.pi * Double(step) / Double(period)
        return isReal ? cos(angle) : sin(angle)
    }
    var kernel = [Float](repeating: 0, count: frame * bins)
    for sample in 0..<frame {
        for bin in 0..<bins {
            kernel[sample * bins + bin] = Float(turns[sample * bin % period] * window[sample])
        }
    }
    return kernel
}
