#if Serve
    internal import HTTPTypes
    internal import Hummingbird
    internal import Logging
    internal import NIOCore
    internal import NIOHTTPTypes
    internal import SwiftletServing
    internal import Synchronization

    /// What is known of a request beside its message.
    struct ConnectionContext: InitializableFromSource, RequestContext {
        var coreContext: CoreRequestContextStorage
        let channel: any Channel

        init(source: ApplicationRequestContextSource) {
            coreContext = CoreRequestContextStorage(source: source)
            channel = source.channel
        }

        /// Says that a body is wanted, to those who ask before they send it.
        func allowBody(of request: Request) async throws {
            guard request.headers[.expect]?.lowercased() == "100-continue" else { return }
            let part = HTTPResponsePart.head(HTTPResponse(status: .continue))
            try await channel.writeAndFlush(part)
        }
    }

    /// Carries requests to the service and its answers back.
    struct Responder: HTTPResponder {
        typealias Context = ConnectionContext
        let service: InferenceService

        /// Whoever does not take his answer, or goes on to send what nobody reads, is left after this time.
        private static let lingering = TimeAmount.seconds(10)
        /// Answers up to this size are handed to the system at once.
        private static let pieceSize = 1 << 18

        func respond(to request: Request, context: Context) async throws -> Response {
            let isHead = request.method == .head
            let head = RequestHead(
                method: isHead ? "GET" : request.method.rawValue, path: request.head.path ?? "",
                contentEncoding: request.headers[.contentEncoding],
                inferenceHeaderLength: request.headers[.inferenceHeaderLength])
            let hasBody =
                request.headers[.contentLength].map { $0 != "0" }
                ?? (request.headers[.transferEncoding] != nil)
            let isRead = Flag(!hasBody)
            let answer = await service.respond(to: head) { inHand in
                guard hasBody else { return Body(buffer: ByteBuffer(), memory: nil) }
                try await context.allowBody(of: request)
                let body = try await Body.read(request, inHand, for: service)
                isRead.set()
                return body
            }
            let response = response(answer, closing: !isRead.value, context.channel)
            guard isHead else { return response }
            let bodiless = ResponseBody(contentLength: answer.body.count) { writer in
                try await writer.finish(nil)
            }
            return Response(status: response.status, headers: response.headers, body: bodiless)
        }

        /// - Parameter closing: the rest of the request is not wanted.
        private func response(
            _ answer: ServiceResponse, closing: Bool, _ channel: any Channel
        ) -> Response {
            var headers = HTTPFields()
            headers[.contentType] = answer.contentType
            for (name, value) in answer.headers {
                if let name = HTTPField.Name(name) { headers[name] = value }
            }
            if closing || service.admission.isClosed { headers[.connection] = "close" }
            if closing {
                channel.eventLoop.scheduleTask(in: Self.lingering) {
                    channel.close(promise: nil)
                }
            }
            let buffer = ByteBuffer(bytes: answer.body)
            let body =
                buffer.readableBytes <= Self.pieceSize
                ? ResponseBody(byteBuffer: buffer)
                : pieces(of: buffer, answer.memory, to: channel)
            return Response(
                status: .init(code: answer.status), headers: headers, body: body)
        }

        /// A large body, sent as fast as it is taken; its memory is given back in the end.
        private func pieces(
            of buffer: ByteBuffer, _ memory: Admission.Bytes?, to channel: any Channel
        ) -> ResponseBody {
            let time = service.options.timeout
            return ResponseBody(contentLength: buffer.readableBytes) { writer in
                let end = channel.eventLoop.scheduleTask(in: TimeAmount(time) + Self.lingering) {
                    channel.close(promise: nil)
                }
                defer {
                    end.cancel()
                    withExtendedLifetime(memory) {}
                }
                var rest = buffer
                while rest.readableBytes > 0 {
                    let count = min(rest.readableBytes, Self.pieceSize)
                    guard let piece = rest.readSlice(length: count) else { break }
                    try await writer.write(piece)
                }
                try await writer.finish(nil)
            }
        }
    }

    /// Something that has happened or not.
    private final class Flag: Sendable {
        private let state: Atomic<Bool>

        init(_ value: Bool) { state = Atomic(value) }
        func set() { state.store(true, ordering: .relaxed) }
        var value: Bool { state.load(ordering: .relaxed) }
    }

    extension HTTPField.Name {
        /// Bytes of JSON before binary tensors.
        fileprivate static var inferenceHeaderLength: Self {
            Self("Inference-Header-Content-Length") ?? .contentLength
        }
    }
#endif
