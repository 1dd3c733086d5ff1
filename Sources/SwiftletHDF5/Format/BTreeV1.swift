/// Section III.A.1: a B-tree of version 1, which finds the symbol tables of an old group or the
/// chunks of a dataset.
struct BTreeV1 {
    enum NodeType: Int {
        case group = 0
        case chunks = 1
    }

    let type: NodeType
    /// Bytes of a key.
    let keySize: Int
    let reading: Reading

    /// Calls `visit` with each key and child of the leaves, in order.
    func forEachLeaf(
        under root: Int, _ visit: (_ key: Fields, _ child: Int) throws(Refusal) -> Void
    ) throws(Refusal) {
        try descend(to: root, level: nil, visit)
    }

    /// - Parameter level: that of this node, unless it is the root. It falls from node to node, so
    ///   no node is below itself.
    private func descend(
        to address: Int, level expected: Int?,
        _ visit: (_ key: Fields, _ child: Int) throws(Refusal) -> Void
    ) throws(Refusal) {
        let headSize = 8 + 2 * reading.addressSize
        var head = try reading.fields("TREE", at: address, count: headSize)
        let type = try head.byte()
        let level = try head.byte()
        let count = try head.int(2)
        guard type == self.type.rawValue, level == expected ?? level, level <= 32 else {
            throw .damaged("a B-tree node of the wrong type or level")
        }
        var body = try reading.fields(
            at: address + headSize, count: count * (keySize + reading.addressSize))
        for _ in 0..<count {
            let key = try body.fields(keySize)
            let child = try body.definedAddress()
            if level == 0 {
                try visit(key, child)
            } else {
                try descend(to: child, level: level - 1, visit)
            }
        }
    }
}
