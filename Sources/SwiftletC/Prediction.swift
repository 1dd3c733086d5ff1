// swift-format-ignore-file: AlwaysUseLowerCamelCase
public import CSwiftlet
internal import SwiftletLimits
internal import SwiftletRuntime
internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What a handle of a result stands for: the outputs of one prediction, with their strings as C has them.
///
/// Immutable once made, hence safe to share.
final class Answers: @unchecked Sendable {
    private(set) var outputs: [(description: Description, tensor: Tensor)] = []
    /// By output; nil for numbers.
    private var texts: [UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>?] = []

    static let handles = Handles<Answers>("result")

    init(_ tensors: [Tensor], of model: OpenModel) throws {
        for (description, tensor) in zip(model.outputs, tensors) {
            let own = Description(
                name: description.name, dtype: tensor.dtype, shape: tensor.shape.dimensions)
            outputs.append((own, tensor))
            let strings = tensor.strings.map { strings in
                let texts = UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>
                    .allocate(capacity: strings.count)
                _ = texts.initialize(from: strings.map { strdup($0) })
                return texts
            }
            texts.append(strings)
            guard strings?.contains(nil) != true else {
                throw TensorError.outOfMemory(bytes: tensor.elementCount)
            }
        }
    }

    deinit {
        for case .some(let texts) in texts {
            for text in texts { free(text) }
            texts.deallocate()
        }
    }

    func tensor(_ index: Int) throws(Failure) -> swiftlet_tensor {
        let (description, tensor) = try element(index, of: outputs, "output")
        if let texts = texts[index] {
            return description.tensor(
                data: UnsafeRawPointer(texts.baseAddress),
                bytes: texts.count * MemoryLayout<UnsafePointer<CChar>>.size)
        }
        return description.tensor(
            data: UnsafeRawPointer(tensor.storage.pointer), bytes: tensor.storage.byteCount)
    }
}

// MARK: Inputs

/// Keeps nobody's memory alive: an input outlives the call that reads it.
private final class Caller: Sendable {}

private let largestRank = 64

extension Tensor {
    /// The caller's array, in place where its elements are good as they are.
    ///
    /// - Parameter place: as messages name it.
    init(_ given: swiftlet_tensor, at place: String) throws {
        let dtype: DType
        let shape: Shape
        do {
            dtype = try DType(given.dtype)
            shape = try Shape(Self.extents(given))
        } catch {
            throw Failure.argument("\(place): \(error)")
        }
        let size = dtype == .string ? MemoryLayout<UnsafePointer<CChar>>.size : dtype.size
        guard given.bytes == shape.elementCount * size else {
            throw Failure.argument(
                "\(place): \(UInt(bitPattern: given.bytes)) bytes; \(shape) of \(dtype) takes "
                    + "\(shape.elementCount * size)")
        }
        guard given.data != nil || shape.elementCount == 0 else {
            throw Failure.argument("\(place): the data is NULL")
        }
        let bytes = UnsafeRawBufferPointer(start: given.data, count: given.bytes)
        switch dtype {
        case .string: try self.init(strings: Self.strings(bytes, place), shape: shape)
        case .bool:
            try self.init(shape: shape, dtype: .bool) { target in
                for (index, byte) in bytes.enumerated() { target[index] = byte == 0 ? 0 : 1 }
            }
        default:
            let storage = TensorStorage(viewing: bytes, elementSize: size, owner: Caller())
            try self.init(storage: storage, shape: shape, dtype: dtype)
        }
    }

    private static func extents(_ given: swiftlet_tensor) throws(Failure) -> [Int] {
        guard given.rank >= 0, given.rank <= largestRank else {
            throw .argument("the rank is \(given.rank)")
        }
        guard given.rank > 0 else { return [] }
        guard let shape = given.shape else { throw .argument("the shape is NULL") }
        return UnsafeBufferPointer(start: shape, count: Int(given.rank)).map { Int($0) }
    }

    private static func strings(
        _ bytes: UnsafeRawBufferPointer, _ place: String
    ) throws(Failure) -> [String] {
        let size = MemoryLayout<UnsafePointer<CChar>>.size
        var strings: [String] = []
        for index in 0..<bytes.count / size {
            let pointer = bytes.loadUnaligned(
                fromByteOffset: index * size, as: UnsafePointer<CChar>?.self)
            guard let pointer else { throw .argument("\(place): string \(index) is NULL") }
            guard let text = String(validatingCString: pointer) else {
                throw .argument("\(place): string \(index) is not UTF-8")
            }
            strings.append(text)
        }
        return strings
    }
}

