// swift-format-ignore-file: AlwaysUseLowerCamelCase
public import CSwiftlet
internal import SwiftletHDF5
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletLimits
internal import SwiftletMachine
internal import SwiftletRuntime
internal import SwiftletTensor

/// What a handle of a model stands for.
final class OpenModel: Sendable {
    let predictor: Predictor
    let batchSize: Int
    let limits: Limits
    let inputs, outputs: [Description]

    static let handles = Handles<OpenModel>("model")

    /// - Parameter open: the model's file, opened with a file of weights.
    init(_ options: OpeningOptions, _ open: (_ weights: String?) throws -> Model) throws {
        limits = options.limits
        batchSize = options.batchSize
        (predictor, inputs, outputs) = try options.applied {
            let model = try open(options.weights)
            let summary = try model.summary()
            let inputs = zip(summary.inputs, summary.inputTypes).map {
                Description(name: $0.name, dtype: $1, shape: $0.shape)
            }
            let outputs = zip(model.outputNames, zip(summary.outputTypes, summary.outputShapes))
                .map { Description(name: $0, dtype: $1.0, shape: $1.1) }
            let predictor = try Predictor(
                model, threads: options.threads,
                optimizations: options.isExact ? .exact : .standard)
            return (predictor, inputs, outputs)
        }
    }
}

/// `swiftlet_options`, checked.
struct OpeningOptions {
    private(set) var weights: String?
    private(set) var limits = Limits()
    private(set) var isolation: HDF5Isolation?
    private(set) var threads: Int?
    private(set) var batchSize = 32
    private(set) var isExact = false

    /// Structures of versions to come will not be larger.
    private static let largestSize = 4096

    init(_ options: UnsafePointer<swiftlet_options>?) throws {
        guard let options else { return }
        let given = try Self.known(options)
        weights = try given.weights.map { try text($0, "options.weights") }
        let settings = try given.limits.map { try text($0, "options.limits") } ?? ""
        for word in settings.split(whereSeparator: { $0 == " " || $0 == "," }) {
            guard let setting = Limits.Setting(String(word)) else {
                throw Failure.argument("options.limits: '\(word)' is no limit")
            }
            limits[setting.quantity] = setting.value
        }
        let isolates = try flag(given.isolate, "options.isolate")
        if let helper = given.helper {
            isolation = HDF5Isolation(
                isolates ? .always : .whereNeeded, program: try text(helper, "options.helper"))
        } else if isolates {
            throw Failure.argument("options.isolate needs options.helper")
        }
        guard (0...1024).contains(given.threads) else {
            throw Failure.argument("options.threads: \(given.threads) is not between 0 and 1024")
        }
        if given.threads > 0 { threads = Int(given.threads) }
        guard given.batch_size >= 0 else {
            throw Failure.argument("options.batch_size: \(given.batch_size) is negative")
        }
        if given.batch_size > 0 { batchSize = Int(given.batch_size) }
        isExact = try flag(given.exact, "options.exact")
    }

    /// The members that both sides know; members that only the caller knows must be 0.
    private static func known(
        _ options: UnsafePointer<swiftlet_options>
    ) throws(Failure) -> swiftlet_options {
        let size = UnsafeRawPointer(options).loadUnaligned(as: Int.self)
        guard size >= MemoryLayout<Int>.size, size <= largestSize else {
            throw .argument("options.size is \(size); begin with SWIFTLET_OPTIONS")
        }
        let bytes = UnsafeRawBufferPointer(start: options, count: size)
        var known = swiftlet_options()
        let count = min(size, MemoryLayout<swiftlet_options>.size)
        withUnsafeMutableBytes(of: &known) { $0.copyMemory(from: .init(rebasing: bytes[..<count])) }
        guard bytes[count...].allSatisfy({ $0 == 0 }) else {
            throw .argument("an option that this version (\(swiftletVersion)) does not have")
        }
        return known
    }

    /// Runs `body` as these options want files to be read.
    func applied<Result>(_ body: () throws -> Result) throws -> Result {
        try HDF5Isolation.$current.withValue(isolation) { try limits.apply(body) }
    }
}

private func flag(_ value: Int32, _ name: String) throws(Failure) -> Bool {
    guard value == 0 || value == 1 else { throw .argument("\(name) is \(value), not 0 or 1") }
    return value == 1
}

