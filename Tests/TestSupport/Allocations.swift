internal import CAllocations

/// The memory that this thread takes while something runs.
public enum Allocations {
    /// Whether this build can count: not outside of Linux, nor under a sanitizer.
    public static var areCounted: Bool { test_allocations_are_counted() }

    /// Blocks that this thread takes in `body`.
    public static func count(_ body: () throws -> Void) rethrows -> Int {
        let before = test_allocation_count()
        try body()
        return Int(test_allocation_count() - before)
    }
}
