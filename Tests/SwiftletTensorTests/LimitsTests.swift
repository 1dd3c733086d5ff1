import SwiftletLimits
import SwiftletTensor
import Synchronization
import Testing

@Suite struct LimitsTests {
    @Test func everyQuantityCanBeSet() {
        for quantity in Limits.Quantity.allCases {
            var limits = Limits()
            limits[quantity] = 17
            #expect(limits[quantity] == 17)
            for other in Limits.Quantity.allCases where other != quantity {
                #expect(limits[other] == Limits()[other])
            }
        }
    }

    @Test func theyHoldWithinTheBodyAndEndWithIt() throws {
        var limits = Limits()
        limits.tensorBytes = 1000
        let shape = try Shape([500])
        try limits.apply { () throws in
            #expect(Limits.current == limits)
            #expect(
                throws: TensorError.limit(LimitError(.tensorBytes, found: 2000, limit: 1000))
            ) { try Tensor(zeros: shape, dtype: .float32) }
            #expect(try Tensor(zeros: shape, dtype: .uint8).elementCount == 500)
            var inner = limits
            inner.tensorBytes = 2000
            let tensor = try inner.apply { try Tensor(zeros: shape, dtype: .float32) }
            #expect(tensor.rank == 1)
            #expect(Limits.current == limits)
        }
        #expect(try Tensor(zeros: shape, dtype: .float32).rank == 1)
    }

    @Test func stringsAndRulesAskBeforeTheyTakeMemory() throws {
        var limits = Limits()
        limits.tensorBytes = 1 << 20
        let shape = try Shape([1 << 40])
        limits.apply {
            #expect(throws: TensorError.self) { try Tensor(zeros: shape, dtype: .string) }
            #expect(throws: TensorError.self) { try Tensor(repeatingText: "a", shape: shape) }
            #expect(throws: TensorError.self) { try Tensor(shape: shape) { Float($0) } }
        }
        #expect(try Tensor(shape: [2, 2]) { Int64($0) }.elements(of: Int64.self) == [0, 1, 2, 3])
        #expect(try Tensor(repeatingText: "a", shape: [2]).strings == ["a", "a"])
    }

    @Test func threadsThatHelpHaveThem() throws {
        var limits = Limits()
        limits.layers = 3
        let found = Mutex<[Int]>([])
        limits.apply {
            Workers(count: 4).forEach(parts: 64) { _ in
                found.withLock { $0.append(Limits.current.layers) }
            }
            let aside = SideThread()
            aside.begin { found.withLock { $0.append(Limits.current.layers) } }
            aside.wait()
        }
        #expect(found.withLock { $0 } == [Int](repeating: 3, count: 65))
        found.withLock { $0 = [] }
        Workers(count: 4).forEach(parts: 8) { _ in
            found.withLock { $0.append(Limits.current.layers) }
        }
        #expect(found.withLock { $0 } == [Int](repeating: Limits().layers, count: 8))
    }

    @Test func timeEnds() throws {
        var limits = Limits()
        limits.time = .zero
        let error = #expect(throws: LimitError.self) {
            try limits.apply { try Limits.checkTime() }
        }
        #expect(error?.description == "not done within the limit of 0 s (time)")
        limits.time = .seconds(3600)
        try limits.apply { try Limits.checkTime() }
        try Limits.checkTime()
    }

    @Test func bombsAreToldByTheirRatio() throws {
        try Limits.checkUnpacked(1 << 30, from: 1)
        try Limits.checkUnpacked(2 << 30, from: 2 << 30)
        let error = #expect(throws: LimitError.self) {
            try Limits.checkUnpacked(2 << 30, from: 1 << 20)
        }
        #expect(error?.quantity == .decompressionRatio && error?.found == 2048)
    }

    @Test func theyAreWorded() {
        #expect(
            LimitError(.modelBytes, found: 3 << 40, limit: 3 << 29).description
                == "the model's memory: 3.0 TiB, the limit is 1.5 GiB (model-bytes)")
        #expect(
            LimitError(.layers, found: 12, limit: 10).description
                == "layers: 12, the limit is 10 (layers)")
    }
}
