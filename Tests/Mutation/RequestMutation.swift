package import SwiftletFiles

/// A request for inference as it comes over the wire.
package struct RawRequest: Sendable {
    package var method = "POST"
    package var path: String
    package var contentEncoding: String?
    /// `Inference-Header-Content-Length`; nil where JSON is all there is.
    package var headerLength: String?
    package var body: [UInt8]

    package init(path: String, _ json: JSON, binary: [UInt8]? = nil) {
        self.path = path
        let text = Array(json.text().utf8)
        headerLength = binary.map { _ in "\(text.count)" }
        body = text + (binary ?? [])
    }

    /// Method, path, the two headers, each in a line, and the body: what a fuzzer changes at will.
    package var flat: [UInt8] {
        let head = [method, path, headerLength ?? "-", contentEncoding ?? "-"]
        return Array((head.joined(separator: "\n") + "\n").utf8) + body
    }

    /// - Returns: nil if there are no four lines.
    package init?(flat bytes: some Collection<UInt8>) {
        let parts = bytes.split(
            separator: UInt8(ascii: "\n"), maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5 else { return nil }
        let head = parts[..<4].map { String(decoding: $0, as: UTF8.self) }
        (method, path) = (head[0], head[1])
        headerLength = head[2] == "-" ? nil : head[2]
        contentEncoding = head[3] == "-" ? nil : head[3]
        body = Array(parts[4])
    }

    /// Where the JSON ends, if that is said and true.
    private var jsonLength: Int {
        min(max(headerLength.flatMap { Int($0) } ?? body.count, 0), body.count)
    }

    /// The same request with something else somewhere: in its head, its JSON or its tensors' bytes.
    package func mutated(using random: inout SeededRandom) -> RawRequest {
        var request = self
        for _ in 0..<[1, 1, 1, 2, 3][random.below(5)] {
            switch random.below(16) {
            case 0..<6: request.changeJSON(&random) { $0.mutated(using: &$1) }
            case 6..<10: request.changeJSON(&random) { $0.retold(using: &$1) }
            case 10: request.changeBytes(0..<request.jsonLength, &random)
            case 11: request.changeBytes(request.jsonLength..<request.body.count, &random)
            case 12:
                let cut = random.below(request.body.count + 1)
                request.body = Array(request.body[..<cut])
            case 13: request.changeLength(&random)
            case 14: request.changePath(&random)
            default: request.changeHead(&random)
            }
        }
        return request
    }

    /// - Parameter change: of the tree; its length is mostly said anew, lest all be refused for that.
    private mutating func changeJSON(
        _ random: inout SeededRandom, _ change: (JSON, inout SeededRandom) -> JSON
    ) {
        let length = jsonLength
        guard let tree = try? JSON(parsing: Array(body[..<length])) else { return }
        let text = Array(change(tree, &random).text().utf8)
        body = text + body[length...]
        if headerLength != nil, random.below(12) > 0 { headerLength = "\(text.count)" }
    }

    private mutating func changeBytes(_ range: Range<Int>, _ random: inout SeededRandom) {
        guard !range.isEmpty else { return body.append(UInt8(random.below(256))) }
        let place = range.lowerBound + random.below(range.count)
        let words = [
            "[", "]", "{", "}", "\"", ",", "null", "-", "1e999", "\\u0000", "\u{0}", "NaN",
        ]
        switch random.below(5) {
        case 0: body[place] = UInt8(random.below(256))
        case 1: body[place] ^= UInt8(1 << random.below(8))
        case 2: body.remove(at: place)
        case 3: body.insert(contentsOf: (random.pick(words) ?? "").utf8, at: place)
        default:
            let count = min(random.below(64), body.count - place)
            body.insert(contentsOf: Array(body[place..<place + count]), at: place)
        }
    }

    private mutating func changeLength(_ random: inout SeededRandom) {
        let known = jsonLength
        guard random.below(8) > 0 else {
            headerLength = nil
            return
        }
        headerLength = random.pick([
            "0", "1", "-1", "\(known - 1)", "\(known + 1)", "\(body.count)",
            "\(body.count + 1)", "\(Int.max)", "9223372036854775808", "1e3", "", " \(known)",
            "+\(known)", "0x10", "Ⅳ", "\(known)\u{0}",
        ])
    }

    private mutating func changePath(_ random: inout SeededRandom) {
        var units = Array(path.unicodeScalars)
        let place = random.below(units.count + 1)
        let words = [
            "/", "//", "%", "%2f", "%00", "%ff", "%c3%28", "?", "#", ".", "/..", "versions",
            "/ready",
            "/infer", "\u{0}", "é", String(repeating: "a/", count: 500),
        ]
        if random.below(3) > 0 || place == units.count {
            units.insert(contentsOf: (random.pick(words) ?? "").unicodeScalars, at: place)
        } else {
            units.remove(at: place)
        }
        path = units.reduce(into: "") { $0.unicodeScalars.append($1) }
    }

    private mutating func changeHead(_ random: inout SeededRandom) {
        if random.below(2) == 0 {
            method = random.pick(["GET", "PUT", "DELETE", "post", "", "POST ", "\u{0}"]) ?? ""
        } else {
            contentEncoding = random.pick(["gzip", "identity", "", "br, gzip", "x\u{0}"])
        }
    }
}

extension JSON {
    private static let types = [
        "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16",
        "BF16", "FP32", "FP64", "BYTES", "FP8", "fp32", "",
    ]

    /// The same request telling something else of its tensors: another type, shape, size, name or number.
    fileprivate func retold(using random: inout SeededRandom) -> JSON {
        let keys: Set = ["datatype", "shape", "binary_data_size", "data", "name", "binary_data"]
        let told = paths.filter { path in
            path.contains { if case .key(let key) = $0 { keys.contains(key) } else { false } }
        }
        guard let path = random.pick(told) else { return self }
        var tree = self
        tree.change(at: path[...]) { value in
            switch value {
            case .string: return .string(random.pick(Self.types) ?? "")
            case .int(let number):
                return .int(
                    random.pick([
                        number &+ 1, number &- 1, 0, -1, 1, 2 &* number, 1 << 20, 1 << 31, 1 << 40,
                        .max, .min, number / 2,
                    ]) ?? 0)
            case .array(var list):
                switch random.below(6) {
                case 0: list.append(.int(1))
                case 1: list = [.array(list)]
                case 2: list = list.dropLast()
                case 3: list = list + list
                case 4: list = []
                default: list = list.map { .array([$0]) }
                }
                return .array(list.count > 4096 ? [] : list)
            case .double(let number):
                return random.pick([.double(-number), .int(3), .double(1e39)])
            default: return random.pick([.null, .bool(true), .int(1), .string("true")])
            }
        }
        return tree
    }
}
