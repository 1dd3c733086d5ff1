internal import SwiftletFiles
internal import SwiftletLimits

/// Why a structure of the file is not read. Where it was met (file, object) is added by whoever
/// knows it, see ``HDF5Session/naming(_:_:)``.
struct Refusal: Error {
    let cause: HDF5Error.Cause

    init(_ cause: HDF5Error.Cause) { self.cause = cause }

    static func damaged(_ what: String) -> Refusal { .init(.damaged(what)) }
    static func unsupported(_ what: String) -> Refusal { .init(.unsupported(what)) }
    static func needsLibrary(_ what: String) -> Refusal { .init(.needsLibrary(what)) }
    static var outOfMemory: Refusal { .init(.file(.outOfMemory)) }
    static func limit(_ error: LimitError) -> Refusal { .init(.limit(error)) }
    static func tooLarge(_ bytes: Int?) -> Refusal { .init(.tooLarge(bytes: bytes ?? .max)) }
}

/// Runs a check of the limits in force.
func limiting(_ check: () throws(LimitError) -> Void) throws(Refusal) {
    do {
        try check()
    } catch {
        throw .limit(error)
    }
}

/// The product of sizes from a file; nil where an `Int` cannot hold it.
func product(_ factors: some Sequence<Int>) -> Int? {
    var result = 1
    for factor in factors {
        let (next, overflow) = result.multipliedReportingOverflow(by: factor)
        guard !overflow, next >= 0 else { return nil }
        result = next
    }
    return result
}

extension Int {
    /// ⌊log₂⌋ of a positive number, 0 of others.
    var floorLog2: Int { self > 0 ? Int.bitWidth - 1 - leadingZeroBitCount : 0 }

    /// Bytes that a count up to this number is stored in.
    var encodedSize: Int { floorLog2 / 8 + 1 }

    /// `self / divisor`, rounded up; both are positive or zero and not both huge.
    func dividedRoundingUp(by divisor: Int) -> Int {
        self / divisor + (self % divisor == 0 ? 0 : 1)
    }
}
