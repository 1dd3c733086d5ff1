import SwiftletFeatures
import SwiftletFiles
import SwiftletTensor
import TestSupport
import Testing

@Suite struct FeatureJournalTests {
    private let job: JSONObject = ["set": "real", "layer": "2048", "images": 7]

    private func batch(_ rows: Int, _ start: Float, logits: Bool = false) throws -> FeatureBatch {
        func tensor(_ width: Int) throws -> Tensor {
            try Tensor((0..<rows * width).map { start + Float($0) }, shape: Shape([rows, width]))
        }
        return FeatureBatch(features: try tensor(3), logits: logits ? try tensor(2) : nil)
    }

    private func values(_ journal: FeatureJournal, _ set: Int) throws -> (Int, [[Float]]) {
        var found: [[Float]] = []
        let count = try journal.replay(set) { batch in
            for tensor in [batch.features, batch.logits] {
                if let tensor { found.append(try tensor.elements(of: Float.self)) }
            }
        }
        return (count, found)
    }

    @Test func whatWasAppendedComesBack() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/state"
            do {
                let journal = try FeatureJournal(path)
                let real = try journal.begin(job)
                try journal.append(batch(2, 0), of: real, first: 0)
                let other = try journal.begin(["set": "generated"])
                try journal.append(batch(1, 100, logits: true), of: other, first: 0)
                try journal.append(batch(3, 10), of: real, first: 2)
                // One process at a time.
                #expect(throws: FileError(path, .inUse)) { _ = try FeatureJournal(path) }
            }
            let journal = try FeatureJournal(path)
            let (count, found) = try values(journal, journal.begin(job))
            #expect(count == 5)
            #expect(found == [(0..<6).map(Float.init), (10..<19).map(Float.init)])
            let (others, pair) = try values(journal, journal.begin(["set": "generated"]))
            #expect(others == 1)
            #expect(pair == [[100, 101, 102], [100, 101]])
        }
    }

    @Test("cut anywhere, only whole batches are left")
    func cut() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/state"
            do {
                let journal = try FeatureJournal(path)
                let set = try journal.begin(job)
                for first in [0, 2, 4] {
                    try journal.append(batch(2, Float(first)), of: set, first: first)
                }
            }
            let whole = try readFile(path)
            for length in stride(from: whole.count, through: 0, by: -3) {
                try AtomicFile.write(Array(whole[..<length]), to: path)
                var known = 0
                do {
                    let journal = try FeatureJournal(path)
                    let set = try journal.begin(job)
                    let (count, found) = try values(journal, set)
                    #expect(count % 2 == 0 && found.count == count / 2)
                    #expect(length < whole.count || count == 6)
                    // And it goes on from there.
                    try journal.append(batch(2, 50), of: set, first: count)
                    known = count
                }
                let journal = try FeatureJournal(path)
                #expect(try values(journal, journal.begin(job)).0 == known + 2)
            }
            // A byte that is not the one that was written ends what is believed.
            for place in stride(from: 25, to: whole.count, by: 7) {
                var damaged = whole
                damaged[place] ^= 0x10
                try AtomicFile.write(damaged, to: path)
                let journal = try FeatureJournal(path)
                let (count, _) = try values(journal, journal.begin(job))
                #expect(count < 6)
            }
        }
    }

    @Test func anotherJobIsRefused() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/state"
            let journal = try FeatureJournal(path)
            _ = try journal.begin(job)
            var other = job
            other["layer"] = "64"
            let error = #expect(throws: FeatureError.self) { _ = try journal.begin(other) }
            #expect(
                error?.description
                    == "\(path): the state of another job: real: layer is \"2048\" there and \"64\" here"
            )
            other = job
            other["extra"] = 1
            #expect(throws: FeatureError.self) { _ = try journal.begin(other) }
            try AtomicFile.write("no state at all, but some text", to: directory + "/text")
            #expect(throws: FeatureError.self) { _ = try FeatureJournal(directory + "/text") }
            #expect(try readFile(directory + "/text").count == 30)
        }
    }
}
