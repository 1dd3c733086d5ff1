internal import CKernels
internal import SwiftletTensor

/// `softmax(scale · Q · Kᵀ + bias, hidden where masked) · V` for every head, some queries and keys at
/// a time: the scores of all queries and keys never lie in memory together.
///
/// Operands: queries `[…, heads, queries, size]`, keys `[…, groups, keys, size]` and values
/// `[…, groups, keys, value size]`, where `heads / groups` heads after one another share keys and
/// values; then what is added to the scores (float32) and what may be attended to (bool), each
/// broadcast to `[…, heads, queries, keys]`. The result is `[…, heads, queries, value size]`. What
/// stands in ``stepsFirst`` has its heads behind the steps: `[batch, queries, heads, size]`.
///
/// A pass makes it; it has no gradient.
///
/// - SeeAlso: Dao et al. 2022, arXiv:2205.14135.
package struct AttentionProduct: Op {
    /// What becomes of a score that must not count.
    package enum Hidden: Sendable, Hashable {
        case replaced(by: Float)
        case raised(by: Float)
    }

    /// Query `q` sees the keys from `q − behind` to `q + ahead`; nil where nothing ends them.
    package struct Band: Sendable, Hashable {
        package let behind: Int?
        package let ahead: Int?

        package init(behind: Int?, ahead: Int?) {
            self.behind = behind
            self.ahead = ahead
        }

        /// What lies in both.
        package func narrowed(to other: Band) -> Band {
            func least(_ a: Int?, _ b: Int?) -> Int? {
                guard let a, let b else { return a ?? b }
                return min(a, b)
            }
            return Band(
                behind: least(behind, other.behind), ahead: least(ahead, other.ahead))
        }
    }

    /// Operands and the result, where they differ in the order of their axes.
    package struct Parts: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let query = Parts(rawValue: 1)
        package static let key = Parts(rawValue: 2)
        package static let value = Parts(rawValue: 4)
        package static let result = Parts(rawValue: 8)
    }

    package var scale: Float = 1
    package var hasBias = false
    package var maskCount = 0
    package var band: Band?
    package var hidden = Hidden.replaced(by: -.infinity)
    /// Whether hidden keys have no weight even for a query that sees no key.
    package var zeroesHidden = false
    package var stepsFirst: Parts = []

    package init() {}

    /// Masks beside a band, at most.
    package static let mostMasks = Int(SL_ATTENTION_MASKS)

    package var name: String { "attention" }

    package func outputTypes(for inputs: [TensorType]) throws -> [TensorType] {
        let count = 3 + (hasBias ? 1 : 0) + maskCount
        try expect(inputs, count: count...count)
        let floats = inputs[..<(count - maskCount)]
        guard maskCount <= Self.mostMasks, floats.allSatisfy({ $0.dtype == .float32 }),
            inputs[floats.count...].allSatisfy({ $0.dtype == .bool }),
            let sizes = Sizes(self, inputs)
        else { throw refusal("operands \(inputs.map(\.description).joined(separator: ", "))") }
        let scores = try Shape(sizes.scores)
        for extra in inputs[3...] where extra.shape.broadcast(with: scores) != scores {
            throw refusal("\(extra) cannot become \(scores)")
        }
        return [TensorType(try Shape(sizes.result))]
    }

    package func multiplyAddCount(inputs: [TensorType], outputs: [TensorType]) -> Int {
        Sizes(self, inputs)?.work ?? 0
    }

    package func kernel(inputs: [TensorType], outputs: [TensorType]) -> String {
        "blocks" + (hasBias ? " + bias" : "") + (band == nil ? "" : ", band")
            + (maskCount == 0 ? "" : ", masked")
    }

    /// Rows are those of queries, keys and values; what is added and what masks may have them.
    package func sliced(_ rows: RowSlice) -> (any Op)? {
        let rank = rows.outputs[0].rank
        guard rank > 3 || rows.inputs[0].shape[0] == rows.inputs[1].shape[0],
            rows.hasRows[..<3] == [true, true, true]
        else { return nil }
        let fits = zip(rows.inputs, rows.hasRows).dropFirst(3).allSatisfy { type, hasRows in
            type.rank == rank && (type.shape[0] > 1 || rows.outputs[0].shape[0] == 1) == hasRows
                || type.rank < rank && !hasRows
        }
        return fits ? self : nil
    }

    // MARK: Evaluation

    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int {
        threads * ThreadScratch.byteCount(floats: scratchCount(inputs))
    }

    private func scratchCount(_ inputs: [TensorType]) -> Int {
        guard let sizes = Sizes(self, inputs) else { return 0 }
        var attention = lowered(sizes)
        return sl_attention_scratch(&attention)
    }

    /// Multiply-adds of a part, at least, and parts per thread: as for ``ProductParts``.
    private static let smallestPart = 1 << 18
    private static let partsPerThread = 4

    package func evaluate(_ call: OpCall) {
        guard let sizes = Sizes(self, call.inputTypes), call.outputTypes[0].elementCount > 0 else {
            return
        }
        let whole = lowered(sizes)
        let length = sl_attention_block(sizes.queries)
        let blocks = (sizes.queries + length - 1) / length
        let units = sizes.batch * sizes.heads * blocks
        let threads = call.workers.count
        let most = threads == 1 ? 1 : threads * Self.partsPerThread
        let parts = max(1, min(most, units, sizes.work / Self.smallestPart))
        let scratch = ThreadScratch(call.scratch, floats: scratchCount(call.inputTypes))
        call.workers.forEach(parts: parts) { part, thread in
            var unit = part * units / parts
            let end = (part + 1) * units / parts
            while unit < end {
                // The blocks of one head together: they share what is packed of its keys.
                let (head, first) = (unit / blocks, unit % blocks)
                let count = min(end - unit, blocks - first)
                var attention = whole
                point(&attention, at: head, sizes, call)
                sl_attention_run(
                    &attention, first * length, min(sizes.queries, (first + count) * length),
                    scratch[thread])
                unit += count
            }
        }
    }

    /// All but the addresses.
    private func lowered(_ sizes: Sizes) -> sl_attention {
        var result = sl_attention()
        (result.queries, result.keys) = (sizes.queries, sizes.keys)
        (result.size, result.value_size) = (sizes.size, sizes.valueSize)
        result.query_row = sizes.row(of: .query)
        result.key_row = sizes.row(of: .key)
        result.value_row = sizes.row(of: .value)
        result.output_row = sizes.row(of: .result)
        result.scale = scale
        if let band {
            result.has_band = true
            result.behind = band.behind ?? .max
            result.ahead = band.ahead ?? .max
        }
        switch hidden {
        case .replaced(let number): result.hidden = number
        case .raised(let number): (result.hidden, result.adds_hidden) = (number, true)
        }
        result.zeroes_hidden = zeroesHidden
        return result
    }

    /// Tells where a head's operands lie.
    private func point(
        _ attention: inout sl_attention, at head: Int, _ sizes: Sizes, _ call: OpCall
    ) {
        attention.query = call.floats(0) + sizes.offset(of: .query, head: head)
        attention.key = call.floats(1) + sizes.offset(of: .key, head: head)
        attention.value = call.floats(2) + sizes.offset(of: .value, head: head)
        attention.output = call.outputFloats() + sizes.offset(of: .result, head: head)
        if hasBias {
            let bias = Repeated(call.inputTypes[3].shape, head: head, sizes)
            attention.bias = call.floats(3) + bias.offset
            (attention.bias_row, attention.bias_column) = (bias.row, bias.column)
        }
        withUnsafeMutableBytes(of: &attention.masks) { bytes in
            let masks = bytes.bindMemory(to: sl_attention_mask.self)
            for index in 0..<maskCount {
                let operand = 3 + (hasBias ? 1 : 0) + index
                let mask = Repeated(call.inputTypes[operand].shape, head: head, sizes)
                masks[index] = sl_attention_mask(
                    truth: call.input(operand, as: UInt8.self) + mask.offset, row: mask.row,
                    column: mask.column)
            }
        }
    }
}

