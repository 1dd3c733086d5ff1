import CKernels
import Foundation
import Testing

/// Every cell, in every division of its blocks, against plain loops in double precision.
@Suite struct RecurrenceTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let cell: sl_cell
        let batch, steps, units: Int
        var isMasked = false
        var isReversed = false
        var zerosMasked = false
        var testDescription: String { "\(cell.rawValue): \(batch)×\(steps)×\(units)" }
    }

    static let cells = [SL_CELL_SIMPLE, SL_CELL_LSTM, SL_CELL_GRU, SL_CELL_GRU_RESET_BEFORE]
    static let rows: [Row] = cells.flatMap { cell in
        [
            Row(cell: cell, batch: 1, steps: 4, units: 32),
            Row(cell: cell, batch: 1, steps: 5, units: 37, isReversed: true),
            Row(cell: cell, batch: 5, steps: 3, units: 19, isMasked: true),
            Row(
                cell: cell, batch: 7, steps: 4, units: 1, isMasked: true, isReversed: true,
                zerosMasked: true),
            Row(cell: cell, batch: 4, steps: 2, units: 16),
        ]
    }

    @Test(arguments: rows) func agreesWithPlainLoops(_ row: Row) {
        var numbers = Numbers(seed: row.units + row.batch)
        let problem = RecurrenceProblem(row, &numbers)
        let expected = problem.solved()
        for level in levels {
            let found = problem.run(level, divisionOf: &numbers)
            check(found.h, expected.h)
            check(found.outputs, expected.outputs)
            if row.cell == SL_CELL_LSTM { check(found.c, expected.c) }
            if row.isMasked { check(found.last, expected.last) }
        }
    }

    private func check(_ found: [Double], _ expected: [Double]) {
        #expect(found.count == expected.count)
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 })
    }
}

/// The operands of a recurrence and what comes out of it.
private struct RecurrenceProblem {
    struct Solution {
        var h, c, last, outputs: [Double]
    }

    private let row: RecurrenceTests.Row
    private let gates: Int
    private let x, bias, h, c: [Float]
    private let matrices: [(gates: Int, values: [Float])]
    private let mask: [UInt8]

    init(_ row: RecurrenceTests.Row, _ numbers: inout Numbers) {
        self.row = row
        gates = sl_cell_gates(row.cell)
        let (units, states) = (row.units, row.batch * row.units)
        x = numbers.floats(states * row.steps * gates)
        h = numbers.floats(states)
        c = numbers.floats(states)
        bias = row.cell == SL_CELL_GRU ? numbers.floats(gates * units) : []
        var matrices: [(gates: Int, values: [Float])] = []
        for count in row.cell == SL_CELL_GRU_RESET_BEFORE ? [2, 1] : [gates] {
            matrices.append((count, numbers.floats(units * count * units)))
        }
        self.matrices = matrices
        var mask = [UInt8](repeating: 1, count: row.batch * row.steps)
        if row.isMasked { for i in mask.indices { mask[i] = UInt8(numbers.next(below: 2)) } }
        self.mask = mask
    }

    // MARK: The kernels

    /// Memory with an address that stays.
    private final class Floats {
        let start: UnsafeMutablePointer<Float>
        let count: Int

        init(_ values: [Float]) {
            count = values.count
            start = .allocate(capacity: max(1, count))
            start.initialize(from: values, count: count)
        }

        convenience init(count: Int) { self.init([Float](repeating: 9, count: count)) }
        deinit { start.deallocate() }
        var doubles: [Double] { (0..<count).map { Double(start[$0]) } }
    }

