import SwiftletFiles
import SwiftletLayers
import SwiftletTensor
import SwiftletTraining
import TestSupport
import Testing

/// Event files, against records that TensorFlow wrote.
@Suite struct TensorBoardTests {
    private static func records() throws -> [JSON] {
        let text = String(decoding: try readFile(fixture("training/events.json")), as: UTF8.self)
        return try #require(try JSON(parsing: text)["records"]?.array)
    }

    @Test func writesTheBytesOfTensorFlow() throws {
        for record in try Self.records() {
            let time = try #require(record["wall_time"]?.double)
            let step = try #require(record["step"]?.int)
            let wanted = try #require(record["bytes"]?.string)
            guard let tag = record["tag"]?.string else {
                // The head names its writer, which is another one.
                let found = Event.version(at: time)
                #expect(wanted.contains(hex(Array("brain.Event:2".utf8))))
                #expect(hex(found).contains(hex(Array("brain.Event:2".utf8))))
                continue
            }
            let values = (record["values"]?.array ?? []).map { Float($0.double ?? .nan) }
            let found =
                record["plugin"] == "scalars"
                ? Event.scalar(tag, Double(values[0]), step: step, at: time)
                : Event.histogram(tag, values, step: step, at: time)
            #expect(hex(found) == wanted, "\(tag)")
        }
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// What a training leaves: whole records with Keras's tags, in Keras's directories.
    @Test func logsTrainings() throws {
        try withTemporaryDirectory { directory in
            var model = try Spirals.model()
            try model.fit(
                Spirals().data, loss: .binaryCrossentropy, metrics: [.accuracy], epochs: 2,
                batchSize: 16, validationSplit: 0.2,
                callbacks: [
                    TensorBoard(directory: directory + "/logs", histogramEpochs: 1, batchSteps: 2)
                ], threads: 1)
            #expect(try directoryContents(directory + "/logs").sorted() == ["train", "validation"])
            let train = try tags(directory + "/logs/train")
            let weights = try model.weightNames().map { "\($0)/histogram" }
            let epoch =
                ["epoch_loss", "epoch_accuracy", "epoch_learning_rate"] + weights
            let batches = ["batch_loss", "batch_accuracy", "batch_loss", "batch_accuracy"]
            #expect(train == batches + epoch + batches + ["batch_loss", "batch_accuracy"] + epoch)
            let validation = ["loss", "accuracy"].flatMap {
                ["epoch_\($0)", "evaluation_\($0)_vs_iterations"]
            }
            #expect(try tags(directory + "/logs/validation") == validation + validation)
        }
    }

    /// The tags of the only file in a directory.
    private func tags(_ directory: String) throws -> [String] {
        let name = try #require(try directoryContents(directory).first)
        #expect(name.hasPrefix("events.out.tfevents.") && name.hasSuffix(".v2"))
        let bytes = try readFile(directory + "/" + name)
        var (tags, at): ([String], Int) = ([], 0)
        while at < bytes.count {
            let length = bytes[at..<at + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
            let event = bytes[at + 12..<at + 12 + length]
            // A summary's value begins with its tag: field 5, field 1, field 1.
            let text = String(decoding: event.filter { (32..<127).contains($0) }, as: UTF8.self)
            if let range = text.firstRange(of: /[a-z_0-9]+\/[a-z_]+\/histogram/) {
                tags.append(String(text[range]))
            } else if let range = text.firstRange(of: /(batch|epoch|evaluation)_[a-z_]*[a-z]/) {
                tags.append(String(text[range]))
            }
            at += length + 16
        }
        #expect(at == bytes.count)
        return tags
    }
}