/// The extents of attention, and where the heads of its operands lie.
private struct Sizes {
    let leading: ArraySlice<Int>
    let batch: Int
    let heads: Int
    let groups: Int
    let queries: Int
    let keys: Int
    let size: Int
    let valueSize: Int
    private let stepsFirst: AttentionProduct.Parts

    /// Nil if the operands do not fit.
    init?(_ op: AttentionProduct, _ inputs: [TensorType]) {
        let rank = inputs[0].rank
        guard rank >= 3, inputs[..<3].allSatisfy({ $0.rank == rank }),
            rank == 4 || op.stepsFirst.isEmpty
        else { return nil }
        func extents(_ index: Int, _ part: AttentionProduct.Parts) -> (Int, Int, Int) {
            let shape = inputs[index].shape
            let (a, b) = (shape[rank - 3], shape[rank - 2])
            return op.stepsFirst.contains(part)
                ? (b, a, shape[rank - 1]) : (a, b, shape[rank - 1])
        }
        stepsFirst = op.stepsFirst
        leading = inputs[0].shape.dimensions.dropLast(3)
        batch = leading.reduce(1, *)
        (heads, queries, size) = extents(0, .query)
        (groups, keys, _) = extents(1, .key)
        valueSize = inputs[2].shape[rank - 1]
        guard extents(1, .key) == (groups, keys, size),
            extents(2, .value) == (groups, keys, valueSize), groups > 0, heads % groups == 0,
            inputs[1..<3].allSatisfy({ $0.shape.dimensions.dropLast(3) == leading })
        else { return nil }
    }

