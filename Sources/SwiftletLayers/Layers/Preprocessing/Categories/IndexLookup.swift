internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What can be an entry of a vocabulary.
protocol VocabularyToken: Hashable, Sendable {
    init?(json: JSON)
    /// An entry as a line of a text file.
    init?(line: String)
    var json: JSON { get }
    /// What TensorFlow tells entries apart by.
    associatedtype Identity: Hashable
    var identity: Identity { get }
}

extension String: VocabularyToken {
    init?(json: JSON) {
        guard let text = json.string else { return nil }
        self = text
    }
    init?(line: String) { self = line }
    var json: JSON { .string(self) }
    // Swift takes two spellings of one character for the same.
    var identity: [UInt8] { Array(utf8) }
}

extension Int64: VocabularyToken {
    init?(json: JSON) {
        // Keras 2 writes some of them as text.
        guard let number = json.int ?? json.string.flatMap({ Int($0) }) else { return nil }
        self = Int64(number)
    }
    init?(line: String) { self.init(line, radix: 10) }
    var json: JSON { .int(Int(self)) }
    var identity: Int64 { self }
}

/// How often an entry was seen, and in how many samples.
struct TokenCount<Token: VocabularyToken> {
    let token: Token
    var count = 0
    var documents = 0
}

/// What StringLookup, IntegerLookup and TextVectorization have in common: a vocabulary and the
/// numbers of its entries.
///
/// Numbers in order: the mask token's (only where numbers leave the layer as they are), those for
/// what is not in the vocabulary, the entries'.
struct IndexLookup<Token: VocabularyToken>: Sendable {
    let maximum: Int?
    /// Numbers for what is not in the vocabulary.
    let unknownCount: Int
    let maskToken: Token?
    let unknownToken: Token?
    let inverts: Bool
    let mode: CategoryMode
    let padsToMaximum: Bool
    /// Whether numbers out of the vocabulary are hashed, not just divided.
    let hashes: Bool
    let salt: HashSalt?
    /// As it was given, with or without the special entries in front; nil until it is known.
    private(set) var vocabulary: [Token]?
    private(set) var weights: [Float]?
    /// Whether the vocabulary comes from data, so that it may be learned anew.
    private(set) var isLearned = false

    /// - Parameters:
    ///   - maskToken: what it is where the configuration does not tell.
    ///   - unknownToken: likewise.
    init(config: LayerConfig, maskToken mask: Token?, unknownToken unknown: Token?) throws {
        func token(_ key: String, default fallback: Token?) throws -> Token? {
            guard config.json[key] != nil else { return fallback }
            guard let json = config.value(key) else { return nil }
            guard let token = Token(json: json) else {
                throw ModelError.config(
                    key: key,
                    cause: "an entry of a vocabulary expected, \(json.text().prefix(60)) found")
            }
            return token
        }
        maximum = try config.optionalInt("max_tokens")
        unknownCount = try config.int("num_oov_indices", default: 1)
        guard (0...LayerConfig.largestSize).contains(unknownCount) else {
            throw ModelError.config(key: "num_oov_indices", cause: "\(unknownCount) is no count")
        }
        guard maximum.map({ $0 > 1 && $0 <= LayerConfig.largestSize }) != false else {
            throw ModelError.config(key: "max_tokens", cause: "a number above 1 expected")
        }
        maskToken = try token("mask_token", default: mask)
        unknownToken = try token("oov_token", default: unknown)
        inverts = try config.bool("invert", default: false)
        mode = try config.categoryMode(default: .int, among: CategoryMode.allCases)
        guard !inverts || mode == .int else {
            throw ModelError.config(key: "invert", cause: "true with an output mode other than int")
        }
        padsToMaximum = try config.bool("pad_to_max_tokens", default: false)
        guard !padsToMaximum || maximum != nil else {
            throw ModelError.config(key: "pad_to_max_tokens", cause: "true without max_tokens")
        }
        hashes = try config.string("oov_method", default: "floormod") == "farmhash"
        salt = try HashSalt(config: config)
        if let list = config.value("vocabulary") {
            guard let entries = list.array?.map(Token.init(json:)), !entries.contains(nil) else {
                throw ModelError.config(
                    key: "vocabulary",
                    cause: "a list of entries expected, \(list.text().prefix(60)) found")
            }
            let weights =
                config.value("idf_weights") == nil ? nil : try config.floats("idf_weights")
            try complete(entries.compactMap(\.self), weights: weights)
        }
    }

    /// The keys of Keras 3's configuration that say what this does, the vocabulary included.
    func write(to config: inout JSONObject) {
        config["max_tokens"] = maximum.map(JSON.int) ?? .null
        config["output_mode"] = .string(mode.rawValue)
        config["sparse"] = false
        config["pad_to_max_tokens"] = .bool(padsToMaximum)
        config["vocabulary"] = vocabulary.map { .array($0.map(\.json)) } ?? .null
        config["idf_weights"] = weights.map { .array($0.map(JSON.number)) } ?? .null
        config["vocabulary_size"] = vocabulary == nil ? .null : .int(size)
    }

