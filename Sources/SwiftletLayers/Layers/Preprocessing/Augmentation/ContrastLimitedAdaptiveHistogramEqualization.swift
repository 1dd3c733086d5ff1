package import SwiftletFiles
package import SwiftletGraph
internal import SwiftletTensor

/// Spreads the values of every channel evenly over their range, tile by tile, in training and
/// outside it; between the middles of tiles it goes over smoothly.
///
/// - SeeAlso: Zuiderveld 1994, "Contrast limited adaptive histogram equalization".
package struct ContrastLimitedAdaptiveHistogramEqualization: UnaryLayer {
    package static let className = "ContrastLimitedAdaptiveHistogramEqualization"
    package var options: LayerOptions
    private let values: ClosedRange<Float>
    /// The largest share of a value, in units of an even distribution; none if not positive.
    private let limit: Float
    private let grid: [Int]
    private let augmentation: AugmentationOptions

    package init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        values = try config.valueRange()
        limit = try config.float("clip_limit", default: 4)
        grid = try config.ints("tile_grid_size", count: 2, default: [8, 8])
        augmentation = try AugmentationOptions(config: config)
    }

    package var config: JSONObject { augmentation.json }

    package func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let dtype = lowering.graph[x].dtype
        let y = try withImages(x, augmentation.format, in: &lowering) { lowering, images in
            let bytes = try lowering.stretched(images, from: values, to: 0...255)
            let equalized = try equalized(bytes, in: &lowering.graph)
            return try lowering.stretched(equalized, from: 0...255, to: values)
        }
        return try lowering.graph.cast(y, to: dtype)
    }

    private func equalized(_ images: Value, in graph: inout Graph) throws -> Value {
        let shape = graph.shape(of: images).dimensions
        let tile = zip(shape[1...2], grid).map { ($0 - 1) / $1 + 1 }
        let wide = try zip(tile, grid).map { try Shape([$0, $1]).elementCount }
        guard (wide + [shape[0], shape[3]]).allSatisfy({ $0 <= 1 << 20 }), shape[1] > 0,
            shape[2] > 0
        else { throw refusal("images of shape \(shape) in tiles of \(tile)") }
        let padded = try graph.pad(
            images, before: [0, 0, 0, 0],
            after: [0, wide[0] - shape[1], wide[1] - shape[2], 0], mode: .symmetric)
        let tables = try tables(padded, tile: tile, in: &graph)
        let pixels = try graph.cast(
            graph.unary(.clip(lowest: 0, highest: 255), padded), to: .int64)
        /// The tables of the tiles before or after every line of pixels, and the share of the latter.
        func neighbours(_ axis: Int) -> (places: [[Int]], share: [Float]) {
            let size = Float(tile[axis])
            let positions = (0..<wide[axis]).map { (Float($0) - size / 2) / size + 1 }
            let below = positions.map { Int($0.rounded(.down)) }
            let last = grid[axis] + 1
            return (
                [below.map { min(max($0, 0), last) }, below.map { min(max($0 + 1, 0), last) }],
                zip(positions, below).map { $0 - Float($1) }
            )
        }
        let (rows, columns) = (neighbours(0), neighbours(1))
        func found(_ row: Int, _ column: Int) throws -> Value {
            try graph.entries(
                of: tables, pixels, rows: rows.places[row], columns: columns.places[column],
                grid: grid)
        }
        func mixed(_ a: Value, _ b: Value, _ share: [Float], axis: Int) throws -> Value {
            var extents = [1, 1, 1, 1]
            extents[axis] = share.count
            let weight = try graph.constant(Tensor(share, shape: Shape(extents)))
            let rest = try graph.subtract(graph.constant(1), weight)
            return try graph.add(graph.multiply(a, rest), graph.multiply(b, weight))
        }
        let upper = try mixed(found(0, 0), found(0, 1), columns.share, axis: 2)
        let lower = try mixed(found(1, 0), found(1, 1), columns.share, axis: 2)
        return try graph.slice(
            mixed(upper, lower, rows.share, axis: 1), starts: [0, 0, 0, 0], limits: shape)
    }

    /// What each value of each tile becomes, `[batch, rows + 2, columns + 2, channels, 256]`: the
    /// outer tiles once more around the edge.
    private func tables(_ images: Value, tile: [Int], in graph: inout Graph) throws -> Value {
        let shape = graph.shape(of: images).dimensions
        let area = try Shape(tile).elementCount
        let tiles = try graph.transpose(
            graph.reshape(
                images, to: [shape[0], grid[0], tile[0], grid[1], tile[1], shape[3]]),
            permutation: [0, 1, 3, 5, 2, 4])
        let rows = try graph.reshape(
            tiles, to: [shape[0] * grid[0] * grid[1] * shape[3], area])
        let bytes = try graph.unary(
            .clip(lowest: 0, highest: 255), graph.cast(graph.cast(rows, to: .int32), to: .float32))
        var counts = try graph.apply(
            CountCategories(depth: 256, isBinary: false), graph.cast(bytes, to: .int32))
        if limit > 0 {
            let highest = limit * Float(area) / 256
            let cut = try graph.unary(.clip(lowest: 0, highest: highest), counts)
            let excess = try graph.sum(
                graph.subtract(counts, cut), axes: [1], keepsDimensions: true)
            counts = try graph.add(cut, graph.scale(excess, by: 1 / 256))
        }
        let sums = try graph.cumulativeSum(counts, axis: 1)
        let lowest = try graph.min(sums, axes: [1], keepsDimensions: true)
        let rest = try graph.subtract(graph.constant(Float(area)), lowest)
        let isZero = try graph.compare(.equal, rest, graph.constant(0))
        let divisor = try graph.select(isZero, graph.constant(1), rest)
        let table = try graph.divide(
            graph.scale(graph.subtract(sums, lowest), by: 255), divisor)
        var grid = try graph.reshape(
            graph.unary(.clip(lowest: 0, highest: 255), table),
            to: [shape[0]] + self.grid + [shape[3], 256])
        for axis in 1...2 {
            let last = graph.shape(of: grid)[axis] - 1
            grid = try graph.concatenate(
                [
                    graph.slice(grid, axis: axis, 0..<1), grid,
                    graph.slice(grid, axis: axis, last..<(last + 1)),
                ], axis: axis)
        }
        return grid
    }
}

extension Graph {
    /// Every pixel's entry in the table of a tile that its row and its column name.
    fileprivate mutating func entries(
        of tables: Value, _ pixels: Value, rows: [Int], columns: [Int], grid: [Int]
    ) throws -> Value {
        let shape = shape(of: pixels).dimensions
        let channelStep = 256
        let columnStep = channelStep * shape[3]
        let rowStep = columnStep * (grid[1] + 2)
        let imageStep = rowStep * (grid[0] + 2)
        func offsets(_ places: [Int], _ step: Int, axis: Int) throws -> Value {
            var extents = [1, 1, 1, 1]
            extents[axis] = places.count
            return try constant(
                Tensor(places.map { Int64($0 * step) }, shape: Shape(extents)))
        }
        var place = try add(pixels, offsets(Array(0..<shape[0]), imageStep, axis: 0))
        place = try add(place, offsets(rows, rowStep, axis: 1))
        place = try add(place, offsets(columns, columnStep, axis: 2))
        place = try add(place, offsets(Array(0..<shape[3]), channelStep, axis: 3))
        return try gather(
            reshape(tables, to: [self.shape(of: tables).elementCount]), place)
    }
}
