internal import SwiftletFiles

/// Reads a pickle into a ``PickleHeap``: every opcode that files of arrays use, no import and no
/// call. Names beyond ``PickleNames`` are refused, since a file that holds arrays needs none.
struct PickleReader {
    private var reader: ByteReader
    private(set) var heap = PickleHeap()
    private var stack: [PickleHeap.Object] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleHeap.Object] = [:]
    /// Each instruction takes some memory; those of a large network are far fewer.
    private var stepsLeft = 1 << 23

    init(_ bytes: UnsafeRawBufferPointer, from position: Int = 0) {
        reader = ByteReader(bytes, from: position)
    }

    /// Where the last pickle ended.
    var position: Int { reader.position }

    /// Reads one pickle; the next one may follow.
    mutating func object() throws(WeightFileError.Cause) -> PickleHeap.Object {
        (stack, marks, memo) = ([], [], [:])
        while true {
            let code = try reader.byte()
            stepsLeft -= 1
            guard stepsLeft > 0 else { throw .unsupported("a pickle of so many objects") }
            if code == UInt8(ascii: ".") { return try pop() }
            try step(code)
        }
    }

    private mutating func step(_ code: UInt8) throws(WeightFileError.Cause) {
        guard let operation = Operation(rawValue: code) else {
            throw .refused("pickle instruction \(code) is not one that arrays need")
        }
        if try scalar(operation) { return }
        if try container(operation) { return }
        switch operation {
        case .proto: _ = try reader.byte()
        case .frame: _ = try reader.size()
        case .mark: marks.append(stack.count)
        case .pop: if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
        case .popMark: _ = try popToMark()
        case .dup: stack.append(try top())
        case .get: try recall(number(reader.line()))
        case .binGet: try recall(Int(reader.byte()))
        case .longBinGet: try recall(Int(reader.littleEndian(UInt32.self)))
        case .put: memo[try number(reader.line())] = try top()
        case .binPut: memo[Int(try reader.byte())] = try top()
        case .longBinPut: memo[Int(try reader.littleEndian(UInt32.self))] = try top()
        case .memoize: memo[memo.count] = try top()
        case .global:
            let module = try text(reader.line())
            try pushGlobal(module, text(reader.line()))
        case .stackGlobal:
            guard let name = heap.string(try pop()), let module = heap.string(try pop()) else {
                throw .damaged("a pickle imports what is no name")
            }
            try pushGlobal(module, name)
        case .reduce, .newObject:
            let arguments = try pop()
            try pushCall(pop(), arguments)
        case .build:
            let state = try pop()
            heap.setState(state, of: try top())
        case .persistentID: push(.persistent(try pop()))
        default: throw .refused("pickle instruction \(operation) is not one that arrays need")
        }
    }

    /// Calls that only make an empty container are made, so that items can be set.
    private mutating func pushCall(
        _ function: PickleHeap.Object, _ arguments: PickleHeap.Object
    ) throws(WeightFileError.Cause) {
        guard case .global(let name) = heap[function] else {
            // What a known function gave; only described like everything else.
            guard heap.call(function) != nil else {
                throw .refused("a pickle calls what is no known name")
            }
            return push(.call(function: function, arguments: arguments))
        }
        if name == "collections.OrderedDict" || name == "collections.defaultdict" {
            var members: [(key: PickleHeap.Object, value: PickleHeap.Object)] = []
            // Python 2 gave an ordered dictionary its items as a list of pairs.
            if let first = heap.sequence(arguments)?.first, let pairs = heap.sequence(first) {
                for pair in pairs {
                    guard let pair = heap.sequence(pair), pair.count == 2 else { continue }
                    members.append((pair[0], pair[1]))
                }
            }
            push(.dictionary(members))
        } else {
            push(.call(function: function, arguments: arguments))
        }
    }

    private mutating func pushGlobal(
        _ module: String, _ name: String
    ) throws(WeightFileError.Cause) {
        let full = "\(module).\(name)"
        guard PickleNames.isAllowed(module: module, name: name) else {
            throw .refused(
                "it names \(quoted(full)), which is code; a file of weights needs none, and "
                    + "nothing was run")
        }
        push(.global(full))
    }
}

