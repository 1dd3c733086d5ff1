/// Python objects as a pickle describes them. Nothing is ever called or imported: what a pickle
/// would have Python do is kept as a description, which readers of known forms look at.
///
/// Objects are numbers into one list, so that deep, shared or cyclic ones are no danger.
struct PickleHeap {
    typealias Object = Int

    enum Node {
        case none
        case bool(Bool)
        case int(Int)
        case double(Double)
        case string(String)
        case bytes(UnsafeRawBufferPointer)
        case list([Object])
        case tuple([Object])
        case dictionary([(key: Object, value: Object)])
        case set
        /// A name that Python would import.
        case global(String)
        /// A reference to what lies outside of the pickle.
        case persistent(Object)
        /// What Python would get from a call.
        case call(function: Object, arguments: Object)
    }

    private(set) var nodes: [Node] = []
    /// What was given to `__setstate__` of objects made by calls.
    private(set) var states: [Object: Object] = [:]

    mutating func add(_ node: Node) -> Object {
        nodes.append(node)
        return nodes.count - 1
    }

    mutating func replace(_ object: Object, with node: Node) { nodes[object] = node }
    mutating func setState(_ state: Object, of object: Object) { states[object] = state }

    subscript(_ object: Object) -> Node { nodes[object] }

    func string(_ object: Object) -> String? {
        if case .string(let text) = nodes[object] { text } else { nil }
    }

    func int(_ object: Object) -> Int? {
        switch nodes[object] {
        case .int(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    func sequence(_ object: Object) -> [Object]? {
        switch nodes[object] {
        case .list(let items), .tuple(let items): items
        default: nil
        }
    }

    func ints(_ object: Object) -> [Int]? {
        guard let items = sequence(object) else {
            // torch.Size(…)
            if case .call(_, let arguments) = nodes[object],
                let inner = sequence(arguments), inner.count == 1
            {
                return ints(inner[0])
            }
            return nil
        }
        let values = items.compactMap(int)
        return values.count == items.count ? values : nil
    }

    /// The members of a dictionary, an ordered one included.
    func members(_ object: Object) -> [(key: Object, value: Object)]? {
        if case .dictionary(let members) = nodes[object] { members } else { nil }
    }

    /// The name of the function that an object comes from, and its arguments.
    func call(_ object: Object) -> (function: String, arguments: [Object])? {
        guard case .call(let function, let arguments) = nodes[object],
            case .global(let name) = nodes[function], let arguments = sequence(arguments)
        else { return nil }
        return (name, arguments)
    }
}
