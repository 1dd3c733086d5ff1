@preconcurrency import Foundation
import SwiftletLayers
import SwiftletRuntime
import SwiftletTensor
import Synchronization

/// Predicts for long, from many threads at once, and looks at what that leaves: other numbers, more
/// memory, more threads, time spent on nothing.
///
/// usage: soak [CALLS [THREADS [SIZES]]]      of batches of so many sizes
///
/// Prints what was found, a line each, and `FAILED` where it should not be so. A process of its own,
/// since a test's process has other things going on.
@main struct Soak {
    static func main() throws {
        setvbuf(stdout, nil, _IOLBF, 0)
        let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let calls = arguments.first ?? 2_000
        let threads = arguments.count > 1 ? arguments[1] : 16
        let sizes = arguments.count > 2 ? arguments[2] : 12
        let subjects = try Network.all.enumerated().map {
            try Subject($0.offset, $0.element, sizes: sizes)
        }

        var soak = Soak()
        soak.endure(subjects, calls: calls, threads: threads, of: "warming up")
        let (memory, count) = (Process.residentBytes, Process.threadCount)
        soak.endure(subjects, calls: calls, threads: threads, of: "soak")
        let grown = (Process.residentBytes - memory) >> 10
        // What sixteen callers at once leave in the allocator's pools; a leak of 200 bytes a call is more
        // in 100,000.
        soak.check(
            grown < 16 << 10,
            "resident memory \(memory >> 10) KiB, \(grown >= 0 ? "+" : "")\(grown) KiB after it")
        soak.check(
            Process.threadCount <= count, "\(count) threads, \(Process.threadCount) after it")
        try soak.come(andGo: calls / 20)
        // Helpers are shared and stay: one fewer than the largest number that was asked for.
        soak.check(
            Process.threadCount <= max(count, Soak.mostThreads),
            "\(Process.threadCount) threads after predictors came and went")
        soak.rest(subjects[0])
        exit(soak.failures == 0 ? 0 : 1)
    }

    private var failures = 0
    private static let mostThreads = 4

    private mutating func check(_ condition: Bool, _ text: String) {
        print(condition ? text : "FAILED: \(text)")
        if !condition { failures += 1 }
    }

    /// Any call by any thread, of a batch of any size, gives the numbers that it gave alone.
    private mutating func endure(_ subjects: [Subject], calls: Int, threads: Int, of name: String) {
        let random = CounterRandom(seed: 4)
        let next = Atomic(0)
        let wrong = Atomic(0)
        let start = ContinuousClock.now
        onThreads(threads) {
            while true {
                let call = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard call < calls else { return }
                let bits = Int(truncatingIfNeeded: random.bits(at: call) >> 8)
                let subject = subjects[bits % subjects.count]
                if !subject.isRight(batch: bits / 16, sessions: bits / 256 % 4 == 0) {
                    wrong.add(1, ordering: .relaxed)
                }
            }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        check(
            wrong.load(ordering: .relaxed) == 0,
            "\(name): \(calls) calls from \(threads) threads in \(Int(seconds * 10) / 10) s, "
                + "\(wrong.load(ordering: .relaxed)) other than alone")
    }

    /// Predictors are made and dropped while others of their kind are at work.
    private mutating func come(andGo count: Int) throws {
        let wrong = Atomic(0)
        let next = Atomic(0)
        onThreads(4) {
            while true {
                let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard number < count else { return }
                let network = Network.all[number % Network.all.count]
                guard
                    let subject = try? Subject(
                        number, network, sizes: 3, threads: 1 + number % Soak.mostThreads),
                    subject.isRight(batch: number, sessions: number % 2 == 0)
                else {
                    wrong.add(1, ordering: .relaxed)
                    continue
                }
            }
        }
        check(
            wrong.load(ordering: .relaxed) == 0,
            "\(count) predictors came and went, \(wrong.load(ordering: .relaxed)) wrong")
    }

    /// One millisecond after the last call nothing runs any more.
    private mutating func rest(_ subject: Subject) {
        var spent: [Double] = []
        for batch in 0..<10 {
            _ = subject.isRight(batch: batch, sessions: false)
            usleep(1_000)
            let before = Process.processorSeconds
            usleep(50_000)
            spent.append((Process.processorSeconds - before) * 1e6)
        }
        // The median: a page that the system takes back may cost a little once.
        let median = spent.sorted()[spent.count / 2]
        check(
            median < 500, "\(Int(median)) µs of processor time in 50 ms, from 1 ms after a call on")
    }
}

/// A predictor, inputs of several batch sizes, and what it gave alone on one thread.
private final class Subject: Sendable {
    private let predictor: Predictor
    private let inputs: [Tensor]
    private let expected: [Tensor]

    init(_ number: Int, _ network: Network, sizes: Int, threads: Int = 2) throws {
        var model = try network.model()
        try model.initialize(seed: UInt64(number))
        let random = CounterRandom(seed: 9)
        inputs = try (1...max(1, sizes)).map { rows in
            let shape = try Shape([rows] + network.input)
            return try Tensor(
                (0..<shape.elementCount).map { network.value(random.uniform(at: $0)) }, shape: shape
            )
        }
        let alone = try Predictor(model, threads: 1)
        expected = try inputs.map { try alone($0) }
        predictor = try Predictor(model, threads: threads)
    }

    func isRight(batch: Int, sessions: Bool) -> Bool {
        let number = batch % inputs.count
        let (input, expected) = (inputs[number], expected[number])
        do {
            guard sessions else { return try predictor(input).isIdentical(to: expected) }
            let session = try predictor.session(rows: input.shape[0])
            try session.write { target in input.withUnsafeBytes { target.copyMemory(from: $0) } }
            try session.run()
            return try session.read { found in
                expected.withUnsafeBytes { found.elementsEqual($0) }
            }
        } catch {
            print("FAILED: \(error)")
            return false
        }
    }
}

/// Calls `body` on so many threads at once.
private func onThreads(_ count: Int, _ body: @escaping @Sendable () -> Void) {
    let group = DispatchGroup()
    for _ in 0..<count {
        group.enter()
        Thread.detachNewThread {
            body()
            group.leave()
        }
    }
    group.wait()
    // Until the threads themselves are gone.
    usleep(20_000)
}

/// What the system says of this process.
private enum Process {
    static var residentBytes: Int {
        let words = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
            .split(separator: " ")
        return (words.flatMap { Int($0[1]) } ?? 0) * Int(getpagesize())
    }

    static var threadCount: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 1
    }

    static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
