internal import SwiftletFiles

/// Something for each of a model's outputs.
public enum PerOutput<Item: Sendable>: Sendable {
    /// The same for every output.
    case all(Item)
    /// By position; nil for outputs that go without.
    case list([Item?])
    /// By the output's name; outputs that are not named go without.
    case named([String: Item])

    /// The items in the order of the outputs.
    ///
    /// - Parameter kind: what the items are, for messages.
    func items(for outputs: [String], kind: String) throws -> [Item?] {
        switch self {
        case .all(let item): return outputs.map { _ in item }
        case .list(let items):
            guard items.count == outputs.count else {
                throw TrainingError.argument(
                    name: kind, cause: "\(items.count) for \(outputs.count) outputs")
            }
            return items
        case .named(let items):
            if let stranger = items.keys.sorted().first(where: { !outputs.contains($0) }) {
                throw TrainingError.argument(
                    name: kind, cause: "the model has no output '\(stranger)'")
            }
            return outputs.map { items[$0] }
        }
    }

    /// Reads a value, a list with one entry per output, or an object with one member per output.
    ///
    /// - Parameter isItem: whether a value is one item and not a list or object of items.
    init?(json: JSON?, isItem: (JSON) -> Bool, _ item: (JSON) throws -> Item) throws {
        guard let json, !json.isNull else { return nil }
        if isItem(json) {
            self = .all(try item(json))
            return
        }
        switch json {
        case .array(let list): self = .list(try list.map { try $0.isNull ? .none : item($0) })
        case .object(let members):
            var items: [String: Item] = [:]
            for (key, value) in members where !value.isNull { items[key] = try item(value) }
            self = .named(items)
        default: self = .all(try item(json))
        }
    }

    func json(_ item: (Item) -> JSON) -> JSON {
        switch self {
        case .all(let value): return item(value)
        case .list(let items): return .array(items.map { $0.map(item) ?? .null })
        case .named(let items):
            var object = JSONObject()
            for (name, value) in items.sorted(by: { $0.key < $1.key }) {
                object[name] = item(value)
            }
            return .object(object)
        }
    }
}
