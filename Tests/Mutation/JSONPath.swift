package import SwiftletFiles

/// One step down a JSON tree.
package enum JSONStep: Hashable, Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case index(Int)
    case key(String)

    package init(stringLiteral key: String) { self = .key(key) }
    package init(integerLiteral index: Int) { self = .index(index) }
}

extension JSON {
    /// Where every value of the tree lies, this one included.
    package var paths: [[JSONStep]] {
        var found: [[JSONStep]] = [[]]
        switch self {
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                found += element.paths.map { [.index(index)] + $0 }
            }
        case .object(let object):
            for (key, member) in object { found += member.paths.map { [.key(key)] + $0 } }
        default: break
        }
        return found
    }

    package func value(at path: ArraySlice<JSONStep>) -> JSON {
        switch path.first {
        case nil: self
        case .index(let index): self[index]?.value(at: path.dropFirst()) ?? .null
        case .key(let key): self[key]?.value(at: path.dropFirst()) ?? .null
        }
    }

    /// - Parameter body: nil takes the value out of what holds it.
    package mutating func change(at path: ArraySlice<JSONStep>, _ body: (JSON) -> JSON?) {
        switch (path.first, self) {
        case (nil, _): self = body(self) ?? .null
        case (.index(let index)?, .array(var elements)) where elements.indices.contains(index):
            if path.count > 1 {
                elements[index].change(at: path.dropFirst(), body)
            } else if let new = body(elements[index]) {
                elements[index] = new
            } else {
                elements.remove(at: index)
            }
            self = .array(elements)
        case (.key(let key)?, .object(var object)):
            if path.count > 1 {
                object[key]?.change(at: path.dropFirst(), body)
            } else {
                object[key] = object[key].flatMap(body)
            }
            self = .object(object)
        default: break
        }
    }

    package func setting(_ path: [JSONStep], to value: JSON) -> JSON {
        var tree = self
        tree.change(at: path[...]) { _ in value }
        return tree
    }
}
