import SwiftletDataset
import Testing

@Suite struct ShardTests {
    @Test(arguments: [(0, 4), (1, 4), (10, 4), (1000, 32), (1_000_003, 7)])
    func partsAreStretchesOfWholeBatches(_ total: Int, _ batch: Int) throws {
        for count in [1, 2, 3, 16, 100] {
            var end = 0
            for number in 1...count {
                let rows = try #require(Shard(number, of: count)).rows(of: total, batchSize: batch)
                #expect(rows.lowerBound == end)
                #expect(rows.lowerBound % batch == 0 || rows.lowerBound == total)
                end = rows.upperBound
            }
            #expect(end == total)
        }
    }

    @Test func extremesDoNotOverflow() throws {
        let last = try #require(Shard(1_000_000, of: 1_000_000))
        #expect(last.rows(of: .max, batchSize: 1).upperBound == .max)
        #expect(last.rows(of: 3, batchSize: .max) == 0..<3)
    }

    @Test func texts() {
        #expect(Shard("2/4") == Shard(2, of: 4))
        #expect(Shard("2/4")?.description == "2/4")
        for text in ["", "0/4", "5/4", "1", "1/2/3", "a/b", "1/1000001", "-1/2"] {
            #expect(Shard(text) == nil)
        }
    }
}
