internal import SwiftletFiles
internal import SwiftletLayers

/// `values[i]` up to and including step `boundaries[i]`, the last value from there on.
struct PiecewiseConstantDecay: LearningRateSchedule {
    static let className = "PiecewiseConstantDecay"
    static let defaultName = "PiecewiseConstant"
    let boundaries: [Double]
    let values: [Double]

    init(boundaries: [Int], values: [Double]) {
        self.boundaries = boundaries.map(Double.init)
        self.values = values
    }

    init(config: LayerConfig) throws {
        func numbers(_ key: String) throws -> [Double] {
            guard let list = config.value(key)?.array else {
                throw ModelError.config(key: key, cause: "list of numbers expected")
            }
            return try list.map { number in
                guard let number = number.double else {
                    throw ModelError.config(key: key, cause: "\(number.text()) is no number")
                }
                return number
            }
        }
        boundaries = try numbers("boundaries")
        values = try numbers("values")
        guard values.count == boundaries.count + 1 else {
            throw ModelError.config(
                key: "values",
                cause: "\(boundaries.count + 1) expected for \(boundaries.count) boundaries, "
                    + "\(values.count) found")
        }
    }

    var config: JSONObject {
        [
            "boundaries": .array(boundaries.map { JSON.number($0) }),
            "values": .array(values.map(JSON.double)),
        ]
    }

    func rate(at step: Float) -> Float {
        let index = boundaries.firstIndex { step <= Float($0) } ?? boundaries.count
        return Float(values[index])
    }
}

extension LearningRate {
    /// `values[i]` up to and including step `boundaries[i]`, the last value after that.
    ///
    /// - Precondition: there is one value more than boundaries.
    public static func piecewise(boundaries: [Int], values: [Double]) -> LearningRate {
        precondition(values.count == boundaries.count + 1)
        return LearningRate(PiecewiseConstantDecay(boundaries: boundaries, values: values))
    }
}
