internal import Synchronization

/// How much the server takes on at once: requests, and bytes of them.
package final class Admission: Sendable {
    package let mostRequests: Int
    package let mostBytes: Int
    private let state = Mutex(State())

    private struct State {
        var requests = 0
        var bytes = 0
        var isClosed = false
    }

    package init(mostRequests: Int, mostBytes: Int) {
        (self.mostRequests, self.mostBytes) = (mostRequests, mostBytes)
    }

    /// Requests that are in hand.
    package var requests: Int { state.withLock { $0.requests } }
    package var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Takes on nothing any more; what is in hand is brought to its end.
    package func close() { state.withLock { $0.isClosed = true } }

    /// - Throws: ``ServingError`` if there is no room for one more request.
    package func checkRoom() throws(ServingError) {
        if let error = state.withLock({ Self.refusal($0, mostRequests) }) { throw error }
    }

    /// Takes on a request, for as long as the place is held.
    package func enter() throws(ServingError) -> Place {
        let error = state.withLock { state -> ServingError? in
            let error = Self.refusal(state, mostRequests)
            if error == nil { state.requests += 1 }
            return error
        }
        if let error { throw error }
        return Place(self)
    }

    private static func refusal(_ state: State, _ most: Int) -> ServingError? {
        if state.isClosed { return .busy("the server is ending") }
        return state.requests >= most ? .busy("\(most) requests are waiting already") : nil
    }

    /// Takes on bytes, for as long as the result is held.
    package func take(bytes: Int) throws(ServingError) -> Bytes {
        let isTaken = state.withLock { state in
            guard bytes <= mostBytes - state.bytes else { return false }
            state.bytes += bytes
            return true
        }
        guard isTaken else { throw .busy("no memory is left for more requests at once") }
        return Bytes(self, bytes)
    }

    /// Memory of a request or of its answer.
    package final class Bytes: Sendable {
        private let admission: Admission
        private let count: Int

        fileprivate init(_ admission: Admission, _ count: Int) {
            (self.admission, self.count) = (admission, count)
        }

        deinit { admission.state.withLock { $0.bytes -= count } }
    }

    /// A request in hand.
    package final class Place: Sendable {
        private let admission: Admission

        fileprivate init(_ admission: Admission) { self.admission = admission }

        deinit { admission.state.withLock { $0.requests -= 1 } }
    }
}
