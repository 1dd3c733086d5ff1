internal import SwiftletHDF5

/// How the command reads HDF5: by itself, and what only libhdf5 reads in a helper process, which is this
/// program once more; all of it with `--isolate`, see ``LogOptions``.
enum Isolation {
    static func during(_ body: () throws -> Void) rethrows {
        let isForced = CommandLine.arguments.contains("--isolate")
        if isForced, !HDF5Isolation.isConfinementAvailable {
            StandardError.warn(
                "--isolate: this system has no seccomp filters, so helpers are limited in memory and time only"
            )
        }
        let isolation = HDF5Isolation(
            isForced ? .always : .whereNeeded, program: HDF5Isolation.ownProgram,
            requiresConfinement: !isForced)
        try HDF5Isolation.$current.withValue(isolation, operation: body)
    }
}
