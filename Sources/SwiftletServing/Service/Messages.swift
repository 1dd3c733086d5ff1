internal import SwiftletFiles

/// The head of a request, as far as it matters here.
package struct RequestHead: Sendable {
    package let method: String
    package let path: String
    package let contentEncoding: String?
    package let inferenceHeaderLength: String?
    let start = ContinuousClock.now

    package init(
        method: String, path: String, contentEncoding: String? = nil,
        inferenceHeaderLength: String? = nil
    ) {
        self.method = method
        self.path = path
        self.contentEncoding = contentEncoding
        self.inferenceHeaderLength = inferenceHeaderLength
    }
}

/// A request whose head has been found good.
package struct RequestInHand: Sendable {
    package let endpoint: Endpoint
    let headerLength: Int?
    package let start: ContinuousClock.Instant
    /// When its sender is told that it took too long.
    package let deadline: ContinuousClock.Instant
}

/// The bytes of a body, wherever they lie.
package protocol RequestBytes: Sendable {
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
}

extension [UInt8]: RequestBytes {
    package func withBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result { try withUnsafeBytes(body) }
}

/// What is sent back.
package struct ServiceResponse: Sendable {
    package let status: Int
    package let contentType: String
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    /// Held until the answer has been sent.
    package let memory: Admission.Bytes?

    private init(
        _ status: Int, _ contentType: String, _ body: [UInt8],
        headers: [(name: String, value: String)] = [], memory: Admission.Bytes? = nil
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
        self.memory = memory
    }

    static func json(_ json: JSON, status: Int = 200) -> Self {
        Self(status, "application/json", Array(json.text().utf8))
    }

    static func text(_ text: String) -> Self {
        Self(200, "text/plain; version=0.0.4; charset=utf-8", Array(text.utf8))
    }

    package static func error(_ error: ServingError) -> Self {
        var headers: [(name: String, value: String)] = []
        if error.status == 503 { headers.append(("Retry-After", "1")) }
        if let method = error.allowedMethod { headers.append(("Allow", method)) }
        let json: JSON = ["error": .string(error.description)]
        return Self(error.status, "application/json", Array(json.text().utf8), headers: headers)
    }

    init(_ response: InferenceResponse, memory: Admission.Bytes) {
        let length = response.headerLength
        self.init(
            200, length == nil ? "application/json" : "application/octet-stream", response.body,
            headers: length.map { [("Inference-Header-Content-Length", "\($0)")] } ?? [],
            memory: memory)
    }
}
