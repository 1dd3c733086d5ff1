internal import CConfinement
internal import CHDF5
internal import SwiftletLimits

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The process that reads a file with libhdf5: it confines itself, then looks at the first byte.
enum HDF5Helper {
    private static let (source, target): (Int32, Int32) = (3, 4)

    /// - Returns: the status of the process.
    static func serve(_ request: HelperRequest) -> Int32 {
        switch request {
        case .attempt(let number): return attempt(number)
        case .copy(let range, let limits, let requiresConfinement):
            let result = limits.apply {
                Result { () throws(HDF5Error) in
                    try copy(range, requiresConfinement: requiresConfinement)
                }
            }
            switch result {
            case .success:
                say(.done)
                return 0
            case .failure(let error):
                say(.refused(object: error.object, error.cause))
                return 1
            }
        }
    }

    private static func attempt(_ number: Int) -> Int32 {
        var limits = confinement_limits(
            memory: 1 << 32, addresses: 1 << 40, seconds: 10, file_bytes: 0)
        guard confine_resources(&limits, 3) == 0, confine_calls() == 0 else { return 99 }
        return confinement_try(Int32(truncatingIfNeeded: number))
    }

    private static func copy(
        _ range: Range<Int>, requiresConfinement: Bool
    ) throws(HDF5Error) {
        let limits = IsolationLimits(fileSize: range.count)
        let canBeConfined = HDF5Isolation.isConfinementAvailable
        guard canBeConfined || !requiresConfinement else {
            throw HDF5Error("", .helper(.unconfined))
        }
        try HDF5Library.open(for: "")
        var resources = confinement_limits(
            memory: UInt64(limits.memory), addresses: UInt64(limits.addresses),
            seconds: UInt64(limits.seconds),
            file_bytes: UInt64(limits.copyBytes))
        try check(confine_resources(&resources, target + 1))
        let bytes = try map(range)
        let place = Place(file: "", object: nil)
        try HDF5Library.locked(for: "") { () throws(HDF5Error) in
            try place.check(hdf5.H5PLset_loading_state(0))
            try check(confine_calls(), unless: !canBeConfined)
            let input = try LibraryImage.open(bytes, place)
            let output = try LibraryImage.create(
                in: target, growth: min(max(1 << 16, bytes.count / 8), 1 << 24), place)
            var census = LibraryCensus(limits)
            let entries = try census.entries(of: input)
            try PlainCopy(from: input.id, to: output).make(entries)
            try place.check(hdf5.H5Fclose(output))
        }
    }

    private static func check(_ error: Int32, unless isAccepted: Bool = false) throws(HDF5Error) {
        guard error == 0 || isAccepted else {
            throw HDF5Error("", .library("the helper cannot confine itself: error \(error)"))
        }
    }

    /// The part of the source in memory; the map may start before it.
    private static func map(_ range: Range<Int>) throws(HDF5Error) -> UnsafeMutableRawBufferPointer
    {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = range.lowerBound / page * page
        let skipped = range.lowerBound - start
        let memory = mmap(
            nil, skipped + range.count, PROT_READ, MAP_PRIVATE, source, off_t(start))
        guard let memory, memory != MAP_FAILED else {
            throw HDF5Error("", .library("the file cannot be mapped"))
        }
        return UnsafeMutableRawBufferPointer(start: memory + skipped, count: range.count)
    }

    private static func say(_ answer: HelperAnswer) {
        let bytes = answer.bytes
        _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
