internal import SwiftletFiles
internal import SwiftletTensor

/// Finds the arrays in a pickle: dictionaries of arrays, in any nesting, under names joined by dots.
struct PickledArrays {
    /// What else is an array in this kind of file; nil for what is none.
    typealias Recognizer = (PickleHeap.Object, String) throws(WeightFileError.Cause) -> NamedArray?

    private let heap: PickleHeap
    private let numPy: PickledNumPy
    private let recognize: Recognizer
    private let separator: String
    private(set) var arrays: [NamedArray] = []
    /// Objects that may be looked at. A sound file has every object once, or little more often, in two
    /// bytes or more; one whose lists hold each other many times over runs out of them at once.
    private var stepsLeft: Int

    private static let deepest = 16

    init(
        _ heap: PickleHeap, owner: MappedFile, separator: String = ".",
        recognizing recognize: @escaping Recognizer = { _, _ throws(WeightFileError.Cause) in nil }
    ) {
        self.heap = heap
        numPy = PickledNumPy(heap: heap, owner: owner)
        self.recognize = recognize
        self.separator = separator
        stepsLeft = min(1 << 20, 1024 + 8 * min(owner.count, 1 << 20))
    }

    mutating func collect(
        _ object: PickleHeap.Object, prefix: String = "", depth: Int = 0
    ) throws(WeightFileError.Cause) {
        stepsLeft -= 1
        guard depth < Self.deepest, stepsLeft > 0 else {
            throw .unsupported("a pickle of objects in such a nesting")
        }
        if let array = try recognize(object, prefix) {
            arrays.append(array)
        } else if let content = numPy.content(object) {
            try collect(content, prefix: prefix, depth: depth + 1)
        } else if let array = try numPy.array(object, named: prefix) {
            arrays.append(array)
        } else if let value = variable(object) {
            try collect(value, prefix: prefix, depth: depth + 1)
        } else if let members = heap.members(object) {
            for (key, value) in members {
                guard let name = heap.string(key) ?? heap.int(key).map(String.init) else {
                    continue
                }
                try collect(
                    value, prefix: prefix.isEmpty ? name : prefix + separator + name,
                    depth: depth + 1)
            }
        } else if case .list(let items) = heap[object] {
            for (index, item) in items.enumerated() {
                try collect(
                    item, prefix: prefix.isEmpty ? "\(index)" : "\(prefix)\(separator)\(index)",
                    depth: depth + 1)
            }
        }
    }

    /// The first value of a variable of Keras 3 on TensorFlow: `Variable` has `_value`, made by a
    /// function that was given `initial_value`.
    private func variable(_ object: PickleHeap.Object) -> PickleHeap.Object? {
        guard let (function, _) = heap.call(object),
            function.hasPrefix("keras.src.backend"), let state = heap.states[object]
        else { return called(object) }
        return heap.members(state)?.first { heap.string($0.key) == "_value" }?.value
    }

    /// `partial(f)(…)`: the object is a call of what a call of `partial` gave.
    private func called(_ object: PickleHeap.Object) -> PickleHeap.Object? {
        guard case .call(let function, _) = heap[object],
            let (name, _) = heap.call(function), name == "functools.partial",
            let state = heap.states[function]
        else { return nil }
        return keywords(of: state)
    }

    /// The state of `partial` is (function, arguments, keywords, attributes).
    private func keywords(of state: PickleHeap.Object) -> PickleHeap.Object? {
        guard let parts = heap.sequence(state), parts.count >= 3,
            let members = heap.members(parts[2])
        else { return nil }
        return members.first { heap.string($0.key) == "initial_value" }?.value
    }
}
