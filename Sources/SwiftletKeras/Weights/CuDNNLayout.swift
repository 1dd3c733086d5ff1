internal import SwiftletLayers
internal import SwiftletTensor

/// Recurrent weights as cuDNN keeps them: gates transposed, two biases. Files hold them for the
/// classes CuDNNLSTM and CuDNNGRU; the length of the bias gives them away.
enum CuDNNLayout {
    /// The weights with every recurrent triple in cuDNN's layout rearranged for `specs`.
    static func converted(
        _ weights: [(name: String, tensor: Tensor)], for specs: [ModelWeight]
    ) throws -> [(name: String, tensor: Tensor)] {
        guard weights.count == specs.count else { return weights }
        var weights = weights
        for start in specs.indices.dropLast(2) {
            let triple = specs[start..<start + 3]
            guard triple.map(\.name) == ["kernel", "recurrent_kernel", "bias"],
                weights[start].tensor.shape == specs[start].shape,
                weights[start + 1].tensor.shape == specs[start + 1].shape,
                let units = specs[start + 1].shape.first, units > 0
            else { continue }
            let bias = weights[start + 2].tensor
            let gates: Int
            switch (bias.shape.dimensions, specs[start + 2].shape.dimensions) {
            case ([8 * units], [4 * units]): gates = 4
            case ([6 * units], [2, 3 * units]): gates = 3
            default: continue
            }
            weights[start].tensor = try rearranged(weights[start].tensor, gates, kernel)
            weights[start + 1].tensor = try rearranged(
                weights[start + 1].tensor, gates, transposed)
            weights[start + 2].tensor =
                gates == 4 ? try sumOfHalves(bias) : try bias.reshaped(to: specs[start + 2].shape)
        }
        return weights
    }

    /// Applies an index map to the columns of each gate.
    private static func rearranged(
        _ tensor: Tensor, _ gates: Int,
        _ source: (_ row: Int, _ column: Int, _ rows: Int, _ columns: Int) -> (Int, Int)
    ) throws -> Tensor {
        let (rows, width) = (tensor.shape[0], tensor.shape[1])
        let columns = width / gates
        let values = try tensor.floats()
        var result = values
        for gate in 0..<gates {
            for row in 0..<rows {
                for column in 0..<columns {
                    let (fromRow, fromColumn) = source(row, column, rows, columns)
                    result[row * width + gate * columns + column] =
                        values[fromRow * width + gate * columns + fromColumn]
                }
            }
        }
        return try Tensor(result, shape: tensor.shape)
    }

    /// `kernel.T.reshape(kernel.shape, order="F")`.
    private static func kernel(
        _ row: Int, _ column: Int, _ rows: Int, _ columns: Int
    ) -> (Int, Int) {
        let position = column * rows + row
        return (position / columns, position % columns)
    }

    private static func transposed(
        _ row: Int, _ column: Int, _ rows: Int, _ columns: Int
    ) -> (Int, Int) { (column, row) }

    private static func sumOfHalves(_ bias: Tensor) throws -> Tensor {
        let values = try bias.floats()
        let half = values.count / 2
        return try Tensor((0..<half).map { values[$0] + values[half + $0] })
    }
}