    /// Those that only the lookup layers themselves have.
    func writeLookup(to config: inout JSONObject) {
        config["invert"] = .bool(inverts)
        config["num_oov_indices"] = .int(unknownCount)
        config["oov_token"] = unknownToken?.json ?? .null
        config["mask_token"] = maskToken?.json ?? .null
        config["oov_method"] = hashes ? "farmhash" : "floormod"
        config["salt"] = salt?.json ?? .null
        write(to: &config)
    }
}

// MARK: - The vocabulary

extension IndexLookup {
    private var firstUnknown: Int { maskToken != nil && mode == .int ? 1 : 0 }
    private var firstEntry: Int { firstUnknown + unknownCount }

    /// What may stand in front of the entries.
    private var special: [Token?] {
        [Token?](repeating: maskToken, count: firstUnknown)
            + [Token?](repeating: unknownToken, count: min(unknownCount, 1 << 20))
    }

    private var beginsWithSpecial: Bool {
        guard let vocabulary, vocabulary.count >= firstEntry else { return false }
        return zip(vocabulary, special).allSatisfy { $0.identity == $1?.identity }
    }

    /// The entries without special ones in front.
    private var entries: ArraySlice<Token> {
        (vocabulary ?? []).dropFirst(beginsWithSpecial ? firstEntry : 0)
    }

    private var size: Int { firstEntry + entries.count }
    private var depth: Int { padsToMaximum ? maximum ?? size : size }

    /// Takes a vocabulary, and for ``CategoryMode/tfIDF`` the weights of its entries.
    mutating func complete(_ vocabulary: [Token], weights: [Float]?) throws {
        self.vocabulary = vocabulary
        self.weights = mode == .tfIDF ? weights : nil
        guard !vocabulary.isEmpty else {
            throw ModelError.config(key: "vocabulary", cause: "is empty")
        }
        var seen: Set<Token.Identity> = []
        for entry in entries where !seen.insert(entry.identity).inserted {
            throw ModelError.config(
                key: "vocabulary", cause: "\(entry.json.text().prefix(60)) occurs twice")
        }
        if let maskToken, seen.contains(maskToken.identity) {
            throw ModelError.config(
                key: "vocabulary", cause: "the mask token stands among the entries")
        }
        guard maximum.map({ size <= $0 }) != false else {
            throw ModelError.config(
                key: "vocabulary", cause: "\(size) entries, max_tokens is \(maximum ?? 0)")
        }
        if mode == .tfIDF {
            // A file of Keras has them for all columns, a configuration for the entries given.
            guard let weights, weights.count == vocabulary.count || weights.count == depth else {
                throw ModelError.config(
                    key: "idf_weights",
                    cause: "\(vocabulary.count) weights expected, \(weights?.count ?? 0) found")
            }
            self.weights = Array(weights.prefix(vocabulary.count))
        }
    }

    /// Completes a vocabulary that the configuration leaves open from the files beside it.
    mutating func complete(with parts: StoredParts) throws {
        guard vocabulary == nil, let text = try parts.asset("vocabulary.txt") else { return }
        let lines = pythonLines(of: text)
        let tokens = lines.map(Token.init(line:))
        guard !tokens.contains(nil) else {
            throw ModelError.config(key: "vocabulary", cause: "a line of its file is no number")
        }
        let weights = mode == .tfIDF ? try parts.variable("idf_weights")?.floats() : nil
        try complete(tokens.compactMap(\.self), weights: weights)
        isLearned = true
    }

    /// What special entries leave room for; nil without a limit.
    private var mostEntries: Int? { maximum.map { max(0, $0 - firstEntry) } }

    /// Takes what was counted in data as its vocabulary: the most frequent entries, the greater one
    /// first of two that are as frequent.
    ///
    /// - Parameter precedes: Keras's order of entries.
    mutating func learn(
        _ counts: [Token.Identity: TokenCount<Token>], documents: Int,
        by precedes: (Token, Token) -> Bool
    ) throws {
        let special = Set([maskToken, unknownToken].compactMap { $0?.identity })
        var found = counts.filter { !special.contains($0.key) }.values.sorted {
            $0.count == $1.count ? precedes($1.token, $0.token) : $0.count > $1.count
        }
        if let mostEntries { found = Array(found.prefix(mostEntries)) }
        let weights = found.map {
            Float(log(1 + Double(documents) / Double(1 + $0.documents)))
        }
        try complete(found.map(\.token), weights: weights)
        isLearned = true
    }

