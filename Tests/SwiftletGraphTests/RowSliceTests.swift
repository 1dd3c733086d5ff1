import SwiftletGraph
import SwiftletTensor
import Testing

@Suite("Slices of rows") struct RowSliceTests {
    /// Operations that are known to work row by row; a case that none of them meets proves nothing.
    static let known: Set = [
        "add", "broadcast", "cast", "concatenate", "convolution", "gather", "layer_normalization",
        "matmul", "max", "max_pool", "mean", "reshape", "resize_bilinear", "reverse", "select",
        "slice", "softmax", "sum", "transpose", "transposed_convolution",
    ]

    /// Whatever an operation says of its rows holds: row by row it gives the bits of the whole.
    @Test func rowsComeApart() throws {
        let records = try ReferenceTests.records.get()
        var names: Set<String> = []
        for (family, row) in ReferenceTests.rows {
            guard let record = records[family]?[row.name], record.output != nil else { continue }
            var graph = Graph()
            let inputs = try record.inputs.enumerated().map {
                try graph.placeholder("x\($0)", TensorType($1.shape, $1.dtype))
            }
            _ = try row.build(&graph, inputs)
            try check(graph, inputs: inputs, record.inputs, row.name, &names)
        }
        for row in ThreadTests.cases {
            var graph = Graph()
            let inputs = try row.shapes.enumerated().map {
                try graph.placeholder("x\($0)", TensorType($1))
            }
            _ = try row.build(&graph, inputs)
            let tensors = row.shapes.enumerated().map {
                randomTensor($1, stream: UInt64($0), range: -1...1)
            }
            try check(graph, inputs: inputs, tensors, row.name, &names)
        }
        #expect(names.count > 40, "\(names.sorted())")
        #expect(names.isSuperset(of: Self.known), "\(Self.known.subtracting(names).sorted())")
    }

    private func check(
        _ graph: Graph, inputs: [Value], _ tensors: [Tensor], _ label: String,
        _ names: inout Set<String>
    ) throws {
        let values = graph.nodes.flatMap { node in
            node.types.indices.map { node.output($0) }
        }.filter { graph[$0].dtype != .string }
        let computed = try Program(graph, inputs: inputs, outputs: values).run(tensors)
        let tensor = Dictionary(zip(values, computed)) { a, _ in a }
        for node in graph.nodes {
            let operands = node.inputs.compactMap { tensor[$0] }
            guard operands.count == node.inputs.count, let total = operands.first?.shape.first,
                total > 1, node.types.allSatisfy({ $0.dtype != .string })
            else { continue }
            let possible = operands.map { $0.shape.first == total }
            let first = operands.indices.map { $0 == 0 }
            for flags in Set([possible, first]) {
                let results = node.types.indices.compactMap { tensor[node.output($0)] }
                if try agree(node.op, operands, flags, total, results, label) {
                    names.insert(node.op.name)
                }
            }
        }
    }

    /// - Returns: whether the operation says that it can be computed in slices.
    private func agree(
        _ op: any Op, _ operands: [Tensor], _ flags: [Bool], _ total: Int, _ results: [Tensor],
        _ label: String
    ) throws -> Bool {
        for count in [1, total / 2] where count > 0 && total % count == 0 {
            let slice = RowSlice(
                total: total, count: count,
                inputs: operands.map { TensorType($0.shape, $0.dtype) },
                outputs: results.map { TensorType($0.shape, $0.dtype) }, hasRows: flags)
            guard let sliced = slice.op(for: op) else { return false }
            for number in 0..<min(total / count, 3) {
                func part(_ whole: Tensor) throws -> Tensor {
                    let extent = whole.shape[0] / total * count
                    return try whole.rows(number * extent..<(number + 1) * extent)
                }
                let parts = try zip(operands, flags).map { $1 ? try part($0) : $0 }
                var graph = Graph()
                let inputs = try parts.enumerated().map {
                    try graph.placeholder("x\($0)", TensorType($1.shape, $1.dtype))
                }
                let outputs = try graph.append(sliced, inputs)
                let found = try Program(graph, inputs: inputs, outputs: outputs).run(parts)
                for (found, whole) in zip(found, results) {
                    #expect(try found.isIdentical(to: part(whole)), "\(op.name) in \(label)")
                }
            }
        }
        return true
    }
}
