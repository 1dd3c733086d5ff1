import CKernels
import Testing

/// Numbers of 16 bits, and products with kernels that are packed in them.
@Suite("Packed weights of 16 bits") struct StorageTests {
    static let types = [SL_STORAGE_BFLOAT16, SL_STORAGE_FLOAT16]

    private func atEachLevel(_ body: (sl_cpu) throws -> Void) rethrows {
        defer { #expect(sl_cpu_use(SL_CPU_ACTIVE)) }
        for level in levels {
            #expect(sl_cpu_use(level))
            try body(level)
        }
    }

    private func narrowed(_ x: [Float], _ type: sl_storage) -> [UInt16] {
        var y = [UInt16](repeating: 0, count: x.count)
        sl_narrow(type, x, &y, x.count)
        return y
    }

    private func widened(_ x: [UInt16], _ type: sl_storage) -> [Float] {
        var y = [Float](repeating: 0, count: x.count)
        sl_widen(type, x, &y, x.count)
        return y
    }

    /// Every number of 16 bits is widened to itself and narrowed back.
    @Test func everyNumberIsKept() {
        let all = (0...UInt16.max).map { $0 }
        atEachLevel { _ in
            for (bits, x) in zip(all, widened(all, SL_STORAGE_BFLOAT16)) {
                #expect(x.bitPattern == UInt32(bits) << 16)
            }
            #if !(os(macOS) && arch(x86_64))
                for (bits, x) in zip(all, widened(all, SL_STORAGE_FLOAT16)) {
                    let wanted = Float(Float16(bitPattern: bits))
                    #expect(x == wanted || x.isNaN && wanted.isNaN)
                }
            #endif
            for type in Self.types {
                let numbers = widened(all, type)
                for (a, b) in zip(numbers, widened(narrowed(numbers, type), type)) {
                    #expect(a == b || a.isNaN && b.isNaN)
                }
            }
        }
    }

    /// Rounded to the nearest, of two to the even one; also ties, subnormal numbers and overflow.
    @Test func isRounded() {
        var numbers = Numbers(seed: 3)
        let spread = stride(from: UInt32(0), to: UInt32.max - 80_000, by: 70_001)
            .map { Float(bitPattern: $0) }
        let ties = (0..<2000).map { _ in
            Float(bitPattern: UInt32(numbers.next(below: 1 << 19)) << 12)
        }
        let edges: [Float] = [
            65504, 65519, 65520, 65536, 0x1p-14, 0x1p-24, 0x1p-25, 0x1.8p-25, 0, -0.0,
        ]
        let x = spread + ties + edges + edges.map { -$0 } + [.infinity, -.infinity, .nan]
        atEachLevel { _ in
            for (x, y) in zip(x, narrowed(x, SL_STORAGE_BFLOAT16)) {
                let bits = x.bitPattern
                let rounded = UInt16((bits &+ 0x7fff &+ ((bits >> 16) & 1)) >> 16)
                #expect(x.isNaN ? Float(bitPattern: UInt32(y) << 16).isNaN : y == rounded, "\(x)")
            }
            #if !(os(macOS) && arch(x86_64))
                for (x, y) in zip(x, narrowed(x, SL_STORAGE_FLOAT16)) {
                    let wanted = Float16(x)
                    #expect(x.isNaN ? Float16(bitPattern: y).isNaN : y == wanted.bitPattern, "\(x)")
                }
            #endif
        }
    }

    /// A product with a narrow kernel has the bits of one with the rounded kernel, however divided.
    @Test(arguments: MatrixProductTests.cases.filter { $0.n > 4 }, types)
    func productsAreOfRoundedKernels(_ test: ProductCase, _ type: sl_storage) {
        for cpu in levels {
            var problem = MatrixProductTests.Problem(test, cpu: cpu, seed: test.m + test.k)
            problem.b = widened(narrowed(problem.b, type), type)
            let panels = sl_panel_count(cpu, test.n)
            let wanted = problem.result(
                rows: [0..<test.m], panels: [0..<panels], packs: true, extras: true)
            problem.matmul.storage = type
            var numbers = Numbers(seed: test.n)
            for _ in 0..<3 {
                let found = problem.result(
                    rows: division(of: test.m, &numbers), panels: division(of: panels, &numbers),
                    packs: true, extras: true)
                #expect(found == wanted)
            }
        }
    }
}