/// The inputs in the model's order: by their names if all have one.
private func ordered(
    _ inputs: UnsafeBufferPointer<swiftlet_tensor>, for model: OpenModel
) throws -> [Tensor] {
    let names = try inputs.enumerated().map { index, input in
        try input.name.map { name in
            guard let name = String(validatingCString: name) else {
                throw Failure.argument("inputs[\(index)]: the name is not UTF-8")
            }
            return name
        }
    }
    let tensors = try zip(inputs, names).enumerated().map { index, input in
        try Tensor(input.0, at: input.1.map { "input '\($0)'" } ?? "inputs[\(index)]")
    }
    let given = names.compactMap(\.self)
    guard !given.isEmpty else { return tensors }
    guard given.count == inputs.count else {
        throw Failure.argument("some inputs have names and some have none")
    }
    let wanted = model.inputs.map(\.name)
    guard given.count == wanted.count, Set(given) == Set(wanted) else {
        throw Failure.input(
            "inputs named \(given.joined(separator: ", ")); the model's are "
                + wanted.joined(separator: ", "))
    }
    return wanted.compactMap { name in given.firstIndex(of: name).map { tensors[$0] } }
}

// MARK: The interface

@c @implementation
public func swiftlet_predict(
    _ model: OpaquePointer?, _ inputs: UnsafePointer<swiftlet_tensor>?, _ count: Int,
    _ result: UnsafeMutablePointer<OpaquePointer?>?
) -> swiftlet_status {
    answering {
        guard let result else { throw Failure.argument("there is no place for the result") }
        result.pointee = nil
        let model = try OpenModel.handles.object(model)
        guard count == model.inputs.count else {
            throw Failure.input(
                "\(UInt(bitPattern: count)) inputs; the model has \(model.inputs.count)")
        }
        guard let inputs else { throw Failure.argument("there are no inputs") }
        let answers = try model.limits.apply {
            let tensors = try ordered(.init(start: inputs, count: count), for: model)
            let outputs = try model.predictor.predict(tensors, batchSize: model.batchSize)
            return try Answers(outputs, of: model)
        }
        result.pointee = Answers.handles.add(answers)
    }
}

@c @implementation
public func swiftlet_result_output(
    _ result: OpaquePointer?, _ index: Int, _ output: UnsafeMutablePointer<swiftlet_tensor>?
) -> swiftlet_status {
    answering {
        guard let output else { throw Failure.argument("there is no place for the output") }
        output.pointee = try Answers.handles.object(result).tensor(index)
    }
}

@c @implementation
public func swiftlet_result_copy(
    _ result: OpaquePointer?, _ index: Int, _ dtype: swiftlet_dtype,
    _ buffer: UnsafeMutableRawPointer?, _ bytes: Int
) -> swiftlet_status {
    answering {
        let (_, tensor) = try element(
            index, of: Answers.handles.object(result).outputs, "output")
        let dtype = try DType(dtype)
        guard Tensor.canConvert(tensor.dtype, to: dtype) else {
            throw Failure.argument(
                "output \(index) is \(tensor.dtype), which is not copied as \(dtype)")
        }
        let needed = tensor.elementCount * dtype.size
        guard bytes == needed else {
            throw Failure.argument(
                "output \(index) as \(dtype) takes \(needed) bytes, not \(UInt(bitPattern: bytes))")
        }
        guard let buffer else {
            guard needed == 0 else { throw Failure.argument("there is no buffer") }
            return
        }
        tensor.withUnsafeBytes { source in
            guard let source = source.baseAddress else { return }
            if tensor.dtype == dtype {
                buffer.copyMemory(from: source, byteCount: needed)
            } else {
                convertElements(
                    source, from: tensor.dtype, to: dtype, buffer, count: tensor.elementCount)
            }
        }
    }
}

@c @implementation
public func swiftlet_result_free(_ result: OpaquePointer?) -> swiftlet_status {
    answering { try Answers.handles.remove(result) }
}
