internal import ArgumentParser
internal import SwiftletHDF5

/// How HDF5 is read: by the command itself, and what only libhdf5 reads in a helper process, which is this
/// program once more.
struct IsolationOptions: ParsableArguments {
    @Flag(help: "Read HDF5 files with libhdf5 in a confined process; see docs/isolation.md.")
    var isolate = false

    func during(_ body: () throws -> Void) rethrows {
        if isolate, !HDF5Isolation.isConfinementAvailable {
            StandardError.warn(
                "--isolate: this system has no seccomp filters, so helpers are limited in memory and time only"
            )
        }
        let isolation = HDF5Isolation(
            isolate ? .always : .whereNeeded, program: HDF5Isolation.ownProgram,
            requiresConfinement: !isolate)
        try HDF5Isolation.$current.withValue(isolation, operation: body)
    }
}
