public import SwiftletTensor

/// How the weights of a file and those of a model went together: every weight of either is in
/// exactly one of the lists.
public struct WeightReport: Sendable, Equatable, CustomStringConvertible {
    /// A weight of the model and the place in the file that its value came from.
    public struct Match: Sendable, Equatable {
        public let name: String
        public let source: String
    }

    /// A weight whose shape in the file is not the model's.
    public struct Misshapen: Sendable, Equatable, CustomStringConvertible {
        public let name: String
        public let expected, found: Shape
        /// Where the file has it.
        public let source: String
        public var description: String { "\(name): shape \(expected) expected, \(found) found" }
    }

    /// Weights that were taken over.
    public package(set) var used: [Match] = []
    /// Weights of the model that the file lacks.
    public package(set) var missing: [String] = []
    /// Weights of the file that the model lacks.
    public package(set) var unused: [String] = []
    /// Weights whose shapes differ.
    public package(set) var misshapen: [Misshapen] = []
    /// Weights of the model that were set without a value in the file, and to what.
    public package(set) var filled: [(name: String, value: String)] = []
    /// Variables of the file that are no weights: of the optimizer, metrics, random generators.
    public package(set) var state: [String] = []
    /// What else somebody should know who goes on with the weights.
    public package(set) var notes: [String] = []

    package init() {}

    /// Whether every weight of the file was used and every weight of the model set.
    public var isComplete: Bool { missing.isEmpty && unused.isEmpty && misshapen.isEmpty }

    public static func == (a: Self, b: Self) -> Bool {
        a.used == b.used && a.missing == b.missing && a.unused == b.unused
            && a.misshapen == b.misshapen && a.state == b.state && a.notes == b.notes
            && a.filled.map(\.name) == b.filled.map(\.name)
    }

    /// What does not fit, with counts and the first names.
    public var description: String { problems.joined(separator: "; ") }

    private var problems: [String] {
        let count = used.count + filled.count
        let total = count + missing.count + misshapen.count
        return [
            Self.summary(missing, "missing"), Self.summary(unused, "not in the model"),
            Self.summary(misshapen.map(\.description), "of another shape"),
        ].compactMap { $0 } + ["\(count) of the model's \(total) weights found"]
    }

    /// What was passed over, one line for each kind.
    public var warnings: [String] {
        [
            Self.summary(missing, "not in the file and left as they are"),
            Self.summary(unused, "skipped, not in the model"),
            Self.summary(misshapen.map(\.description), "skipped, of another shape"),
        ].compactMap { $0 } + notes
    }

    /// Characters that the names of one list may take in a line.
    private static let room = 100

    private static func summary(_ names: [String], _ state: String) -> String? {
        guard let first = names.first else { return nil }
        var shown = shortened(first, to: room)
        var rest = names.count - 1
        for name in names.dropFirst().prefix(2) where shown.count + name.count + 2 <= room {
            shown += ", \(name)"
            rest -= 1
        }
        if rest > 0 { shown += ", …" }
        return "\(names.count) \(names.count == 1 ? "weight" : "weights") \(state) (\(shown))"
    }

    private static func shortened(_ name: String, to length: Int) -> String {
        name.count <= length ? name : "\(name.prefix(length / 2))…\(name.suffix(length / 2 - 1))"
    }
}

extension WeightReport {
    /// The same, layer by layer, for people who want all of it.
    public struct LayerLists: Sendable {
        public let layer: String
        public internal(set) var used: [Match] = []
        public internal(set) var missing: [String] = []
        public internal(set) var unused: [String] = []
        public internal(set) var misshapen: [Misshapen] = []
        public internal(set) var filled: [(name: String, value: String)] = []
    }

    /// Every weight under the layer, or group of the file, that it belongs to, in order.
    public var layers: [LayerLists] {
        var positions: [String: Int] = [:]
        var result: [LayerLists] = []
        func position(_ name: String) -> Int {
            let layer = name.lastIndex(of: "/").map { String(name[..<$0]) } ?? ""
            if let known = positions[layer] { return known }
            positions[layer] = result.count
            result.append(LayerLists(layer: layer))
            return result.count - 1
        }
        for match in used { result[position(match.name)].used.append(match) }
        for weight in filled { result[position(weight.name)].filled.append(weight) }
        for name in missing { result[position(name)].missing.append(name) }
        for weight in misshapen { result[position(weight.name)].misshapen.append(weight) }
        for name in unused { result[position(name)].unused.append(name) }
        return result
    }

    /// ``layers`` in one line.
    package var details: String {
        layers.filter { !($0.missing.isEmpty && $0.unused.isEmpty && $0.misshapen.isEmpty) }
            .map { list in
                func part(_ names: [String], _ state: String) -> String? {
                    names.isEmpty ? nil : "\(state): \(names.joined(separator: ", "))"
                }
                return [
                    part(list.missing, "missing"), part(list.unused, "not in the model"),
                    part(list.misshapen.map(\.description), "of another shape"),
                    part(list.used.map(\.name), "used"),
                ].compactMap { $0 }.joined(separator: ", ")
            }.joined(separator: "; ")
    }
}
