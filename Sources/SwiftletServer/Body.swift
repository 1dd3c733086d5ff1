#if Serve
    internal import HTTPTypes
    internal import Hummingbird
    internal import NIOCore
    internal import SwiftletServing

    /// The bytes of a request, with the memory that they were allowed.
    struct Body: RequestBytes {
        let buffer: ByteBuffer
        let memory: Admission.Bytes?

        func withBytes<Result>(
            _ body: (UnsafeRawBufferPointer) throws -> Result
        ) rethrows -> Result {
            try buffer.withUnsafeReadableBytes(body)
        }

        /// Reads a body until the request's time is over.
        static func read(
            _ request: Request, _ inHand: RequestInHand, for service: InferenceService
        ) async throws -> Body {
            try await withThrowingTaskGroup(of: Body.self) { group in
                group.addTask { try await collect(request, inHand, service) }
                group.addTask {
                    try await Task.sleep(until: inHand.deadline, clock: .continuous)
                    throw ServingError.tooSlow
                }
                defer { group.cancelAll() }
                guard let body = try await group.next() else { throw ServingError.tooSlow }
                return body
            }
        }

        /// Memory is asked for before it is needed: at once where the length is told, else step by step.
        private static func collect(
            _ request: Request, _ inHand: RequestInHand, _ service: InferenceService
        ) async throws -> Body {
            let length = request.headers[.contentLength].flatMap { Int($0) }.map { max(0, $0) }
            var allowed = length ?? 0
            var memory = length == nil ? nil : try service.room(for: allowed, of: inHand)
            var buffer = ByteBuffer()
            do {
                for try await part in request.body {
                    let count = buffer.readableBytes + part.readableBytes
                    if count > allowed {
                        allowed = max(count, min(2 * allowed, service.options.mostBodyBytes))
                        memory = try service.room(for: allowed, of: inHand)
                    }
                    buffer.writeImmutableBuffer(part)
                }
            } catch let error as ServingError {
                throw error
            } catch {
                throw ServingError(400, "the body cannot be read: \(error)")
            }
            if let length, buffer.readableBytes != length {
                throw ServingError(
                    400, "\(length) bytes were announced, \(buffer.readableBytes) came")
            }
            return Body(buffer: buffer, memory: memory)
        }
    }
#endif
