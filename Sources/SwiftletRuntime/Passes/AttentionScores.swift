internal import SwiftletGraph
internal import SwiftletTensor

/// What the weights of attention come from, found by walking back from them: the softmax, masks, an
/// addend, a scale, and the product of queries and keys.
struct AttentionScores {
    private(set) var query: Value
    private(set) var key: Value
    /// What is still to be done to the keys for the product to read them as they are.
    private(set) var keyMove: KeyMove?
    private(set) var scale: Float = 1
    private(set) var bias: Value?
    private(set) var masks: [Value] = []
    private(set) var hidden: AttentionProduct.Hidden?
    private(set) var zeroesHidden = false
    /// The shape of the product.
    let product: Shape
    /// The shape in which masks and an addend see the scores; nil if there are none.
    private(set) var shape: Shape?

    /// Nil if `weights` are something else, or if somebody else reads what lies between.
    init?(of weights: Value, in patch: GraphPatch) {
        var walk = Walk(patch: patch, value: weights)
        (query, key) = (weights, weights)
        product = patch.graph.shape(of: weights)
        guard walk.skipViews() else { return nil }
        var zeroMask: Value?
        if walk.node.op is Select {
            guard patch.graph.number(walk.node.inputs[2]) == 0 else { return nil }
            zeroMask = walk.node.inputs[0]
            guard walk.go(to: 1), walk.skipViews() else { return nil }
        }
        guard let softmax = walk.node.op as? Softmax, !softmax.isLogarithmic, walk.go(to: 0),
            walk.skipViews(), takeMasks(&walk), takeSums(&walk), walk.skipViews(),
            let (key, move) = Self.keys(of: walk.node, in: patch.graph),
            walk.isReadAsAllowed, walk.node.types[0].shape == product
        else { return nil }
        zeroesHidden = zeroMask != nil
        guard zeroMask == nil || masks == [zeroMask] else { return nil }
        (query, self.key, keyMove) = (walk.node.inputs[0], key, move)
    }

    /// A transposition, and a reshape that leaves the last two axes.
    struct KeyMove {
        let permutation: [Int]
        let shape: [Int]
    }

    /// The keys of a product of queries and transposed keys.
    private static func keys(of node: Node, in graph: Graph) -> (Value, KeyMove?)? {
        guard let product = node.op as? MatMul else { return nil }
        if product.isPlain(transposesB: true) { return (node.inputs[1], nil) }
        var shape = graph.shape(of: node.inputs[1]).dimensions
        var producer = graph.nodes[node.inputs[1].node]
        while producer.op.isView { producer = graph.nodes[producer.inputs[0].node] }
        guard product.isPlain(transposesB: false), let transpose = producer.op as? Transpose,
            shape.count > 1, transpose.permutation.count > 1,
            producer.types[0].shape.dimensions.suffix(2) == shape.suffix(2)
        else { return nil }
        var permutation = transpose.permutation
        permutation.swapAt(permutation.count - 2, permutation.count - 1)
        shape.swapAt(shape.count - 2, shape.count - 1)
        return (producer.inputs[0], KeyMove(permutation: permutation, shape: shape))
    }

    /// `select(mask, scores, number)`, perhaps several with one number, or
    /// `select(mask, scores, scores - number)`.
    private mutating func takeMasks(_ walk: inout Walk) -> Bool {
        while walk.node.op is Select {
            let select = walk.node
            var readers = 1
            let found: AttentionProduct.Hidden
            if let number = walk.patch.graph.number(select.inputs[2]) {
                found = .replaced(by: number)
            } else if masks.isEmpty, let number = lowered(select, walk.patch) {
                found = .raised(by: number)
                readers = 2
            } else {
                return false
            }
            guard (hidden ?? found) == found, walk.go(to: 1, readers: readers) else { return false }
            hidden = found
            masks.append(select.inputs[0])
            shape = shape ?? select.types[0].shape
        }
        return true
    }

    /// What is added to scores to hide them, if that is what a selection does.
    private func lowered(_ select: Node, _ patch: GraphPatch) -> Float? {
        let node = patch.graph.nodes[select.inputs[2].node]
        guard let binary = node.op as? Binary, node.inputs[0] == select.inputs[1],
            patch.readerCount(of: node.output()) == 1,
            let number = patch.graph.number(node.inputs[1])
        else { return nil }
        switch binary.function {
        case .add: return number
        case .subtract: return -number
        default: return nil
        }
    }

    /// `product · scale + bias`.
    private mutating func takeSums(_ walk: inout Walk) -> Bool {
        while let binary = walk.node.op as? Binary {
            let sum = walk.node
            if let (x, factor) = walk.patch.graph.scaled(sum), walk.patch.graph[x] == sum.types[0] {
                scale *= factor
                guard walk.go(to: sum.inputs[0] == x ? 0 : 1) else { return false }
            } else if binary.function == .add, bias == nil, scale == 1 {
                let place = leadsToProduct(sum.inputs[0], walk.patch.graph) ? 0 : 1
                bias = sum.inputs[1 - place]
                shape = shape ?? sum.types[0].shape
                guard walk.go(to: place) else { return false }
            } else {
                return false
            }
        }
        return true
    }

    private func leadsToProduct(_ value: Value, _ graph: Graph) -> Bool {
        let node = graph.nodes[value.node]
        if node.op.isView { return leadsToProduct(node.inputs[0], graph) }
        if let (x, _) = graph.scaled(node) { return leadsToProduct(x, graph) }
        return Self.keys(of: node, in: graph) != nil
    }
}

/// Steps from a value back to what it is made of.
private struct Walk {
    let patch: GraphPatch
    var value: Value
    /// How many read the value, all of them known.
    private var readers = 1

    init(patch: GraphPatch, value: Value) {
        self.patch = patch
        self.value = value
    }

    var node: Node { patch.graph.nodes[value.node] }
    var isReadAsAllowed: Bool { patch.readerCount(of: value) == readers }

    /// - Parameter readers: how many may read the operand.
    mutating func go(to operand: Int, readers: Int = 1) -> Bool {
        guard isReadAsAllowed else { return false }
        value = node.inputs[operand]
        self.readers = readers
        return true
    }

    mutating func skipViews() -> Bool {
        while node.op.isView { guard go(to: 0) else { return false } }
        return true
    }
}

extension Graph {
    /// The operand and the factor of a multiplication or division by a constant number.
    func scaled(_ node: Node) -> (Value, Float)? {
        guard let binary = node.op as? Binary else { return nil }
        let (a, b) = (node.inputs[0], node.inputs[1])
        switch binary.function {
        case .multiply:
            if let factor = number(b) { return (a, factor) }
            return number(a).map { (b, $0) }
        case .divide: return number(b).map { (a, 1 / $0) }
        default: return nil
        }
    }

    /// The number that a constant of one element holds.
    func number(_ value: Value) -> Float? {
        guard let tensor = constantTensor(value), tensor.dtype == .float32,
            tensor.elementCount == 1
        else { return nil }
        return (try? tensor.floats())?.first
    }
}
