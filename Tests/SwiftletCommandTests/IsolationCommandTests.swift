import SwiftletFiles
import TestSupport
import Testing

/// `--isolate` and the files that need it, as a user meets them.
@Suite struct IsolationCommandTests {
    private func run(_ arguments: String..., in directory: String) throws -> CommandRun {
        try CommandRun(
            arguments, in: directory, shell: "export TMPDIR='\(directory)/spool'; mkdir \"$TMPDIR\""
        )
    }

    /// The weights of this model are packed as only libhdf5 reads them; the original's are not.
    @Test(arguments: ["hdf5/isolated/model.h5", "keras/cnn-keras2.h5", "keras/cnn-keras2.keras"])
    func predicts(_ model: String) throws {
        try withTemporaryDirectory { directory in
            var outputs: [[UInt8]] = []
            for flags in [[], ["--isolate"]] {
                let output = directory + "/p\(outputs.count).npz"
                let run = try CommandRun(
                    [
                        "predict", fixture(model), "--input", fixture("keras/cnn-keras2.npz"),
                        "--output", output, "--quiet",
                    ] + flags, in: directory)
                #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
                outputs.append(try readFile(output))
            }
            #expect(outputs[0] == outputs[1])
            let plain = try CommandRun(
                [
                    "predict", fixture("keras/cnn-keras2.h5"), "--input",
                    fixture("keras/cnn-keras2.npz"), "--output", "plain.npz",
                ], in: directory)
            #expect(plain.status == 0)
            #expect(try readFile(directory + "/plain.npz") == outputs[0])
        }
    }

    /// One line, nothing left behind.
    @Test(arguments: ["soft", "external", "twice", "foreign", "huge", "deep"])
    func refusals(_ name: String) throws {
        try withTemporaryDirectory { directory in
            let file = fixture("hdf5/isolated/refused-\(name).h5")
            let run = try run("inspect", "--isolate", file, in: directory)
            #expect(run.status == 1 && run.errorLines.count == 1)
            #expect(run.errors.hasPrefix("error: \(file): ") && run.output.isEmpty)
            #expect(try contents(directory + "/spool").isEmpty)
        }
    }

    /// libhdf5 1.10.8 dies of this file; others may say what is wrong.
    @Test func deathIsOneLine() throws {
        try withTemporaryDirectory { directory in
            let file = fixture("hdf5/isolated/crash.h5")
            let run = try run("inspect", "--isolate", file, in: directory)
            #expect(run.status == 1 && run.errorLines.count == 1)
            #expect(run.errors.hasPrefix("error: \(file): "))
            #expect(try contents(directory + "/spool").isEmpty)
        }
    }

    @Test func listsData() throws {
        try withTemporaryDirectory { directory in
            let file = fixture("hdf5/isolated/scale-offset.h5")
            let own = try run("inspect", "--json", file, in: directory)
            #expect(own.status == 0 && own.output.contains("decimal"), "\(own.errors)")
            #expect(try contents(directory + "/spool").isEmpty)
        }
    }
}
