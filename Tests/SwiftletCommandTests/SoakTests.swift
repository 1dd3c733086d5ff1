import Foundation
import TestSupport
import Testing

/// Many calls from many threads in a process of its own: the numbers stay the same, memory and threads
/// stay as many, nothing goes on once the last call has ended.
///
/// `SWIFTLET_SOAK` is the number of calls, 100,000 for an hour's worth; see `tools/soak`.
#if os(Linux)
    @Suite struct SoakTests {
        private static let calls = ProcessInfo.processInfo.environment["SWIFTLET_SOAK"] ?? "3000"

        @Test(
            "all processors, and one alone", arguments: ["true", "taskset -p -c 0 $$ > /dev/null"])
        func soak(_ binding: String) throws {
            try withTemporaryDirectory { directory throws in
                let run = try CommandRun(
                    [Self.calls, "16"], program: "soak", in: directory, shell: binding)
                #expect(run.status == 0, "\(run.output)\(run.errors)")
                #expect(run.output.contains("0 other than alone"))
            }
        }
    }
#endif
