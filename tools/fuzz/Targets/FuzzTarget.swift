internal import SwiftletFiles
internal import SwiftletLimits

/// One reader under test: what it does with any bytes, and the files to begin with.
struct FuzzTarget {
    typealias Body = (UnsafeRawBufferPointer) throws -> Void

    let name: String
    /// How inputs are changed beside the random bytes of libFuzzer.
    enum Mutation {
        case bytes
        /// Members of a zip archive, whose checksums stay right.
        case zip
        /// The tree of a JSON text.
        case json
        /// A request's head, its JSON and its tensors' bytes.
        case request
    }
    let mutation: Mutation
    /// Files below `fixtures/`: folders and the ends of names.
    let seeds: [(folder: String, suffix: String)]
    /// Everything a reader can be brought to do with the bytes. What it throws is its good right.
    let makeBody: (Scratch) throws -> Body

    init(
        _ name: String, _ mutation: Mutation = .bytes,
        seeds: [(folder: String, suffix: String)],
        _ makeBody: @escaping (Scratch) throws -> Body
    ) {
        self.name = name
        self.mutation = mutation
        self.seeds = seeds
        self.makeBody = makeBody
    }

    static var all: [FuzzTarget] { containers + weights + data + images + models + requests }

    /// What one run may take: enough for all seeds, little enough to be quick.
    static let limits: Limits = {
        var limits = Limits()
        (limits.tensorBytes, limits.modelBytes, limits.decompressedBytes) = (
            1 << 26, 1 << 28, 1 << 22
        )
        (limits.operations, limits.imagePixels) = (1 << 14, 1 << 20)
        limits.time = .seconds(8)
        return limits
    }()

    static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}