    /// The weight of every column: where the special entries have none of their own, the mean.
    func columnWeights() throws -> Tensor? {
        guard mode == .tfIDF, let weights else { return nil }
        let mean = weights.reduce(0) { $0 + Double($1) } / Double(max(weights.count, 1))
        let front = beginsWithSpecial ? 0 : firstEntry
        let shape = try Shape([max(depth, front + weights.count)])
        return try Tensor(shape: shape) { column in
            let entry = column - front
            return entry < 0
                ? Float(mean) : weights.indices.contains(entry) ? weights[entry] : 0
        }
    }
}

// MARK: - Lowering

extension IndexLookup {
    /// Masked steps are beyond all categories where these are counted.
    private var maskNumber: Int64 { mode == .int ? 0 : .max - 1 }

    /// The entries with their numbers, the mask token first: it goes before an equal entry.
    private var numbered: [(Token, Int64)] {
        let first = Int64(firstEntry)
        return (maskToken.map { [($0, maskNumber)] } ?? [])
            + entries.enumerated().map { ($1, first + Int64($0)) }
    }

    /// What to answer for what is not in the vocabulary; nil if it is an error.
    private var unknownNumber: Int64? {
        switch unknownCount {
        case 0: nil
        case 1: Int64(firstUnknown)
        default: -1
        }
    }

    /// Numbers by the table, with the buckets for several unknown ones, in the form of the mode.
    ///
    /// - Parameters:
    ///   - look: makes the operation that looks `numbered` up.
    ///   - x: strings or int64.
    func lower(
        _ x: Value, for layer: some Layer, in lowering: inout Lowering,
        look: ([(Token, Int64)], Int64?) -> any Op
    ) throws -> Value {
        guard vocabulary != nil else { throw layer.refusal(Self.lost) }
        let found = try lowering.graph.append(look(numbered, unknownNumber), [x])[0]
        var numbers = found
        if unknownCount > 1 {
            let isUnknown = try lowering.graph.compare(
                .equal, found, lowering.graph.constant(Tensor(scalar: -1 as Int64)))
            let buckets = try lowering.graph.add(
                bucket(x, in: &lowering),
                lowering.graph.constant(Tensor(scalar: Int64(firstUnknown))))
            numbers = try lowering.graph.select(isUnknown, buckets, found)
        }
        let shape = lowering.graph.shape(of: numbers)
        guard mode == .int || depth <= 1 << 28 else { throw layer.refusal("\(depth) columns") }
        let encoded = try lowering.encoded(
            shape.rank == 0 && mode != .int
                ? lowering.graph.reshape(numbers, to: [1]) : numbers, as: mode, depth: depth)
        guard let columns = try columnWeights() else { return encoded }
        return try lowering.graph.multiply(encoded, lowering.graph.constant(columns))
    }

    private func bucket(_ x: Value, in lowering: inout Lowering) throws -> Value {
        if lowering.graph[x].dtype == .string || hashes {
            let hash = HashText(salt.hashFunction, buckets: unknownCount)
            return try lowering.graph.apply(hash, lowering.graph.text(of: x))
        }
        let count = try lowering.graph.constant(Tensor(scalar: Int64(unknownCount)))
        return try lowering.graph.apply(Binary(.floorMod), x, count)
    }

    /// The entries by their numbers, for the way back.
    func inverted(for layer: some Layer) throws -> (tokens: [Token], unknown: Token) {
        guard vocabulary != nil else { throw layer.refusal(Self.lost) }
        guard let unknownToken else { throw layer.refusal("inverts without an oov_token") }
        guard firstEntry <= 1 << 20 else { throw layer.refusal("\(firstEntry) special entries") }
        var tokens = [Token](repeating: unknownToken, count: firstEntry) + entries
        if let maskToken, firstUnknown == 1 { tokens[0] = maskToken }
        return (tokens, unknownToken)
    }

    private static var lost: String {
        "the vocabulary is not in the file: Keras writes a learned one into .keras files only"
    }
}

/// The lines of a text as Python's `splitlines` cuts it, without empty ones at its end.
private func pythonLines(of text: String) -> [String] {
    let ends: Set<Unicode.Scalar> = [
        "\n", "\r", "\u{b}", "\u{c}", "\u{1c}", "\u{1d}", "\u{1e}", "\u{85}", "\u{2028}",
        "\u{2029}",
    ]
    var lines: [String] = []
    var line = String.UnicodeScalarView()
    var last: Unicode.Scalar?
    for scalar in text.unicodeScalars {
        defer { last = scalar }
        if scalar == "\n", last == "\r" { continue }
        if ends.contains(scalar) {
            lines.append(String(line))
            line = String.UnicodeScalarView()
        } else {
            line.append(scalar)
        }
    }
    lines.append(String(line))
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
}
