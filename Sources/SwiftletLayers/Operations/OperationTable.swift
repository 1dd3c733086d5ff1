/// Every operation of `keras.ops` that a network can hold, by its class name in Keras.
package enum OperationTable {
    /// The rows by module; see the files of this folder.
    private static let rows: [OperationModule: OperationRows] = [
        .numpy: merged([
            arithmetic, elementary, comparisons, reductions, statistics, shapes, indexing,
            creation, products, sorting, matrices,
        ]),
        .nn: merged([activations, windows, normalizations, crossentropies, encodings]),
        .math: merged([mathematics, segments, signals]),
        .image: merged([images, warps]),
        .linalg: linearAlgebra,
        .core: core,
        .einops: einops,
        .legacy: legacy,
    ]

    private static func merged(_ tables: [OperationRows]) -> OperationRows {
        tables.reduce(into: [:]) { all, table in
            all.merge(table) { _, new in new }
        }
    }

    /// The rule of a class, looked for in its module first: Keras has moved some.
    static func rule(
        _ name: String, module: OperationModule
    ) -> (rule: OperationRule, module: OperationModule)? {
        if let rule = rows[module]?[name] { return (rule, module) }
        return Self.module(of: name).flatMap { other in rows[other]?[name].map { ($0, other) } }
    }

    /// The module that has a class of this name; nil if none has.
    package static func module(of name: String) -> OperationModule? {
        OperationModule.allCases.first { rows[$0]?[name] != nil }
    }

    /// Whether a class of this name is known, supported or not.
    package static func knows(_ name: String) -> Bool {
        module(of: name) != nil || refusals[name] != nil
    }

    /// The classes with their modules, but for what no file of Keras 3 has.
    package static var supported: [(name: String, module: OperationModule)] {
        OperationModule.allCases.filter { $0 != .legacy }.flatMap { module in
            (rows[module] ?? [:]).keys.sorted().map { ($0, module) }
        }
    }

    /// Why an operation cannot be a node here.
    package static let refusals: [String: String] = [
        "Map": code, "Scan": code, "AssociativeScan": code, "Switch": code, "WhileLoop": code,
        "ForiLoop": code, "Cond": code, "VectorizedMap": code, "JVP": code,
        "Nonzero": dynamic, "Unique": dynamic,
        "Angle": complex, "ViewAsComplex": complex, "ViewAsReal": complex, "Eig": complex,
        "Polar": complex,
        "View": "reinterprets bytes, which is not supported",
        "Nextafter": "steps between neighbouring float64 numbers, which are not computed with",
        "Argpartition": "leaves the order within the parts open",
        "CTCLoss": "is not supported", "CTCDecode": "is not supported",
        "ElasticTransform": "draws random numbers of TensorFlow's own",
        "MatrixRank": "is not supported", "Pinv": "is not supported",
        "Lstsq": "is not supported", "SVD": "is not supported",
    ]
    private static let code = "takes Python functions, which are not run"
    private static let dynamic = "gives a shape that depends on the numbers"
    private static let complex = "complex numbers are not supported"
}
