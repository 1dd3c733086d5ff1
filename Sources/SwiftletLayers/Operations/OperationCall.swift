internal import SwiftletFiles
package import SwiftletGraph
internal import SwiftletTensor

/// One call of an operation on its way into the graph: its arguments, options and what they mean.
package struct OperationCall {
    package var graph: Graph
    let name: String
    private let arguments: CallArguments<Value>
    /// The options of the class, then keyword arguments that are no tensors.
    let options: LayerConfig

    init(graph: Graph, name: String, arguments: CallArguments<Value>, config: LayerConfig) {
        self.graph = graph
        self.name = name
        self.arguments = arguments
        var all = config.json
        for (key, value) in arguments.named where all[key] == nil {
            if case .literal(let json) = value { all[key] = json }
        }
        options = LayerConfig(all, registry: config.registry, depth: config.depth)
    }

    /// An operand: a tensor, or a Python number, whose type gives way.
    enum Operand {
        case tensor(Value)
        case number(JSON)
    }

    func refusal(_ cause: String) -> GraphError { .operands(op: name, cause: cause) }

    // MARK: Arguments

    /// The number of arguments without a name.
    var positionalCount: Int { arguments.positional.count }

    /// An argument; nil if it is missing or None.
    func structure(_ position: Int, _ key: String) -> Structure<Value>? {
        let found =
            arguments.argument(position, key) ?? options.value(key).map { .literal($0) }
        if case .literal(.null)? = found { return nil }
        return found
    }

    private func required(_ position: Int, _ key: String) throws -> Structure<Value> {
        guard let found = structure(position, key) else {
            throw refusal("argument \(key) is missing")
        }
        return found
    }

    func has(_ position: Int, _ key: String) -> Bool { structure(position, key) != nil }

    /// An argument that may be a Python number.
    mutating func operand(_ position: Int, _ key: String) throws -> Operand {
        try operand(required(position, key))
    }

    private mutating func operand(_ structure: Structure<Value>) throws -> Operand {
        if case .literal(let json) = structure, json.isNumber { return .number(json) }
        return .tensor(try tensor(structure))
    }

    /// An argument as a tensor, as `convert_to_tensor` makes it.
    mutating func tensor(_ position: Int, _ key: String) throws -> Value {
        try tensor(required(position, key))
    }

    mutating func optionalTensor(_ position: Int, _ key: String) throws -> Value? {
        try structure(position, key).map { try tensor($0) }
    }

    /// The tensor in `x`, most operations' only one.
    mutating func x() throws -> Value { try tensor(0, "x") }

    /// An argument that is a list of tensors.
    mutating func tensors(_ position: Int, _ key: String) throws -> [Value] {
        try operands(position, key).map { try tensor($0) }
    }

    /// An argument that is a list of tensors or numbers.
    mutating func operands(_ position: Int, _ key: String) throws -> [Operand] {
        switch try required(position, key) {
        case .list(let parts): return try parts.map { try operand($0) }
        case .literal(.array(let parts)): return try parts.map { try operand(.literal($0)) }
        case let single: return [try operand(single)]
        }
    }

    /// All arguments without a name as tensors, from `start` on.
    mutating func positionalTensors(from start: Int = 0) throws -> [Value] {
        try arguments.positional.dropFirst(start).map { try tensor($0) }
    }

    mutating func tensor(_ operand: Operand) throws -> Value {
        switch operand {
        case .tensor(let value): return value
        case .number(let json): return try graph.constant(PythonConstant.tensor(json).inGraph())
        }
    }

    private mutating func tensor(_ structure: Structure<Value>) throws -> Value {
        switch structure {
        case .leaf(let value): return value
        case .literal(let json): return try graph.constant(PythonConstant.tensor(json).inGraph())
        case .list(let parts):
            let operands = try parts.map { try operand($0) }
            return try graph.stack(promoted(operands), axis: 0)
        case .dictionary: throw refusal("a dictionary is no tensor")
        }
    }

    // MARK: Constants

    /// The numbers of a value that follows from constants alone, such as a shape.
    func staticTensor(_ value: Value, _ what: String) throws -> Tensor {
        if let tensor = graph.constantTensor(value) { return tensor }
        do {
            return try Program(graph, inputs: [], outputs: [value]).run([])[0]
        } catch GraphError.feed {
            throw refusal("\(what) depends on the data")
        }
    }

    /// Tables that are worked out before anything runs may have this many numbers.
    static let largestTable = 1 << 26

    /// Checks the size of a table before memory is taken for it.
    func checkTable(_ extents: Int...) throws {
        let size = try Shape(extents).elementCount
        guard size <= Self.largestTable else { throw refusal("a table of \(size) numbers") }
    }

    /// An argument of whole numbers that must be known, a tensor or not.
    mutating func staticInts(_ position: Int, _ key: String) throws -> [Int] {
        try staticInts(required(position, key), key)
    }

    mutating func staticInts(_ structure: Structure<Value>, _ key: String) throws -> [Int] {
        switch structure {
        case .list(let parts): return try parts.flatMap { try staticInts($0, key) }
        case .literal(.array(let parts)):
            return try parts.flatMap { try staticInts(.literal($0), key) }
        default:
            let value = try tensor(structure)
            let numbers = try staticTensor(value, key).converted(to: .int64)
            return try numbers.elements(of: Int64.self).map { Int($0) }
        }
    }

    // MARK: Types

    func type(of operand: Operand, isWeak: Bool = true) -> OperandType {
        switch operand {
        case .tensor(let value): return .tensor(graph[value].dtype)
        case .number(.int): return isWeak ? .weakInt : .tensor(.int32)
        case .number(.bool): return .tensor(.bool)
        case .number: return isWeak ? .weakFloat : .tensor(.float32)
        }
    }

    /// The operands in their common type.
    ///
    /// - Parameters:
    ///   - isWeak: whether Python numbers give way to the type of tensors, as in arithmetic.
    ///   - more: further types that take part.
    mutating func promoted(
        _ operands: [Operand], isWeak: Bool = true, with more: [OperandType] = []
    ) throws -> [Value] {
        let dtype = TypePromotion.result(
            of: operands.map { type(of: $0, isWeak: isWeak) } + more)
        return try operands.map { operand in
            switch operand {
            case .tensor(let value): return try cast(value, dtype)
            case .number(let json):
                return try graph.constant(
                    PythonConstant.tensor(json).converted(to: dtype.inGraph))
            }
        }
    }

    mutating func promoted(_ values: [Value], with more: [OperandType] = []) throws -> [Value] {
        try promoted(values.map { .tensor($0) }, with: more)
    }

    mutating func cast(_ value: Value, _ dtype: DType) throws -> Value {
        try graph.cast(value, to: dtype.inGraph)
    }

    /// A value as float32, as functions of real numbers take it.
    mutating func real(_ value: Value) throws -> Value { try graph.cast(value, to: .float32) }

    /// The element type that an option names; nil if it names none.
    func dtypeOption(_ key: String = "dtype") throws -> DType? {
        guard let json = options.value(key) else { return nil }
        let name = json.string ?? json["config"]?["name"]?.string
        guard let dtype = name.flatMap({ DType(rawValue: $0) }), dtype != .string else {
            throw ModelError.config(key: key, cause: "element type \(json.text()) is not supported")
        }
        return dtype
    }

    func shape(_ value: Value) -> [Int] { graph.shape(of: value).dimensions }
    func dtype(_ value: Value) -> DType { graph[value].dtype }
    func isFloat(_ value: Value) -> Bool { graph[value].dtype == .float32 }

    // MARK: Axes

    /// An axis as a number from 0.
    func axis(_ axis: Int, rank: Int) throws -> Int {
        guard (-rank..<rank).contains(axis) else {
            throw refusal("axis \(axis) is outside \(rank) axes")
        }
        return axis < 0 ? axis + rank : axis
    }

    /// The axis that an option names, from 0.
    func axisOption(_ key: String = "axis", rank: Int, default fallback: Int? = nil) throws -> Int {
        try axis(options.int(key, default: fallback), rank: rank)
    }

    /// The axes that an option names, from 0; all if it names none.
    func axesOption(_ key: String = "axis", rank: Int) throws -> [Int] {
        guard options.value(key) != nil else { return Array(0..<rank) }
        let axes = try options.intList(key).map { try axis($0, rank: rank) }
        guard Set(axes).count == axes.count else { throw refusal("axes \(axes) repeat") }
        return axes
    }
}

extension JSON {
    var isNumber: Bool {
        switch self {
        case .int, .double, .bool: true
        default: false
        }
    }
}

extension Tensor {
    func inGraph() throws -> Tensor { try converted(to: dtype.inGraph) }
}
