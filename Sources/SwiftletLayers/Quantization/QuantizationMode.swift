internal import SwiftletFiles

/// In which reduced form a layer keeps its kernel or table, as Keras's dtype policies name it.
enum QuantizationMode: Sendable, Hashable {
    case int8
    /// Two numbers a byte; a scale and a zero for so many rows each, or one scale for all.
    case int4(blockSize: Int?)
    /// Rounded as it is used; the length of the history of magnitudes.
    case float8(history: Int)
    case gptq(bits: Int, groupSize: Int?)
    case awq(groupSize: Int?)

    /// - Parameters:
    ///   - policy: a `dtype` of a configuration: a name, a policy object or a map of them.
    ///   - layer: the name of the layer that the policy is for, which a map is asked for.
    init?(policy: JSON?, layer: String?) throws {
        guard let policy, !policy.isNull else { return nil }
        if policy["class_name"] == "DTypePolicyMap" {
            try self.init(policy: Self.entry(of: policy, for: layer), layer: layer)
            return
        }
        let config = policy["config"]
        if let history = config?["amax_history_length"] {
            guard let length = history.int, length > 0, length <= 1 << 24 else {
                throw Self.refusal("amax_history_length \(history.text())")
            }
            self = .float8(history: length)
            return
        }
        guard let name = policy.string ?? config?["mode"]?.string else { return nil }
        try self.init(name: name)
    }

    /// `int8_from_float32`, `int4/128`, `gptq/4/128`, …; nil for other policies.
    private init?(name: String) throws {
        let mode = name.firstRange(of: "_from_").map { String(name[..<$0.lowerBound]) } ?? name
        let parts = mode.split(separator: "/", omittingEmptySubsequences: false)
        let numbers = parts.dropFirst().map { Int($0) }
        func size(_ position: Int) throws -> Int? {
            guard numbers.indices.contains(position), let number = numbers[position],
                number == -1 || number > 0
            else { throw Self.refusal("\"\(name)\"") }
            return number == -1 ? nil : number
        }
        switch (parts[0], numbers.count) {
        case ("int8", 0) where mode != name || name == "int8": self = .int8
        case ("int4", 0): self = .int4(blockSize: nil)
        case ("int4", 1): self = .int4(blockSize: try size(0))
        case ("float8", 0): self = .float8(history: 1024)
        case ("gptq", 2):
            guard let bits = try size(0), [2, 3, 4, 8].contains(bits) else {
                throw Self.refusal("\"\(name)\"")
            }
            self = .gptq(bits: bits, groupSize: try size(1))
        case ("awq", 2):
            guard try size(0) == 4 else { throw Self.refusal("\"\(name)\"") }
            self = .awq(groupSize: try size(1))
        case ("int8", _), ("int4", _), ("float8", _), ("gptq", _), ("awq", _):
            throw Self.refusal("\"\(name)\"")
        default: return nil
        }
    }

    /// The policy that a map has for a layer. Its keys are the paths of layers, the outermost model
    /// first, of which the end must fit; Keras takes them for regular expressions else.
    private static func entry(of map: JSON, for layer: String?) throws -> JSON? {
        let entries = map["config"]?["policy_map"]?.object ?? [:]
        let plain = entries.members.filter { key, _ in
            key.allSatisfy { $0.isLetter || $0.isNumber || "_-/ .".contains($0) }
        }
        guard plain.count == entries.members.count else {
            throw refusal("a map with the pattern \"\(entries.members.map(\.key).first ?? "")\"")
        }
        let path = layer ?? ""
        let matches = plain.filter { key, _ in key == path || key.hasSuffix("/" + path) }
        guard let match = matches.first, !path.isEmpty else {
            return map["config"]?["default_policy"]
        }
        return match.value
    }

    private static func refusal(_ policy: String) -> ModelError {
        .config(key: "dtype", cause: "the dtype policy \(policy) is unknown")
    }
}
