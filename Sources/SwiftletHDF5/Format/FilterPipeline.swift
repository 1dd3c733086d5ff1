/// Section IV.A.2.l: what was done to the chunks of a dataset, in the order of writing.
struct FilterPipeline {
    enum Filter: Equatable {
        case deflate
        case shuffle(elementSize: Int)
        case fletcher32
    }

    let filters: [Filter]

    static let none = FilterPipeline(filters: [])

    private init(filters: [Filter]) { self.filters = filters }

    init(_ content: Fields, elementSize: Int) throws(Refusal) {
        var fields = content
        let version = try fields.byte()
        let count = try fields.byte()
        guard (1...2).contains(version) else {
            throw .unsupported("version \(version) of a filter pipeline")
        }
        guard count <= 32 else { throw .damaged("\(count) filters") }
        if version == 1 { try fields.skip(6) }
        var filters: [Filter] = []
        for _ in 0..<count {
            let number = try fields.int(2)
            let nameLength = version == 1 || number >= 256 ? try fields.int(2) : 0
            try fields.skip(2)  // whether the filter may be left out, which each chunk says
            let parameterCount = try fields.int(2)
            let hasPadding = version == 1
            try fields.skip(hasPadding ? (nameLength + 7) / 8 * 8 : nameLength)
            var parameters: [Int] = []
            for _ in 0..<parameterCount { parameters.append(try fields.int(4)) }
            if hasPadding, parameterCount % 2 == 1 { try fields.skip(4) }
            filters.append(try Self.filter(number, parameters, elementSize: elementSize))
        }
        guard filters.count(where: { $0 == .deflate }) <= 1 else {
            throw .unsupported("data that is compressed twice")
        }
        self.filters = filters
    }

    private static func filter(
        _ number: Int, _ parameters: [Int], elementSize: Int
    ) throws(Refusal) -> Filter {
        switch number {
        case 1: return .deflate
        case 2:
            let size = parameters.first ?? elementSize
            guard size > 0 else { throw .damaged("elements of no bytes are shuffled") }
            return .shuffle(elementSize: size)
        case 3: return .fletcher32
        case 4...6: throw .needsLibrary(words(for: number))
        default: throw .unsupported(words(for: number))
        }
    }

    static func words(for number: Int) -> String {
        "compression filter \(number)" + (names[number].map { " (\($0))" } ?? "")
    }

    /// As registered with the HDF Group.
    private static let names = [
        4: "szip", 5: "nbit", 6: "scale-offset", 307: "bzip2", 32000: "lzf", 32001: "blosc",
        32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32015: "zstd", 32026: "blosc2",
    ]

    var isCompressed: Bool { filters.contains(.deflate) }
}
