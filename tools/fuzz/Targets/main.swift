// The readers of this package under libFuzzer. `tools/fuzz/run` builds and runs it:
//   swiftlet-fuzz --list                    the names of the targets
//   swiftlet-fuzz --seeds FIXTURES FOLDER   writes what to begin with
//   FUZZ_TARGET=NAME swiftlet-fuzz …        runs one, with the options of libFuzzer

internal import SwiftletFiles

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

private nonisolated(unsafe) var target: FuzzTarget?
private nonisolated(unsafe) var body: FuzzTarget.Body?

@_cdecl("LLVMFuzzerCustomMutator")
func customMutator(
    _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ capacity: Int, _ seed: UInt32
) -> Int {
    let buffer = UnsafeMutableBufferPointer(start: data, count: capacity)
    if let kind = target?.mutation,
        let mutated = Mutations.mutated(buffer, size: size, as: kind, seed: seed),
        mutated.count <= capacity
    {
        for (index, byte) in mutated.enumerated() { buffer[index] = byte }
        return mutated.count
    }
    return Mutations.bytes(data, size, capacity)
}

let arguments = CommandLine.arguments
if arguments.count == 2, arguments[1] == "--list" {
    for target in FuzzTarget.all { print(target.name) }
} else if arguments.count == 4, arguments[1] == "--seeds" {
    try Seeds(fixtures: arguments[2], output: arguments[3]).write()
} else if let name = getenv("FUZZ_TARGET").map({ String(cString: $0) }),
    let found = FuzzTarget.named(name)
{
    target = found
    body = try found.makeBody(Scratch(name))
    var count = CommandLine.argc
    var argv = CommandLine.unsafeArgv
    exit(
        runDriver(&count, &argv) { data, size in
            // A refusal is what most inputs deserve; only a trap, a leak of bounds, a hang or hunger count.
            try? FuzzTarget.limits.apply {
                try body?(UnsafeRawBufferPointer(start: data, count: size))
            }
            return 0
        })
} else {
    print("FUZZ_TARGET must be one of the names that --list gives")
    exit(64)
}
