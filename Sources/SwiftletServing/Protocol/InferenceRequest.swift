internal import SwiftletFiles
package import SwiftletTensor

/// What a request says: named tensors, and which of the model's outputs it wants in which form.
package struct InferenceRequest: Sendable {
    package let id: String?
    package let inputs: [(name: String, tensor: Tensor)]
    /// Nil for all of the model's.
    package let outputs: [RequestedOutput]?
    /// The form of outputs that say nothing about it.
    package let wantsBinary: Bool
    /// How long the sender is ready to wait.
    package let timeout: Duration?

    package struct RequestedOutput: Sendable, Equatable {
        package let name: String
        package let isBinary: Bool?

        package init(name: String, isBinary: Bool?) {
            (self.name, self.isBinary) = (name, isBinary)
        }
    }

    /// JSON of requests nests no deeper than tensors do.
    private static let deepest = 48
    /// Tensors of more axes are nobody's.
    static let mostAxes = 32
    /// Inputs, or outputs, that one request may name.
    static let mostTensors = 1024

    /// - Parameters:
    ///   - body: a JSON object, which the bytes of binary tensors may follow.
    ///   - headerLength: bytes of the JSON object; nil if it is all there is.
    package init(
        parsing body: UnsafeRawBufferPointer, headerLength: Int? = nil
    ) throws(ServingError) {
        let length = headerLength ?? body.count
        guard length > 0, length <= body.count else {
            throw .invalid(
                headerLength == nil
                    ? "the request has no body"
                    : "Inference-Header-Content-Length is \(length), the body has \(body.count) bytes"
            )
        }
        let json: JSON
        do {
            json = try JSON(
                parsing: UnsafeRawBufferPointer(rebasing: body[..<length]),
                maximumDepth: Self.deepest)
        } catch {
            throw .invalid("JSON: \(error)")
        }
        var binary = BinarySection(
            bytes: UnsafeRawBufferPointer(rebasing: body[length...]))
        try self.init(json, &binary)
        guard binary.isEmpty else {
            throw .invalid("\(binary.count) bytes after the last binary tensor")
        }
    }

    private init(_ json: JSON, _ binary: inout BinarySection) throws(ServingError) {
        guard json.object != nil else { throw .invalid("a JSON object expected") }
        id = try Self.optional(json, "id", "a string") { $0.string }
        let parameters = try Self.parameters(of: json, "the request")
        wantsBinary =
            try Self.optional(parameters, "binary_data_output", "true or false") {
                $0.bool
            } ?? false
        let microseconds = try Self.optional(parameters, "timeout", "microseconds") { $0.int }
        timeout = microseconds.flatMap { $0 > 0 ? .microseconds($0) : nil }
        if let sequence = parameters["sequence_id"], sequence != .int(0), sequence != .string("") {
            throw .invalid("sequence_id: sequences of requests are not supported")
        }
        guard let list = json["inputs"]?.array, list.count <= Self.mostTensors else {
            throw .invalid("\"inputs\": an array of tensors expected")
        }
        var inputs: [(name: String, tensor: Tensor)] = []
        for entry in list {
            let (name, tensor) = try Self.input(entry, &binary)
            guard !inputs.contains(where: { $0.name == name }) else {
                throw .invalid("input \(quoted(name)) is there twice")
            }
            inputs.append((name, tensor))
        }
        self.inputs = inputs
        outputs = try Self.outputs(json["outputs"])
    }

    private static func input(
        _ json: JSON, _ binary: inout BinarySection
    ) throws(ServingError) -> (String, Tensor) {
        guard let name = json["name"]?.string else {
            throw .invalid("an input without a \"name\"")
        }
        let place = "input \(quoted(name))"
        guard let typeName = json["datatype"]?.string else {
            throw .invalid("\(place): \"datatype\" is missing")
        }
        guard let dtype = DType(protocolName: typeName) else {
            throw .invalid("\(place): datatype \(quoted(typeName)) is unknown")
        }
        let shape = try Self.shape(json["shape"], place)
        let parameters = try Self.parameters(of: json, place)
        let byteCount = try optional(parameters, "binary_data_size", "a number of bytes") { $0.int }
        if let byteCount {
            guard json["data"] == nil else {
                throw .invalid("\(place): both \"data\" and \"binary_data_size\"")
            }
            let bytes = try binary.take(byteCount, place)
            return (name, try TensorData(place: place, shape: shape, dtype: dtype).tensor(bytes))
        }
        guard let data = json["data"] else {
            throw .invalid("\(place): neither \"data\" nor \"binary_data_size\"")
        }
        return (name, try TensorData(place: place, shape: shape, dtype: dtype).tensor(data))
    }

    private static func shape(_ json: JSON?, _ place: String) throws(ServingError) -> Shape {
        guard let extents = json?.array, extents.count <= mostAxes else {
            throw .invalid("\(place): \"shape\": an array of up to \(mostAxes) numbers expected")
        }
        var dimensions: [Int] = []
        for extent in extents {
            guard case .int(let value) = extent, value > 0 else {
                throw .invalid("\(place): \"shape\": whole numbers above 0 expected")
            }
            dimensions.append(value)
        }
        do {
            return try Shape(dimensions)
        } catch {
            throw .invalid("\(place): \(error)")
        }
    }

    private static func outputs(_ json: JSON?) throws(ServingError) -> [RequestedOutput]? {
        guard let json, !json.isNull else { return nil }
        guard let list = json.array, list.count <= mostTensors else {
            throw .invalid("\"outputs\": an array expected")
        }
        // As some clients say that they want everything.
        if list.isEmpty { return nil }
        var outputs: [RequestedOutput] = []
        for entry in list {
            guard let name = entry["name"]?.string else {
                throw .invalid("an output without a \"name\"")
            }
            guard !outputs.contains(where: { $0.name == name }) else {
                throw .invalid("output \(quoted(name)) is asked for twice")
            }
            let place = "output \(quoted(name))"
            let parameters = try parameters(of: entry, place)
            if let count = parameters["classification"], count != .int(0) {
                throw .invalid("\(place): classification is not supported")
            }
            let isBinary = try optional(parameters, "binary_data", "true or false") { $0.bool }
            outputs.append(RequestedOutput(name: name, isBinary: isBinary))
        }
        return outputs
    }

    /// Parameters mean what the sender says or nothing: those that ask for what is not done are refused.
    private static func parameters(of json: JSON, _ place: String) throws(ServingError) -> JSON {
        guard let parameters = json["parameters"], !parameters.isNull else { return .object([:]) }
        guard parameters.object != nil else {
            throw .invalid("\(place): \"parameters\": an object expected")
        }
        guard parameters["shared_memory_region"] == nil else {
            throw .invalid("\(place): shared memory is not supported")
        }
        return parameters
    }

    private static func optional<Value>(
        _ json: JSON, _ key: String, _ kind: String, _ read: (JSON) -> Value?
    ) throws(ServingError) -> Value? {
        guard let member = json[key], !member.isNull else { return nil }
        guard let value = read(member) else { throw .invalid("\"\(key)\": \(kind) expected") }
        return value
    }
}

/// The bytes after the JSON object, taken in order.
struct BinarySection {
    private var rest: UnsafeRawBufferPointer

    init(bytes: UnsafeRawBufferPointer) { rest = bytes }

    var isEmpty: Bool { rest.isEmpty }
    var count: Int { rest.count }

    mutating func take(
        _ count: Int, _ place: String
    ) throws(ServingError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= rest.count else {
            throw .invalid(
                "\(place): \"binary_data_size\" is \(count), \(rest.count) bytes are left")
        }
        let taken = UnsafeRawBufferPointer(rebasing: rest[..<count])
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        return taken
    }
}
