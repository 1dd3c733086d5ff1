import CKernels
import Testing

/// Products of bytes against plain loops: the sums have every bit, at every level.
@Suite("Products of bytes") struct ByteProductTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let m: Int
        let n: Int
        let k: Int
        var transposes = false
        /// What every byte of B is; nil for random ones.
        var byte: Int8?
        /// Whether all numbers of A have the same magnitude, so that all round to a bound.
        var saturates = false
        var testDescription: String {
            "\(m)×\(n)×\(k)\(transposes ? " Bᵀ" : "") \(byte.map(String.init) ?? "")"
        }
    }

    static let rows: [Row] =
        [
            (1, 1, 1), (1, 300, 17), (2, 33, 4), (3, 64, 5), (5, 31, 63), (6, 16, 64), (7, 65, 130),
            (13, 40, 9), (25, 70, 33), (150, 20, 11), (1, 200, 1000), (3, 5, 0), (0, 5, 3),
            (2, 0, 3),
        ]
        .map { Row(m: $0.0, n: $0.1, k: $0.2) }
        + [
            Row(m: 9, n: 37, k: 29, transposes: true),
            Row(m: 4, n: 20, k: 700, byte: -128, saturates: true),
            Row(m: 12, n: 35, k: 700, byte: 127, saturates: true),
            Row(m: 1, n: 140, k: 900, byte: -128, saturates: true),
            Row(m: 5, n: 50, k: 333, saturates: true),
        ]

    @Test(arguments: rows, levels) func sumsAreExact(_ row: Row, _ cpu: sl_cpu) {
        var numbers = Numbers(seed: row.m + 3 * row.n + 7 * row.k)
        let (m, n, k) = (row.m, row.n, row.k)
        let a =
            row.saturates
            ? (0..<m * k).map { _ in Float(numbers.next(below: 2) * 2 - 1) }
            : numbers.floats(m * k)
        let b = (0..<k * n).map { _ in row.byte ?? Int8(numbers.next(below: 256) - 128) }
        let scale = numbers.floats(n).map { abs($0) * 100 + 1 }
        for lowest in [Float(-127), -128] {
            var product = sl_byte_product()
            product.cpu = cpu
            (product.m, product.n, product.k) = (m, n, k)
            (product.a_row, product.c_row) = (k, n)
            (product.b_row, product.b_column) = row.transposes ? (1, k) : (n, 1)
            (product.lowest, product.largest, product.epsilon) = (lowest, 127, 1e-7)
            var c = [Float](repeating: .nan, count: m * n)
            // At an odd address.
            var packed = [UInt8](repeating: 9, count: sl_byte_packed_size(&product) + 1)
            var rounded = [UInt8](repeating: 9, count: sl_byte_rows_size(&product) + 4)
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBufferPointer { b in
                    scale.withUnsafeBufferPointer { scale in
                        c.withUnsafeMutableBufferPointer { c in
                            packed.withUnsafeMutableBytes { packed in
                                rounded.withUnsafeMutableBytes { rounded in
                                    product.a = a.baseAddress
                                    product.b = b.baseAddress
                                    product.scale = scale.baseAddress
                                    product.c = c.baseAddress
                                    let place = packed.baseAddress.map { $0 + 1 }
                                    product.packed = UnsafeRawPointer(place)
                                    run(product, place, rounded.baseAddress, &numbers)
                                }
                            }
                        }
                    }
                }
            }
            for i in 0..<m {
                let largest = a[i * k..<(i + 1) * k].map { abs($0) }.max() ?? 0
                let rowScale = 127 / (largest + 1e-7)
                let bytes = a[i * k..<(i + 1) * k].map {
                    Int64(min(max(($0 * rowScale).rounded(.toNearestOrEven), lowest), 127))
                }
                for j in 0..<n {
                    let sum = (0..<k).reduce(Int64(0)) {
                        $0 + bytes[$1] * Int64(b[row.transposes ? j * k + $1 : $1 * n + j])
                    }
                    #expect(c[i * n + j] == Float(sum) / (scale[j] * rowScale))
                }
            }
        }
    }

    private func run(
        _ product: sl_byte_product, _ packed: UnsafeMutableRawPointer?,
        _ rounded: UnsafeMutableRawPointer?, _ numbers: inout Numbers
    ) {
        var product = product
        let panels = division(of: sl_byte_panels(&product), &numbers)
        let rows = division(of: product.m, &numbers)
        for panel in panels { sl_byte_pack(&product, panel.lowerBound, panel.upperBound, packed) }
        for row in rows { sl_byte_round(&product, row.lowerBound, row.upperBound, rounded) }
        for row in rows {
            for panel in panels {
                sl_byte_run(
                    &product, row.lowerBound, row.upperBound, panel.lowerBound, panel.upperBound,
                    rounded)
            }
        }
    }
}
