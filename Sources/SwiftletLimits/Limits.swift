internal import SwiftletMachine

/// What files, and the models in them, may ask for: everything is refused beyond it before memory or
/// time is spent on it.
///
/// The standard limits suit files of any sound model on this machine. Whoever opens files of strangers
/// lowers them:
///
/// ```swift
/// var limits = Limits()
/// limits.modelBytes = 1 << 30
/// limits.time = .seconds(10)
/// let model = try limits.apply { try Model(contentsOf: upload) }
/// ```
///
/// They hold for all that the body does on its thread and on the threads that work for it. A
/// ``LimitError``, within the error of whoever met it, says which limit was in the way.
public struct Limits: Sendable, Equatable {
    /// Bytes of one tensor: a weight, an intermediate value, an array of a data file unless it stays
    /// in the file.
    public var tensorBytes = Self.memory
    /// Bytes of a model's weights together, and of all that one run of it computes beside them.
    public var modelBytes = Self.memory
    /// Layers of a model, those of models within it included.
    public var layers = 1 << 15
    /// Operations that a model's layers amount to; a model within a model counts as often as it is
    /// called.
    public var operations = 1 << 17
    /// Models, wrappers or groups within each other. JSON texts may nest eight times as deep.
    public var nesting = 64
    /// Bytes that one packed thing (an archive's entry, a dataset, a whole gzip file) unpacks to.
    public var decompressedBytes = Self.memory
    /// Times its packed size that a thing may unpack to, once that is more than 1 GiB. Weights and
    /// pictures stay far below.
    public var decompressionRatio = 200
    /// Entries of one archive.
    public var archiveEntries = 1 << 18
    /// Bytes of a text that describes something: a configuration, an index.
    public var textBytes = 1 << 30
    /// Pixels of one picture.
    public var imagePixels = 1 << 28
    /// Time for all that ``apply(_:)`` runs; nil for as long as it takes. It is looked at between one
    /// layer, operation or packed piece and the next.
    public var time: Duration?

    public init() {}

    /// Bytes that this process may hold: the machine's memory, or its container's.
    static let memory = Machine.memory

    // MARK: The limits in force

    /// Limits that were applied, with the moment at which their time is over.
    package final class Scope: Sendable {
        let limits: Limits
        let end: ContinuousClock.Instant?

        init(_ limits: Limits) {
            self.limits = limits
            end = limits.time.map { ContinuousClock.now + $0 }
        }
    }

    /// Nil where nobody has applied any.
    @TaskLocal package static var scope: Scope?

    private static let standard = Limits()

    /// The limits that hold here.
    public static var current: Limits { scope?.limits ?? standard }

    /// Runs `body` within these limits instead of those that hold here.
    public func apply<Result>(_ body: () throws -> Result) rethrows -> Result {
        try Self.$scope.withValue(Scope(self), operation: body)
    }

    /// The same for a body that awaits others.
    public func apply<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async rethrows -> Result {
        try await Self.$scope.withValue(Scope(self), operation: body)
    }

    // MARK: Checks

    /// - Throws: if more of `quantity` is asked for than the limits in force allow.
    package static func check(_ quantity: Quantity, _ found: Int) throws(LimitError) {
        let limit = scope?.limits[quantity] ?? standard[quantity]
        guard found <= limit else { throw LimitError(quantity, found: found, limit: limit) }
    }

    /// Whether the limits in force have a time, for loops that should not ask at every turn.
    package static var isTimed: Bool { scope?.end != nil }

    /// - Throws: once the time of the limits in force is over.
    package static func checkTime() throws(LimitError) {
        guard let scope, let end = scope.end, let time = scope.limits.time else { return }
        guard ContinuousClock.now <= end else {
            let seconds = Int(clamping: (time.components.seconds))
            throw LimitError(.time, found: nil, limit: seconds)
        }
    }

    /// - Throws: if what is packed in `packed` bytes may not unpack to `unpacked`.
    package static func checkUnpacked(
        _ unpacked: Int, from packed: Int
    ) throws(LimitError) {
        try check(.decompressedBytes, unpacked)
        guard unpacked > freeUnpackedBytes else { return }
        try check(.decompressionRatio, unpacked / max(1, packed))
    }

    private static let freeUnpackedBytes = 1 << 30
}
