internal import Synchronization

/// Objects by numbers that stand in for pointers: what was never given out, or was closed, is found out
/// instead of followed. A number is given once.
final class Handles<Object: AnyObject & Sendable>: Sendable {
    private let kind: String
    private let objects = Mutex<[Int: Object]>([:])

    /// - Parameter kind: as messages name it.
    init(_ kind: String) { self.kind = kind }

    func add(_ object: Object) -> OpaquePointer? {
        let handle = nextHandle.add(Self.step, ordering: .relaxed).newValue
        objects.withLock { $0[handle] = object }
        return OpaquePointer(bitPattern: handle)
    }

    func object(_ handle: OpaquePointer?) throws(Failure) -> Object {
        guard let handle else { throw .argument("the \(kind) is NULL") }
        guard let object = objects.withLock({ $0[Int(bitPattern: handle)] }) else {
            throw unknown
        }
        return object
    }

    /// Nothing where the handle is NULL.
    func remove(_ handle: OpaquePointer?) throws(Failure) {
        guard let handle else { return }
        // Whatever the object frees is freed outside the lock.
        let object = objects.withLock { $0.removeValue(forKey: Int(bitPattern: handle)) }
        guard object != nil else { throw unknown }
    }

    private var unknown: Failure { .argument("no open \(kind)") }

    /// As pointers to objects would, handles differ by more than their last bits.
    private static var step: Int { 16 }
}

/// One count for all kinds, so that a handle of one kind is none of another.
private let nextHandle = Atomic<Int>(0)
