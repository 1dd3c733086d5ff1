internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletLimits
internal import SwiftletMachine
internal import SwiftletTensor

/// Answers requests of the Open Inference Protocol for a few models; how they come here is others' business.
package final class InferenceService: Sendable {
    package let options: ServiceOptions
    package let metrics: Metrics
    package let admission: Admission
    private let models: [ServedModel]
    private let threads: JobThreads

    /// - Throws: ``ServingError`` if no thread can be had.
    package init(
        _ models: [ServedModel], _ options: ServiceOptions, metrics: Metrics
    ) throws(ServingError) {
        self.models = models
        self.options = options
        self.metrics = metrics
        admission = Admission(
            mostRequests: options.mostRequests, mostBytes: options.mostMemory)
        threads = try JobThreads(count: min(4, Machine.processorCount))
    }

    /// From now on requests for inference are refused; those in hand are answered.
    package func close() { admission.close() }

    /// The answer to a request. Never fails: what goes wrong is the answer.
    ///
    /// - Parameter read: reads the body of a request whose head was found good, for whose bytes it asks for
    ///   ``room(for:of:)``; it throws ``ServingError/tooSlow`` at the request's deadline.
    package func respond(
        to head: RequestHead, read: (RequestInHand) async throws -> some RequestBytes
    ) async -> ServiceResponse {
        metrics.begin()
        var request: RequestInHand?
        let response: ServiceResponse
        do {
            let prepared = try prepare(head)
            request = prepared
            response = try await answer(prepared, body: try await read(prepared))
        } catch {
            response = .error(Self.told(error, deadline: request?.deadline))
        }
        let endpoint = request?.endpoint
        metrics.answered(
            model: endpoint?.modelName.flatMap { name in models.first { $0.name == name }?.name },
            status: response.status, after: .now - head.start,
            isInference: endpoint?.isInference == true)
        return response
    }

    /// What has to be known of a request before its body is read.
    ///
    /// - Throws: ``ServingError`` if the body need not be read.
    func prepare(_ head: RequestHead) throws(ServingError) -> RequestInHand {
        guard let endpoint = Endpoint(path: head.path) else {
            throw ServingError(404, "no such path: \(quoted(head.path))")
        }
        guard head.method == endpoint.method else {
            throw ServingError(
                405, "\(quoted(head.path)) takes \(endpoint.method) only",
                allowedMethod: endpoint.method)
        }
        if let encoding = head.contentEncoding, encoding != "identity" {
            throw ServingError(415, "Content-Encoding \(quoted(encoding)) is not supported")
        }
        var headerLength: Int?
        if let text = head.inferenceHeaderLength {
            guard let length = Int(text), length >= 0, length <= options.mostBodyBytes else {
                throw ServingError(
                    400, "Inference-Header-Content-Length: \(quoted(text)) is no such length")
            }
            headerLength = length
        }
        // Who is refused anyway need not send his tensors.
        if case .infer(let name, let version) = endpoint {
            _ = try model(name, version)
            try admission.checkRoom()
        }
        return RequestInHand(
            endpoint: endpoint, headerLength: headerLength, start: head.start,
            deadline: head.start + options.timeout)
    }

    /// Memory for a body of so many bytes, and for what becomes of it.
    package func room(for byteCount: Int, of request: RequestInHand) throws(ServingError)
        -> Admission.Bytes
    {
        guard byteCount <= options.mostBodyBytes else {
            throw ServingError(
                413, "a body of \(byteCount) bytes; up to \(options.mostBodyBytes) are taken")
        }
        let jsonBytes = min(byteCount, request.headerLength ?? byteCount)
        guard jsonBytes <= options.mostJSONBytes else {
            throw ServingError(
                413,
                "\(jsonBytes) bytes of JSON; up to \(options.mostJSONBytes) are taken, "
                    + "send tensors as binary data")
        }
        return try admission.take(
            bytes: jsonBytes * ServiceOptions.bytesPerJSONByte + 2 * (byteCount - jsonBytes))
    }

    private func answer(
        _ request: RequestInHand, body: some RequestBytes
    ) async throws -> ServiceResponse {
        switch request.endpoint {
        case .server: return .json(serverMetadata)
        case .live: return .json(["live": true])
        case .ready:
            let isReady = !admission.isClosed
            return .json(["ready": .bool(isReady)], status: isReady ? 200 : 503)
        case .index: return .json(index)
        case .metrics: return .text(metricsPage)
        case .model(let name, let version):
            return .json(try model(name, version).metadata)
        case .modelReady(let name, let version):
            let isReady = !admission.isClosed
            return .json(
                ["name": .string(try model(name, version).name), "ready": .bool(isReady)],
                status: isReady ? 200 : 503)
        case .infer(let name, let version):
            let place = try admission.enter()
            defer { withExtendedLifetime(place) {} }
            return try await infer(try model(name, version), request, body)
        }
    }

    private func infer(
        _ model: ServedModel, _ request: RequestInHand, _ body: some RequestBytes
    ) async throws -> ServiceResponse {
        let (parsed, rows) = try await threads.run {
            let parsed = try body.withBytes { bytes in
                try InferenceRequest(parsing: bytes, headerLength: request.headerLength)
            }
            _ = try model.choices(of: parsed)
            let deadline = min(
                request.deadline, parsed.timeout.map { request.start + $0 } ?? request.deadline)
            return (parsed, try model.rows(of: parsed, deadline: deadline))
        }
        let outputs = try await model.queue.outputs(for: rows)
        let chosen = try model.choices(of: parsed).map { position, isBinary in
            (name: model.outputName(position), tensor: outputs[position], isBinary: isBinary)
        }
        let memory = try room(for: chosen)
        return try await threads.run {
            let response = InferenceResponse(
                model: model.name, version: ServedModel.version, id: parsed.id, outputs: chosen)
            return ServiceResponse(response, memory: memory)
        }
    }

    /// Memory for an answer.
    private func room(
        for outputs: [(name: String, tensor: Tensor, isBinary: Bool)]
    ) throws(ServingError) -> Admission.Bytes {
        let elements = outputs.filter { !$0.isBinary }.reduce(0) { $0 + $1.tensor.elementCount }
        guard elements <= options.mostJSONBytes / 4 else {
            throw ServingError(413, "an answer of \(elements) elements; ask for binary data")
        }
        let bytes = outputs.filter(\.isBinary).reduce(0) {
            $0 + $1.tensor.elementCount * max($1.tensor.dtype.size, 16)
        }
        return try admission.take(bytes: 2 * bytes + elements * ServiceOptions.bytesPerJSONByte)
    }

    private func model(_ name: String, _ version: String?) throws(ServingError) -> ServedModel {
        guard let model = models.first(where: { $0.name == name }) else {
            throw ServingError(404, "model \(quoted(name)) is unknown")
        }
        guard version == nil || version == ServedModel.version else {
            throw ServingError(
                404, "model \(quoted(name)) has no version \(quoted(version ?? "")); it has 1")
        }
        return model
    }

    // MARK: What is told of the server

    /// What an error is to the sender of a request.
    private static func told(
        _ error: any Error, deadline: ContinuousClock.Instant?
    ) -> ServingError {
        if let error = error as? ServingError { return error }
        if let deadline, ContinuousClock.now >= deadline { return .late }
        switch error {
        case let error as ModelError:
            if case .input = error { return ServingError(400, error.description) }
        case let error as GraphError: return ServingError(400, error.description)
        case let error as TensorError:
            switch error {
            case .limit, .outOfMemory, .tooLarge: return ServingError(413, error.description)
            default: break
            }
        case let error as LimitError:
            return error.quantity == .time ? .late : ServingError(413, error.description)
        default: break
        }
        return ServingError(500, "\(error)")
    }

    private var serverMetadata: JSON {
        [
            "name": "swiftlet", "version": .string(options.version),
            "extensions": ["binary_tensor_data", "model_repository(index)"],
        ]
    }

    private var index: JSON {
        .array(
            models.map {
                [
                    "name": .string($0.name), "version": .string(ServedModel.version),
                    "state": "READY", "reason": "",
                ]
            })
    }

    private var metricsPage: String {
        metrics.text(
            queues: models.map { ($0.name, $0.queue.count) }, inHand: admission.requests)
    }
}

/// What the server takes on.
package struct ServiceOptions: Sendable {
    package var version: String
    /// Inference requests in hand at once.
    package var mostRequests = 256
    package var mostBodyBytes = 64 << 20
    /// From the arrival of a request's head to its answer.
    package var timeout = Duration.seconds(30)
    /// Bytes that requests in hand and their answers may take together.
    package var mostMemory = max(1 << 30, Machine.memory / 4)

    package init(version: String) { self.version = version }

    /// Read JSON is many times as large as its text, so less of it is taken.
    package var mostJSONBytes: Int {
        min(mostBodyBytes, mostMemory / Self.bytesPerJSONByte)
    }

    /// A number of one digit and its comma become a value of 24 bytes, in an array that grows.
    static let bytesPerJSONByte = 36
}