    var scores: [Int] { Array(leading) + [heads, queries, keys] }

    var result: [Int] {
        Array(leading)
            + (stepsFirst.contains(.result)
                ? [queries, heads, valueSize] : [heads, queries, valueSize])
    }

    var work: Int { batch * heads * queries * keys * (size + valueSize) }

    private func extents(
        of part: AttentionProduct.Parts
    ) -> (heads: Int, steps: Int, size: Int) {
        switch part {
        case .query: (heads, queries, size)
        case .key: (groups, keys, size)
        case .value: (groups, keys, valueSize)
        default: (heads, queries, valueSize)
        }
    }

    /// Numbers between the steps of one head.
    func row(of part: AttentionProduct.Parts) -> Int {
        let (heads, _, size) = extents(of: part)
        return stepsFirst.contains(part) ? heads * size : size
    }

    /// Where what head `head` of all reads or writes begins.
    func offset(of part: AttentionProduct.Parts, head: Int) -> Int {
        let (count, steps, size) = extents(of: part)
        let own = head % heads / (heads / count)
        return (head / heads * count * steps * size)
            + own * (stepsFirst.contains(part) ? size : steps * size)
    }
}

/// Where a head finds an operand that is broadcast to the scores.
private struct Repeated {
    private(set) var offset = 0
    let row: Int
    let column: Int

    init(_ shape: Shape, head: Int, _ sizes: Sizes) {
        func extent(_ back: Int) -> Int { back <= shape.rank ? shape[shape.rank - back] : 1 }
        column = extent(1) > 1 ? 1 : 0
        row = extent(2) > 1 ? extent(1) : 0
        var rest = head
        var step = extent(1) * extent(2)
        for back in stride(from: 3, through: shape.rank, by: 1) {
            let leading = sizes.leading
            let whole = back == 3 ? sizes.heads : leading[leading.endIndex - (back - 3)]
            if extent(back) > 1 { offset += rest % whole * step }
            rest /= whole
            step *= extent(back)
        }
    }
}
