import SwiftletGraph
import SwiftletTensor
import Testing

@Suite struct MemoryPlanTests {
    /// Random lifetimes: buffers that live at the same time never share a byte.
    @Test(arguments: 0..<20) func overlappingBuffersAreDisjoint(seed: Int) {
        let random = CounterRandom(seed: UInt64(seed))
        let lifetimes = (0..<60).map { index in
            let first = Int(random.bits(at: 3 * index) % 40)
            return MemoryPlan.Lifetime(
                byteCount: Int(random.bits(at: 3 * index + 1) % 5000), first: first,
                last: first + Int(random.bits(at: 3 * index + 2) % 9))
        }
        let plan = MemoryPlan(lifetimes)
        for (a, x) in lifetimes.enumerated() {
            #expect(plan.offsets[a] % 64 == 0)
            #expect(plan.offsets[a] + x.byteCount <= plan.byteCount)
            for (b, y) in lifetimes.enumerated().dropFirst(a + 1)
            where x.first <= y.last && y.first <= x.last {
                #expect(
                    plan.offsets[a] + x.byteCount <= plan.offsets[b]
                        || plan.offsets[b] + y.byteCount <= plan.offsets[a])
            }
        }
    }

    @Test func chainNeedsTwoBuffers() {
        let chain = (0..<10).map { MemoryPlan.Lifetime(byteCount: 640, first: $0, last: $0 + 1) }
        #expect(MemoryPlan(chain).byteCount == 1280)
    }
}
