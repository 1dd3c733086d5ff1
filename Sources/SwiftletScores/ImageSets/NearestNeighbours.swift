internal import CKernels

/// Precision, recall, density and coverage: which images lie in the balls around others that reach
/// to their k-th nearest neighbour.
///
/// - SeeAlso: Kynkäänniemi et al. 2019, arXiv:1904.06991; Naeem et al. 2020, arXiv:2002.09797.
struct NearestNeighbours {
    let precision: Double
    let recall: Double
    let density: Double
    let coverage: Double
    /// Of the density, the balls given.
    let densityError: Double

    /// Both sets have more than k images.
    init(real: FeatureRows, generated: FeatureRows, k: Int, ballsAreClosed: Bool) {
        let realRadii = Self.squaredRadii(real, k: k)
        let generatedRadii = Self.squaredRadii(generated, k: k)
        var balls = [UInt32](repeating: 0, count: generated.count)
        var isRecalled = [UInt8](repeating: 0, count: real.count)
        var isCovered = [UInt8](repeating: 0, count: real.count)
        RowProducts.forEach(real, generated) { block in
            balls.withUnsafeMutableBufferPointer { balls in
                isRecalled.withUnsafeMutableBufferPointer { isRecalled in
                    isCovered.withUnsafeMutableBufferPointer { isCovered in
                        realRadii.withUnsafeBufferPointer { realRadii in
                            generatedRadii.withUnsafeBufferPointer { generatedRadii in
                                guard let balls = balls.baseAddress,
                                    let isRecalled = isRecalled.baseAddress,
                                    let isCovered = isCovered.baseAddress,
                                    let own = realRadii.baseAddress,
                                    let other = generatedRadii.baseAddress
                                else { return }
                                let (row, column) = (
                                    block.rows.lowerBound, block.columns.lowerBound
                                )
                                var distances = block.distances
                                sl_score_count_balls(
                                    &distances, block.rowValues, block.columnValues, real.width,
                                    own + row, other + column, ballsAreClosed, balls + column,
                                    isRecalled + row, isCovered + row)
                            }
                        }
                    }
                }
            }
        }
        precision = Double(balls.count { $0 > 0 }) / Double(generated.count)
        recall = Double(isRecalled.count { $0 > 0 }) / Double(real.count)
        density =
            balls.reduce(0) { $0 + Double($1) } / Double(k) / Double(generated.count)
        let mean = density * Double(k)
        let squares = balls.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        let n = Double(generated.count)
        densityError = (squares / (n - 1) / n).squareRoot() / Double(k)
        coverage = Double(isCovered.count { $0 > 0 }) / Double(real.count)
    }

    /// For every row the squared distance to the k-th nearest other row.
    private static func squaredRadii(_ set: FeatureRows, k: Int) -> [Double] {
        var nearest = [Double](repeating: .infinity, count: set.count * k)
        var indices = [Int](repeating: 0, count: set.count * k)
        RowProducts.forEach(set, set, onlyUpper: true) { block in
            nearest.withUnsafeMutableBufferPointer { nearest in
                indices.withUnsafeMutableBufferPointer { indices in
                    guard let nearest = nearest.baseAddress, let indices = indices.baseAddress
                    else { return }
                    let (row, column) = (block.rows.lowerBound, block.columns.lowerBound)
                    // What is below the diagonal is what is above it, with columns as rows.
                    let isMirrored = row != column
                    var distances = block.distances
                    sl_score_nearest(
                        &distances, k, block.diagonal, row, column, nearest + row * k,
                        indices + row * k, isMirrored ? nearest + column * k : nil,
                        isMirrored ? indices + column * k : nil)
                }
            }
        }
        // Once more without cancellation, so that a copy of the neighbour is exactly on the ball.
        return (0..<set.count).map { row in
            let own = set.gathered([row])
            return indices[row * k..<(row + 1) * k].reduce(0) { largest, index in
                max(largest, sl_score_squared_distance(own, set.gathered([index]), set.width))
            }
        }
    }
}
