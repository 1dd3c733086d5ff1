import CKernels
import Testing

@Suite("Broadcasting") struct BroadcastTests {
    /// Random shapes up to rank 7 with random axes repeated, against an index computed the slow way;
    /// the result is made in pieces cut at random places.
    @Test(arguments: 0..<40) func walksLikeIndices(_ seed: Int) {
        var numbers = Numbers(seed: seed + 1)
        let rank = numbers.next(below: 8)
        let result = (0..<rank).map { _ in 1 + numbers.next(below: 4) }
        let shapes = (0..<2).map { _ in result.map { numbers.next(below: 3) == 0 ? 1 : $0 } }
        // What one operand repeats, the other has.
        let extents = (0..<rank).map { max(shapes[0][$0], shapes[1][$0]) }
        let count = extents.reduce(1, *)
        let operands = shapes.map { numbers.floats($0.reduce(1, *)) }
        var walk = sl_broadcast()
        #expect(sl_broadcast_make(&walk, rank, extents, 2, shapes[0] + shapes[1]))
        var found = [Float](repeating: .nan, count: count)
        for range in division(of: count, &numbers) {
            sl_binary_apply(
                SL_BINARY_SUBTRACT, SL_FLOAT32, &walk, operands[0], operands[1], &found,
                range.lowerBound, range.upperBound)
        }
        for place in 0..<count {
            let values = (0..<2).map { operand in
                operands[operand][index(of: place, in: extents, shape: shapes[operand])]
            }
            #expect(found[place] == values[0] - values[1], "\(shapes) at \(place)")
        }
    }

    private func index(of place: Int, in extents: [Int], shape: [Int]) -> Int {
        var (rest, step, index) = (place, 1, 0)
        for axis in extents.indices.reversed() {
            let coordinate = rest % extents[axis]
            rest /= extents[axis]
            if shape[axis] != 1 { index += coordinate * step }
            step *= shape[axis]
        }
        return index
    }

    @Test func refusesWhatItCannotWalk() {
        var walk = sl_broadcast()
        let extents = [2, 3, 2, 3, 2, 3, 2, 3, 2]
        let alternating = extents.map { $0 == 2 ? 1 : $0 }
        #expect(!sl_broadcast_make(&walk, 9, extents, 2, extents + alternating))
        #expect(sl_broadcast_make(&walk, 9, extents, 2, extents + extents))
    }

    /// Whole numbers: division rounds down, zero divides nothing, nothing traps.
    @Test func integersDoNotTrap() {
        let a: [Int32] = [7, -7, 7, -7, .min, 5, 0, .min]
        let b: [Int32] = [2, 2, -2, -2, -1, 0, 0, 1]
        func apply(_ code: sl_binary) -> [Int32] {
            var walk = sl_broadcast()
            var y = a
            #expect(sl_broadcast_make(&walk, 1, [a.count], 2, [a.count, a.count]))
            sl_binary_apply(code, SL_INT32, &walk, a, b, &y, 0, a.count)
            return y
        }
        #expect(apply(SL_BINARY_FLOOR_DIVIDE) == [3, -4, -4, 3, .min, 0, 0, .min])
        #expect(apply(SL_BINARY_FLOOR_MOD) == [1, 1, -1, -1, 0, 0, 0, 0])
    }
}