// MARK: - Values

extension PickleReader {
    private mutating func push(_ node: PickleHeap.Node) { stack.append(heap.add(node)) }

    private func top() throws(WeightFileError.Cause) -> PickleHeap.Object {
        guard let object = stack.last, stack.count > (marks.last ?? 0) else {
            throw .damaged("a pickle takes more than it has")
        }
        return object
    }

    private mutating func pop() throws(WeightFileError.Cause) -> PickleHeap.Object {
        let object = try top()
        stack.removeLast()
        return object
    }

    private mutating func popToMark() throws(WeightFileError.Cause) -> [PickleHeap.Object] {
        guard let mark = marks.popLast() else { throw .damaged("a pickle lacks a mark") }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }

    private mutating func recall(_ index: Int) throws(WeightFileError.Cause) {
        guard let object = memo[index] else { throw .damaged("a pickle recalls nothing") }
        stack.append(object)
    }

    private func number(_ line: UnsafeRawBufferPointer) throws(WeightFileError.Cause) -> Int {
        var digits = try text(line)
        if digits.last == "L" { digits.removeLast() }
        guard let value = Int(digits) else { throw .damaged("a pickle's number") }
        return value
    }

    /// Instructions that push one value without parts.
    private mutating func scalar(_ operation: Operation) throws(WeightFileError.Cause) -> Bool {
        switch operation {
        case .none: push(.none)
        case .newTrue: push(.bool(true))
        case .newFalse: push(.bool(false))
        case .int:
            let line = try reader.line()
            let digits = try text(line)
            push(
                digits == "01"
                    ? .bool(true) : digits == "00" ? .bool(false) : .int(try number(line)))
        case .long: push(.int(try number(reader.line())))
        case .binInt: push(.int(Int(try reader.littleEndian(Int32.self))))
        case .binInt1: push(.int(Int(try reader.byte())))
        case .binInt2: push(.int(Int(try reader.littleEndian(UInt16.self))))
        case .long1: try long(Int(reader.byte()))
        case .long4: try long(Int(reader.littleEndian(Int32.self)))
        case .binFloat:
            let bits = try reader.littleEndian(UInt64.self).byteSwapped
            push(.double(Double(bitPattern: bits)))
        case .float:
            guard let value = Double(try text(reader.line())) else {
                throw .damaged("a pickle's number")
            }
            push(.double(value))
        case .shortBinBytes: push(.bytes(try reader.take(Int(reader.byte()))))
        case .binBytes: push(.bytes(try reader.take(Int(reader.littleEndian(UInt32.self)))))
        case .binBytes8, .byteArray8: push(.bytes(try reader.take(reader.size())))
        case .shortBinUnicode: push(.string(try text(reader.take(Int(reader.byte())))))
        case .binUnicode:
            push(.string(try text(reader.take(Int(reader.littleEndian(UInt32.self))))))
        case .binUnicode8: push(.string(try text(reader.take(reader.size()))))
        case .shortBinString: try byteString(reader.take(Int(reader.byte())))
        case .binString: try byteString(reader.take(Int(reader.littleEndian(Int32.self))))
        case .unicode: push(.string(try text(reader.line())))
        default: return false
        }
        return true
    }

    /// Python 2's strings are bytes; most are names.
    private mutating func byteString(_ bytes: UnsafeRawBufferPointer) {
        if bytes.allSatisfy({ $0 < 0x80 }) {
            push(.string(String(decoding: bytes, as: UTF8.self)))
        } else {
            push(.bytes(bytes))
        }
    }

    /// A whole number of any length; those beyond 64 bits are kept as their bytes.
    private mutating func long(_ count: Int) throws(WeightFileError.Cause) {
        let bytes = try reader.take(count)
        guard count <= 8 else { return push(.bytes(bytes)) }
        var value: UInt64 = (bytes.last ?? 0) >= 0x80 ? .max : 0
        for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
        push(.int(Int(truncatingIfNeeded: value)))
    }

