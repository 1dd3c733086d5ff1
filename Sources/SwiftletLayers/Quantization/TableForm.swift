internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

/// In which form an embedding keeps its table: as it was trained, quantized row by row, or with a
/// trained change of low rank.
struct TableForm: Sendable {
    enum Kind: Sendable {
        /// `row / scale`.
        case int8
        /// As bytes with one scale a row, or `(row − zero) · scale` by blocks of columns.
        case int4(blockSize: Int?)
    }

    let kind: Kind?
    let lowRank: LowRank?
    /// What vectors are rounded by on the way back to scores.
    let inputs: AbsMaxQuantizer?
    private let json: JSON?

    static let plain = TableForm()

    private init() {
        kind = nil
        lowRank = nil
        inputs = nil
        json = nil
    }

    /// Reads `dtype`, `quantization_config`, `lora_rank` and `lora_alpha`.
    init(config: LayerConfig) throws {
        let mode = try QuantizationMode(
            policy: config.json["dtype"], layer: config.optionalString("name"))
        let settings = QuantizationSettings(config: config, mode: mode)
        switch mode {
        case nil, .float8: kind = nil
        case .int8: kind = .int8
        case .int4(let blockSize): kind = .int4(blockSize: blockSize)
        case .gptq, .awq:
            throw ModelError.config(key: "dtype", cause: "an embedding has no such quantization")
        }
        inputs = settings.json == nil ? AbsMaxQuantizer() : try mode.flatMap(settings.inputs)
        json = settings.json
        lowRank = try LowRank(config: config)
    }

    func write(to config: inout JSONObject) {
        if let json { config["quantization_config"] = json }
        lowRank?.write(to: &config)
    }

    /// Columns that share a scale, where not all of a row do.
    private var blockSize: Int? { if case .int4(let size) = kind { size } else { nil } }

    private func groups(_ columns: Int) -> Int? { blockSize.map { (columns - 1) / $0 + 1 } }

    // MARK: Weights

    /// Declares the table of `rows` vectors of length `columns`.
    func table(
        _ rows: Int, _ columns: Int, _ options: WeightOptions, in lowering: inout Lowering
    ) throws -> Table {
        let name = "embeddings"
        guard let kind else {
            var table = Table(form: self, columns: columns)
            table.numbers =
                try lowRank?.changed(name, [rows, columns], options, in: &lowering)
                ?? lowering.weight(name, [rows, columns], options)
            return table
        }
        var table = try quantized(
            name, rows, columns, isPackedAlongRows: true, kind, in: &lowering)
        if let lowRank {
            try lowRank.check(options, name)
            let merge = merge(rows, columns, lowRank, in: lowering)
            table.change = try lowRank.change(
                of: name, [rows, columns], options.regularizer, merge: merge, in: &lowering)
        }
        return table
    }

    /// Declares the table of the way back, `columns` by `rows`.
    func reverseTable(
        _ rows: Int, _ columns: Int, _ initializer: Initializer, in lowering: inout Lowering
    ) throws -> Table {
        let name = "reverse_embeddings"
        guard let kind else {
            var table = Table(form: self, columns: columns, isReversed: true)
            table.numbers = try lowering.weight(name, [columns, rows], initializer: initializer)
            return table
        }
        return try quantized(name, rows, columns, isPackedAlongRows: false, kind, in: &lowering)
    }

    private func quantized(
        _ name: String, _ rows: Int, _ columns: Int, isPackedAlongRows isForward: Bool,
        _ kind: Kind, in lowering: inout Lowering
    ) throws -> Table {
        var table = Table(form: self, columns: columns, isReversed: !isForward)
        let width = if case .int4 = kind { Nibbles.bytes(columns) } else { columns }
        table.numbers = try lowering.weight(
            name, isForward ? [rows, width] : [width, rows], isTrainable: false, dtype: .int8)
        let grid = groups(columns).map { isForward ? [rows, $0] : [$0, rows] }
        table.scale = try lowering.weight(
            "\(name)_scale", grid ?? [rows], initializer: .ones, isTrainable: false)
        guard let grid, let blockSize else { return table }
        // Keras made the zeros of the way back of float32.
        table.zero = try lowering.weight(
            "\(name)_zero", grid, isTrainable: false, dtype: isForward ? .int8 : .float32)
        table.groups = try lowering.weight(
            "g_idx", [columns], initializer: try blockNumbers(columns, of: blockSize),
            isTrainable: false)
        return table
    }

    /// The sum of table and change, quantized anew.
    private func merge(
        _ rows: Int, _ columns: Int, _ lowRank: LowRank, in lowering: Lowering
    ) -> StoreMerge {
        func place(_ suffix: String) -> String { lowering.place(of: "embeddings" + suffix) }
        let (numbers, scale, zero) = (place(""), place("_scale"), place("_zero"))
        let (a, b) = (
            lowering.place(of: "lora_embeddings_a"), lowering.place(of: "lora_embeddings_b")
        )
        let groups = lowering.place(of: "g_idx")
        return { tensor in
            var paths: [String] = []
            let tensors = try Graph.evaluated { graph in
                var table = Table(form: self, columns: columns)
                table.numbers = try graph.constant(tensor(numbers))
                table.scale = try graph.constant(tensor(scale))
                if blockSize != nil {
                    table.zero = try graph.constant(tensor(zero))
                    table.groups = try graph.constant(tensor(groups))
                }
                let change = try lowRank.product(
                    graph.constant(tensor(a)), graph.constant(tensor(b)), [rows, columns],
                    in: &graph)
                let sum = try graph.add(table.dequantized(in: &graph), change)
                let new = try quantized(sum, in: &graph)
                paths = [numbers, scale] + (new.count > 2 ? [zero] : [])
                return new
            }
            return Dictionary(uniqueKeysWithValues: zip(paths, tensors))
        }
    }

    /// Numbers, scales and, with blocks, zeros of a table of float32.
    private func quantized(_ table: Value, in graph: inout Graph) throws -> [Value] {
        let rows = graph.shape(of: table)[0]
        guard let blockSize else {
            let isInt8 = if case .int8 = kind { true } else { false }
            let quantizer = isInt8 ? AbsMaxQuantizer() : .int4
            let (bytes, scale) = try quantizer.quantized(table, axes: [1], in: &graph)
            return [
                isInt8
                    ? try graph.cast(bytes, to: .int8)
                    : try Nibbles.packed(bytes, axis: 1, in: &graph),
                try graph.reshape(scale, to: [rows]),
            ]
        }
        let columns = try graph.transpose(table, permutation: [1, 0])
        let parts = try graph.quantizedInBlocks(columns, of: blockSize)
        let turned = try [parts.numbers, parts.scale, parts.zero].map {
            try graph.transpose($0, permutation: [1, 0])
        }
        return [
            try Nibbles.packed(turned[0], axis: 1, in: &graph), turned[1],
            try graph.cast(turned[2], to: .int8),
        ]
    }
}
