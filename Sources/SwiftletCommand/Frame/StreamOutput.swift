internal import ArgumentParser
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletStreaming

/// Which rows of a file are taken, and what is kept of them while they are.
struct PartOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only the k-th of n parts of the rows, whole batches that follow each other.",
            valueName: "k/n"))
    var shard: Shard?

    @Flag(
        help: ArgumentHelp(
            "Keep what is done beside the output; the same command goes on where it was broken off.",
            discussion: """
                It lies in a file of the output's name and `.journal`, until the output is there. With \
                another model, other data or other options it is refused.
                """))
    var resume = false

    func options(batchSize: Int) -> StreamOptions {
        StreamOptions(batchSize: batchSize, shard: shard, resumes: resume)
    }
}

extension StreamedPrediction {
    var arrays: [WrittenArray] {
        outputs.map { WrittenArray(name: $0.name, dtype: $0.dtype, shape: $0.shape) }
    }
}

extension StreamTimes {
    var json: JSONObject {
        [
            "rows_computed": .int(rows), "seconds": .double(whole / .seconds(1)),
            "rows_per_second": .double(rowsPerSecond),
            "seconds_waited": .double(waiting / .seconds(1)),
        ]
    }
}

extension LogOptions {
    /// How fast the rows went through, where that took a while or part of them were there before.
    func note(_ times: StreamTimes, resuming: Bool) {
        guard resuming || times.whole > .seconds(1) else { return }
        guard times.rows > 0 else { return note("all rows were there already") }
        note(
            "\(times.rows) rows in \(times.whole.text): "
                + "\(Int(times.rowsPerSecond.rounded())) rows/s; the model waited "
                + "\(times.waiting.text) for data")
    }

    func warn(mixed isMixed: Bool, _ path: String) {
        guard isMixed else { return }
        StandardError.warn(
            "\(path): processors of several instruction sets took part; the last digits may differ from "
                + "those of one run")
    }
}

extension Duration {
    fileprivate var text: String {
        let hundredths = (self / .milliseconds(10)).rounded()
        return "\(hundredths / 100) s"
    }
}
