internal import SwiftletFiles
internal import SwiftletReport
internal import SwiftletRuntime

extension Profile.Step {
    /// Multiply-adds count double.
    fileprivate var gigaflops: Double {
        time == .zero ? 0 : 2e-6 * Double(multiplyAdds) / time.milliseconds
    }
    fileprivate var gigabytes: Double {
        time == .zero ? 0 : 1e-6 * Double(byteCount) / time.milliseconds
    }
    fileprivate var title: String { kernel.isEmpty ? operation : "\(operation) \(kernel)" }
}

/// What the steps of a model cost, in the forms in which `bench` gives it.
extension Profile {
    private var peak: Double { processorPeak * Double(threads) }

    private func share(_ step: Step) -> Double { peak > 0 ? step.gigaflops / peak : 0 }

    var json: JSON {
        .array(
            steps.map { step in
                [
                    "operation": .string(step.operation), "kernel": .string(step.kernel),
                    "layer": .string(step.layer), "output": .string("\(step.output)"),
                    "ms": .double(step.time.milliseconds),
                    "multiply_adds": .int(step.multiplyAdds), "bytes": .int(step.byteCount),
                    "gflops": .double(step.gigaflops), "gbytes_per_s": .double(step.gigabytes),
                    "share_of_peak": .double(share(step)),
                ]
            })
    }

    /// One complete event per step, laid end to end, in microseconds.
    var chromeTrace: JSON {
        var start = 0.0
        let events: [JSON] = steps.map { step in
            let length = step.time.milliseconds * 1000
            defer { start += length }
            return [
                "name": .string(step.title), "cat": .string(step.operation), "ph": "X",
                "ts": .double(start), "dur": .double(length), "pid": .int(1), "tid": .int(1),
                "args": [
                    "layer": .string(step.layer), "output": .string("\(step.output)"),
                    "gflops": .double(step.gigaflops),
                ],
            ]
        }
        return ["traceEvents": .array(events)]
    }

    var table: TextTable {
        func text(_ value: Double, _ digits: Double) -> String {
            "\((value * digits).rounded() / digits)"
        }
        var table = TextTable(
            title: "steps",
            columns: [
                .init("ms"), .init("% of time"), .init("GFLOP/s"), .init("% of peak"),
                .init("GB/s"), .init("step", .left), .init("output", .left), .init("layer", .left),
            ])
        let total = max(1e-9, time.milliseconds)
        for step in steps {
            let milliseconds = step.time.milliseconds
            table.add([
                text(milliseconds, 1000), text(100 * milliseconds / total, 10),
                step.multiplyAdds == 0 ? "" : text(step.gigaflops, 10),
                step.multiplyAdds == 0 ? "" : text(100 * share(step), 10),
                text(step.gigabytes, 10), step.title, "\(step.output)", step.layer,
            ])
        }
        return table
    }
}