    func run(_ level: sl_cpu, divisionOf numbers: inout Numbers) -> Solution {
        let (batch, steps, units) = (row.batch, row.steps, row.units)
        let (x, h, c, bias) = (Floats(x), Floats(h), Floats(c), Floats(bias))
        let last = Floats([Float](repeating: 0, count: batch * units))
        let outputs = Floats(count: batch * steps * units)
        let (spare, reset) = (Floats(count: batch * units), Floats(count: 2 * batch * units))
        let packed = matrices.map { matrix in
            let packed = Floats(count: sl_recurrence_packed_count(level, matrix.gates, units))
            sl_recurrence_pack(
                level, matrix.values, matrix.gates, units, SL_STORAGE_FLOAT32, packed.start)
            return packed
        }
        let cuts = division(of: sl_recurrence_blocks(level, units), &numbers)
        mask.withUnsafeBufferPointer { mask in
            var s = sl_recurrence()
            s.cell = row.cell
            (s.activation, s.recurrent_activation) = (SL_UNARY_TANH, SL_UNARY_SIGMOID)
            (s.batch, s.steps, s.units) = (batch, steps, units)
            (s.is_reversed, s.zeros_masked) = (row.isReversed, row.zerosMasked)
            s.x = UnsafePointer(x.start)
            s.weights = UnsafePointer(packed[0].start)
            s.second = UnsafePointer(packed[packed.count - 1].start)
            if bias.count > 0 { s.bias = UnsafePointer(bias.start) }
            if row.isMasked { s.mask = mask.baseAddress }
            (s.h, s.spare, s.c) = (h.start, spare.start, c.start)
            (s.reset, s.last, s.outputs, s.cpu) = (reset.start, last.start, outputs.start, level)
            for step in 0..<steps {
                for round in 0..<sl_recurrence_rounds(row.cell) {
                    for cut in cuts {
                        sl_recurrence_run(
                            &s, step, round, 0, batch, cut.lowerBound, cut.upperBound)
                    }
                }
            }
        }
        return withExtendedLifetime((x, bias, packed, reset)) {
            Solution(
                h: (steps % 2 == 0 ? h : spare).doubles, c: c.doubles, last: last.doubles,
                outputs: outputs.doubles)
        }
    }

    // MARK: Plain loops

    func solved() -> Solution {
        let states = row.batch * row.units
        var result = Solution(
            h: h.map(Double.init), c: c.map(Double.init), last: .init(repeating: 0, count: states),
            outputs: .init(repeating: 0, count: states * row.steps))
        for batch in 0..<row.batch {
            for step in 0..<row.steps { take(batch, step, &result) }
        }
        return result
    }

    private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    private func take(_ batch: Int, _ number: Int, _ result: inout Solution) {
        let units = row.units
        let step = row.isReversed ? row.steps - 1 - number : number
        let before = Array(result.h[batch * units..<(batch + 1) * units])
        func input(_ gate: Int, _ unit: Int) -> Double {
            Double(x[((batch * row.steps + step) * gates + gate) * units + unit])
        }
        func product(_ state: [Double], _ matrix: Int, _ gate: Int, _ unit: Int) -> Double {
            let (gates, values) = matrices[matrix]
            return (0..<units).reduce(0) {
                $0 + state[$1] * Double(values[($1 * gates + gate) * units + unit])
            }
        }
        func bias(_ gate: Int, _ unit: Int) -> Double {
            self.bias.isEmpty ? 0 : Double(self.bias[gate * units + unit])
        }
        func gate(_ number: Int, _ unit: Int) -> Double {
            input(number, unit) + product(before, 0, number, unit) + bias(number, unit)
        }
        let reset = before.indices.map { sigmoid(gate(min(1, gates - 1), $0)) * before[$0] }
        for unit in 0..<units {
            let place = batch * units + unit
            var (h, c) = (0.0, result.c[place])
            switch row.cell {
            case SL_CELL_SIMPLE: h = tanh(gate(0, unit))
            case SL_CELL_LSTM:
                c = sigmoid(gate(1, unit)) * c + sigmoid(gate(0, unit)) * tanh(gate(2, unit))
                h = sigmoid(gate(3, unit)) * tanh(c)
            default:
                let z = sigmoid(gate(0, unit))
                let recurrent =
                    row.cell == SL_CELL_GRU
                    ? sigmoid(gate(1, unit)) * (product(before, 0, 2, unit) + bias(2, unit))
                    : product(reset, 1, 0, unit)
                h = z * before[unit] + (1 - z) * tanh(input(2, unit) + recurrent)
            }
            let counts = mask[batch * row.steps + step] != 0
            let output = counts ? h : row.zerosMasked ? 0 : result.last[place]
            if counts { (result.h[place], result.c[place]) = (h, c) }
            result.last[place] = output
            result.outputs[(batch * row.steps + step) * units + unit] = output
        }
    }
}
