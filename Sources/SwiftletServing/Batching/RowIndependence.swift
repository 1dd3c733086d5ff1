internal import SwiftletGraph
internal import SwiftletLayers
package import SwiftletRuntime
package import SwiftletTensor

/// Whether the rows of a model may be computed together with others', found out by trying: shapes do not
/// tell whether a layer mixes them.
package enum RowIndependence: Sendable, Equatable {
    /// The same bits, alone and together, of the rows that were tried.
    case exact
    /// The same but for how the last digits are rounded.
    case rounded
    /// Not the same, or not found out.
    case none(String)

    /// What was learnt of a model by running it.
    package struct Trial: Sendable {
        package let independence: RowIndependence
        /// The types of the outputs; nil where the model did not run on what was made up.
        package let outputTypes: [DType]?
    }

    /// Extents to try where any will do.
    private static let extents = [8, 32, 64, 224]
    private static let rows = 5
    /// Beyond it, relative to the largest value of the output, a difference is no rounding.
    private static let tolerance: Float = 1e-4

    package static func trial(of predictor: Predictor) -> Trial {
        var cause = "it was not tried"
        for extent in extents {
            do {
                let inputs = try madeUpInputs(of: predictor.model, extent: extent)
                let together = try predictor.predict(inputs, batchSize: rows)
                let types = together.map(\.dtype)
                guard predictor.takesAnyBatch else {
                    return Trial(
                        independence: .none("its batches are of a fixed size"), outputTypes: types)
                }
                return Trial(
                    independence: try compare(together, inputs, predictor), outputTypes: types)
            } catch {
                cause = "\(error)"
            }
        }
        return Trial(independence: .none(cause), outputTypes: nil)
    }

    private static func compare(
        _ together: [Tensor], _ inputs: [Tensor], _ predictor: Predictor
    ) throws -> RowIndependence {
        let extents = try predictor.extents(of: inputs)
        guard together.allSatisfy({ $0.shape.first == rows }) else {
            return .none("an output has no row per input row")
        }
        var isExact = true
        for row in 0..<rows {
            let alone = try predictor.predict(
                inputs.map { try $0.rows(row..<row + 1) }, batchSize: 1, extents: extents)
            for (one, all) in zip(alone, together) {
                let part = try all.rows(row..<row + 1)
                if one.isIdentical(to: part) { continue }
                isExact = false
                guard one.shape == part.shape, one.dtype.isFloatingPoint,
                    try isClose(one.floats(), part.floats())
                else { return .none("a row's answer depends on the other rows") }
            }
        }
        return isExact ? .exact : .rounded
    }

    private static func isClose(_ a: [Float], _ b: [Float]) -> Bool {
        let scale = a.reduce(1) { $1.isFinite ? max($0, abs($1)) : $0 }
        return zip(a, b).allSatisfy { x, y in
            x == y || x.isNaN && y.isNaN || abs(x - y) <= tolerance * scale
        }
    }

    private static func madeUpInputs(of model: Model, extent: Int) throws -> [Tensor] {
        let random = CounterRandom(seed: 1)
        return try model.network.inputEntries.enumerated().map { number, entry in
            guard let input = entry.layer as? Input else {
                throw ModelError.structure("'\(entry.name)' is no input")
            }
            let type = try input.type(batch: rows, unknown: extent)
            let numbers = (0..<type.elementCount).map {
                random.uniform(at: number << 40 + $0)
            }
            if type.dtype == .string {
                return try Tensor(
                    strings: numbers.map { $0 < 0.5 ? "a" : "a b" }, shape: type.shape)
            }
            let floats = try Tensor(numbers, shape: type.shape)
            // Whole numbers may be positions in a table, of which the first two are safe.
            return try type.dtype == .float32
                ? floats
                : Tensor(numbers.map { $0.rounded() }, shape: type.shape).converted(to: type.dtype)
        }
    }
}
