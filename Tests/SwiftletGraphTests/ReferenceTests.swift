import SwiftletFiles
import SwiftletGraph
import SwiftletTensor
import TestSupport
import Testing

/// How an operation is called in a case that `tools/make-op-references` recorded under this name.
struct ReferenceCase: Sendable, CustomTestStringConvertible {
    let name: String
    /// Largest difference, absolute or relative; 0 where not a bit may differ.
    var tolerance = 0.0
    let build: @Sendable (inout Graph, [Value]) throws -> Value

    var testDescription: String { name }
}

@Suite struct ReferenceTests {
    static let families = [
        "elementwise": elementwiseReferenceCases,
        "preprocessing": preprocessingReferenceCases,
        "products": productReferenceCases,
        "reductions": reductionReferenceCases,
        "structural": structuralReferenceCases,
        "windows": windowReferenceCases,
    ]
    static let rows = families.flatMap { family, cases in cases.map { (family, $0) } }
    static let records = Result {
        try Dictionary(
            uniqueKeysWithValues: families.keys.map { ($0, try Recording.cases($0)) })
    }

    /// The same numbers as the reference, whatever the number of threads.
    @Test(arguments: rows) func matchesNumPy(_ family: String, _ row: ReferenceCase) throws {
        let records = try Self.records.get()
        let record = try #require(records[family]?[row.name], "\(row.name) is not recorded")
        var graph = Graph()
        let inputs = try record.inputs.enumerated().map {
            try graph.placeholder("x\($0)", TensorType($1.shape, $1.dtype))
        }
        let output = try row.build(&graph, inputs)
        for threads in 1...4 {
            let program = try Program(graph, inputs: inputs, outputs: [output], threads: threads)
            let workers = Workers(count: threads)
            guard let expected = record.output else {
                #expect(throws: GraphError.self) {
                    try program.run(record.inputs, workers: workers)
                }
                continue
            }
            let found = try program.run(record.inputs, workers: workers)[0]
            #expect(found.shape == expected.shape)
            #expect(found.dtype == expected.dtype)
            if expected.dtype == .string {
                #expect(found.strings == expected.strings)
                continue
            }
            let pairs = zip(try found.doubles(), try expected.doubles())
            for (place, (a, b)) in pairs.enumerated() {
                let isNear = abs(a - b) <= row.tolerance * max(1, abs(b))
                #expect(isNear || a == b || a.isNaN && b.isNaN, "element \(place): \(a), not \(b)")
            }
        }
    }

    @Test(arguments: families.keys) func everyRecordIsUsed(_ family: String) throws {
        let names = try #require(Self.families[family]).map(\.name)
        let records = try Self.records.get()
        #expect(try Set(names) == Set(#require(records[family]).keys))
    }
}

/// What `fixtures/ops` holds.
struct Recording {
    let inputs: [Tensor]
    /// Nil where the operands are to be refused.
    let output: Tensor?

    static func cases(_ family: String) throws -> [String: Recording] {
        let json = try JSON(parsing: readFile(fixture("ops/\(family).json")))
        let rows = try #require(json["cases"]?.array)
        return try Dictionary(
            rows.map { row in
                let inputs = try #require(row["inputs"]?.array).map(tensor)
                return (
                    try #require(row["name"]?.string),
                    Recording(inputs: inputs, output: try row["output"].map(tensor))
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    private static func tensor(_ json: JSON) throws -> Tensor {
        let shape = try Shape(#require(json["shape"]?.array).compactMap(\.int))
        let name = try #require(json["dtype"]?.string)
        let dtype = try #require(DType(rawValue: name))
        let values = try #require(json["values"]?.array)
        if dtype == .string {
            return try Tensor(strings: values.compactMap(\.string), shape: shape)
        }
        let tensor =
            try dtype.isFloatingPoint
            ? Tensor(values.compactMap(\.double), shape: shape)
            : Tensor(values.compactMap(\.int).map(Int64.init), shape: shape)
        return try tensor.converted(to: dtype)
    }
}