private func text(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(Failure) -> String {
    guard let pointer else { throw .argument("\(name) is NULL") }
    guard let text = String(validatingCString: pointer) else {
        throw .argument("\(name) is not UTF-8")
    }
    return text
}

private func opening(
    _ model: UnsafeMutablePointer<OpaquePointer?>?, _ options: UnsafePointer<swiftlet_options>?,
    _ open: (_ weights: String?) throws -> Model
) throws {
    guard let model else { throw Failure.argument("there is no place for the model") }
    model.pointee = nil
    model.pointee = OpenModel.handles.add(try OpenModel(OpeningOptions(options), open))
}

@c @implementation
public func swiftlet_open(
    _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<swiftlet_options>?,
    _ model: UnsafeMutablePointer<OpaquePointer?>?
) -> swiftlet_status {
    answering {
        try opening(model, options) { weights in
            try Model(contentsOf: text(path, "the path"), weights: weights)
        }
    }
}

@c @implementation
public func swiftlet_open_bytes(
    _ bytes: UnsafeRawPointer?, _ count: Int, _ options: UnsafePointer<swiftlet_options>?,
    _ model: UnsafeMutablePointer<OpaquePointer?>?
) -> swiftlet_status {
    answering {
        try opening(model, options) { weights in
            guard let bytes, count >= 0 else { throw Failure.argument("there are no bytes") }
            let buffer = UnsafeRawBufferPointer(start: bytes, count: count)
            return try Model(bytes: buffer.bytes, weights: weights)
        }
    }
}

@c @implementation
public func swiftlet_close(_ model: OpaquePointer?) -> swiftlet_status {
    answering { try OpenModel.handles.remove(model) }
}

// MARK: Descriptions

/// Gives out an element of a list, counted from 0.
func element<Element>(
    _ index: Int, of list: [Element], _ kind: String
) throws(Failure) -> Element {
    guard list.indices.contains(index) else {
        throw .argument("\(kind) \(UInt(bitPattern: index)): there are \(list.count)")
    }
    return list[index]
}

private func describe(
    _ model: OpaquePointer?, _ list: KeyPath<OpenModel, [Description]>, _ index: Int,
    _ kind: String, _ description: UnsafeMutablePointer<swiftlet_tensor>?
) -> swiftlet_status {
    answering {
        guard let description else { throw Failure.argument("there is no place for the answer") }
        let model = try OpenModel.handles.object(model)
        description.pointee = try element(index, of: model[keyPath: list], kind).tensor()
    }
}

private func count(
    _ model: OpaquePointer?, _ list: KeyPath<OpenModel, [Description]>,
    _ count: UnsafeMutablePointer<Int>?
) -> swiftlet_status {
    answering {
        guard let count else { throw Failure.argument("there is no place for the answer") }
        count.pointee = try OpenModel.handles.object(model)[keyPath: list].count
    }
}

@c @implementation
public func swiftlet_input_count(
    _ model: OpaquePointer?, _ count: UnsafeMutablePointer<Int>?
) -> swiftlet_status { SwiftletC.count(model, \.inputs, count) }

@c @implementation
public func swiftlet_output_count(
    _ model: OpaquePointer?, _ count: UnsafeMutablePointer<Int>?
) -> swiftlet_status { SwiftletC.count(model, \.outputs, count) }

@c @implementation
public func swiftlet_input(
    _ model: OpaquePointer?, _ index: Int, _ description: UnsafeMutablePointer<swiftlet_tensor>?
) -> swiftlet_status { describe(model, \.inputs, index, "input", description) }

@c @implementation
public func swiftlet_output(
    _ model: OpaquePointer?, _ index: Int, _ description: UnsafeMutablePointer<swiftlet_tensor>?
) -> swiftlet_status { describe(model, \.outputs, index, "output", description) }

// MARK: The library

/// In memory that C may read for ever.
private nonisolated(unsafe) let version: UnsafePointer<CChar> = {
    let bytes = Array(swiftletVersion.utf8CString)
    let text = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    text.initialize(from: bytes, count: bytes.count)
    return UnsafePointer(text)
}()

@c @implementation
public func swiftlet_version() -> UnsafePointer<CChar>? { version }