    /// Instructions that make or fill lists, tuples, dictionaries and sets.
    private mutating func container(_ operation: Operation) throws(WeightFileError.Cause) -> Bool {
        switch operation {
        case .emptyList: push(.list([]))
        case .emptyTuple: push(.tuple([]))
        case .emptyDictionary: push(.dictionary([]))
        case .emptySet: push(.set)
        case .list: push(.list(try popToMark()))
        case .tuple: push(.tuple(try popToMark()))
        case .frozenSet:
            _ = try popToMark()
            push(.set)
        case .dictionary: push(.dictionary(Self.pairs(try popToMark())))
        case .tuple1, .tuple2, .tuple3:
            let count = operation == .tuple1 ? 1 : operation == .tuple2 ? 2 : 3
            var items: [PickleHeap.Object] = []
            for _ in 0..<count { items.append(try pop()) }
            push(.tuple(items.reversed()))
        case .append: try append([pop()])
        case .appends: try append(popToMark())
        case .addItems: _ = try popToMark()
        case .setItem:
            let value = try pop()
            try set([(pop(), value)])
        case .setItems: try set(Self.pairs(popToMark()))
        default: return false
        }
        return true
    }

    private static func pairs(
        _ items: [PickleHeap.Object]
    ) -> [(key: PickleHeap.Object, value: PickleHeap.Object)] {
        stride(from: 0, to: items.count - 1, by: 2).map { (items[$0], items[$0 + 1]) }
    }

    private mutating func append(_ items: [PickleHeap.Object]) throws(WeightFileError.Cause) {
        let object = try top()
        guard case .list(var list) = heap[object] else {
            throw .damaged("a pickle appends to what is no list")
        }
        heap.replace(object, with: .none)  // so that `list` is unique and not copied
        list += items
        heap.replace(object, with: .list(list))
    }

    private mutating func set(
        _ items: [(key: PickleHeap.Object, value: PickleHeap.Object)]
    ) throws(WeightFileError.Cause) {
        let object = try top()
        guard case .dictionary(var members) = heap[object] else {
            throw .damaged("a pickle sets items of what is no dictionary")
        }
        heap.replace(object, with: .none)
        members += items
        heap.replace(object, with: .dictionary(members))
    }
}

extension PickleReader {
    /// The instructions that are read, by their codes in Python's `pickletools`.
    private enum Operation: UInt8 {
        case proto = 0x80
        case frame = 0x95
        case mark = 0x28
        case pop = 0x30
        case popMark = 0x31
        case dup = 0x32
        case none = 0x4e
        case newTrue = 0x88
        case newFalse = 0x89
        case int = 0x49
        case binInt = 0x4a
        case binInt1 = 0x4b
        case binInt2 = 0x4d
        case long = 0x4c
        case long1 = 0x8a
        case long4 = 0x8b
        case float = 0x46
        case binFloat = 0x47
        case shortBinBytes = 0x43
        case binBytes = 0x42
        case binBytes8 = 0x8e
        case byteArray8 = 0x96
        case shortBinUnicode = 0x8c
        case binUnicode = 0x58
        case binUnicode8 = 0x8d
        case unicode = 0x56
        case shortBinString = 0x55
        case binString = 0x54
        case emptyList = 0x5d
        case emptyTuple = 0x29
        case emptyDictionary = 0x7d
        case emptySet = 0x8f
        case frozenSet = 0x91
        case addItems = 0x90
        case list = 0x6c
        case tuple = 0x74
        case dictionary = 0x64
        case tuple1 = 0x85
        case tuple2 = 0x86
        case tuple3 = 0x87
        case append = 0x61
        case appends = 0x65
        case setItem = 0x73
        case setItems = 0x75
        case get = 0x67
        case binGet = 0x68
        case longBinGet = 0x6a
        case put = 0x70
        case binPut = 0x71
        case longBinPut = 0x72
        case memoize = 0x94
        case global = 0x63
        case stackGlobal = 0x93
        case reduce = 0x52
        case newObject = 0x81
        case build = 0x62
        case persistentID = 0x51
    }
}
