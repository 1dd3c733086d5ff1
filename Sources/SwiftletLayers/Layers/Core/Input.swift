public import SwiftletFiles
public import SwiftletGraph
public import SwiftletTensor

/// Where data enters a network: its shape without the batch axis.
public struct Input: Layer {
    public static let className = "InputLayer"
    public var options: LayerOptions
    /// Extents without the batch; nil where any will do.
    public let shape: [Int?]
    /// The batch size, if it is fixed.
    package let batchSize: Int?
    package let dtype: DType
    /// False for the unwritten input of a Sequential that declares none; its shape may be unknown,
    /// rank included, until the model is nested in another one.
    package let isDeclared: Bool

    /// - Parameter shape: extents without the batch axis; nil for one that varies.
    public init(shape: [Int?], dtype: DType = .float32, name: String? = nil) {
        self.shape = shape
        self.dtype = dtype
        batchSize = nil
        isDeclared = true
        options = LayerOptions(name: name)
    }

    /// What stands in for the input of a Sequential that declares none.
    ///
    /// - Parameter extents: with the batch, if the file tells them.
    package init(undeclared extents: [Int?]?) {
        shape = extents.map { Array($0.dropFirst()) } ?? []
        batchSize = extents.flatMap { $0.first ?? nil }.flatMap { $0 > 0 ? $0 : nil }
        dtype = .float32
        isDeclared = false
        options = LayerOptions(name: nil)
    }

    /// An input of fixed shape, e.g. `Input(28, 28, 1)`.
    public init(_ shape: Int..., name: String? = nil) {
        self.init(shape: shape, name: name)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        guard let extents = try config.extents("batch_shape") else {
            throw ModelError.config(key: "batch_shape", cause: "missing")
        }
        batchSize = extents.first ?? nil
        guard batchSize != 0 else {
            throw ModelError.config(key: "batch_shape", cause: "batches of no rows")
        }
        shape = Array(extents.dropFirst())
        isDeclared = true
        // A dtype policy object is possible here too; its name is the dtype.
        let name =
            config.value("dtype")?.string ?? config.value("dtype")?["config"]?["name"]?.string
        dtype = name.flatMap(DType.init) ?? .float32
    }

    public var config: JSONObject {
        let extents: [JSON] = ([batchSize] + shape).map { $0.map(JSON.int) ?? .null }
        return [
            "batch_shape": .array(extents), "dtype": .string(dtype.rawValue), "sparse": false,
            "ragged": false,
        ]
    }

    /// The type of a batch, with `unknown` in place of extents that vary.
    package func type(batch: Int, unknown: Int) throws -> TensorType {
        let extents = [batchSize ?? batch] + shape.map { $0 ?? unknown }
        // Whatever a file feeds in floating point is computed in float32.
        return TensorType(try Shape(extents), dtype.isFloatingPoint ? .float32 : dtype)
    }

    /// The tensor in the type that the model computes in.
    ///
    /// - Throws: ``TensorError`` if shape or element type do not fit the declaration.
    package func accept(_ tensor: Tensor) throws -> Tensor {
        let wanted: DType = dtype.isFloatingPoint ? .float32 : dtype
        guard isDeclared || !shape.isEmpty else { return try tensor.converted(to: wanted) }
        let extents = [batchSize] + shape
        let fits =
            tensor.rank == extents.count
            && zip(tensor.shape, extents).allSatisfy { $1 == nil || $0 == $1 }
        // A vector is a column where the model takes one feature, and the other way round, as in
        // Keras.
        if !fits, tensor.rank == 1, shape == [1] {
            return try tensor.reshaped(to: Shape([tensor.elementCount, 1])).converted(to: wanted)
        }
        if !fits, tensor.rank == 2, tensor.shape[1] == 1, shape.isEmpty {
            return try tensor.reshaped(to: Shape([tensor.elementCount])).converted(to: wanted)
        }
        guard fits else {
            let text = extents.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
            throw TensorError.shape(expected: "[\(text)]", found: tensor.shape)
        }
        return try tensor.converted(to: wanted)
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        call.inputs
    }
}
