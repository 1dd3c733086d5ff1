import Mutation
import SwiftletFiles
import SwiftletKeras
import SwiftletLayers
import SwiftletRuntime
import SwiftletServing
import SwiftletTensor
import TestSupport
import Testing

/// Thousands of requests that are not quite right: each gets an error that says why or the right answer,
/// none ends the process, and none leaves memory or a place taken.
@Suite struct DamagedRequestTests {
    /// A model and sound requests for it.
    private struct Subject {
        let name: String
        let model: Model
        let requests: [RawRequest]
    }

    private static func subject(_ name: String, _ model: Model, _ inputs: [Tensor]) throws
        -> Subject
    {
        let path = "/v2/models/\(name)/infer"
        func request(isBinary: Bool, _ more: JSONObject = [:]) throws -> RawRequest {
            // As the answer of a model that gives back its inputs.
            let answer = InferenceResponse(
                model: name, version: "1", id: nil,
                outputs: zip(model.inputNames, inputs).map { ($0, $1, isBinary) })
            let length = answer.headerLength ?? answer.body.count
            var json: JSONObject = [:]
            json["id"] = "7"
            json["inputs"] = try JSON(parsing: Array(answer.body[..<length]))["outputs"]
            for (key, value) in more { json[key] = value }
            return RawRequest(
                path: path, .object(json), binary: isBinary ? Array(answer.body[length...]) : nil)
        }
        let wanted = JSON.array(
            model.outputNames.map { ["name": .string($0), "parameters": ["binary_data": true]] })
        var versioned = try request(isBinary: true)
        versioned.path = "/v2/models/\(name)/versions/1/infer"
        return Subject(
            name: name, model: model,
            requests: [
                try request(isBinary: false), versioned,
                try request(isBinary: false, ["outputs": wanted]),
                try request(
                    isBinary: true,
                    ["parameters": ["binary_data_output": true, "timeout": 30_000_000]]),
            ])
    }

    private static func subjects() throws -> [Subject] {
        let random = CounterRandom(seed: 3)
        func numbers(_ shape: Shape) throws -> Tensor {
            try Tensor((0..<shape.elementCount).map { random.uniform(at: $0) }, shape: shape)
        }
        let texts = try Model(contentsOf: fixture("vocabularies/texts-keras3.keras"))
        let x = Input(3, name: "x")
        let flag = Input(2, name: "flag")
        var two = try Model(
            inputs: [x, flag],
            outputs: [Dense(2, name: "a")(Concatenate()([x, flag])), Dense(1, name: "b")(flag)])
        try two.initialize(seed: 2)
        return [
            try subject(
                "cnn", Model(contentsOf: fixture("keras/cnn-keras3.keras")),
                [numbers([2, 8, 8, 1])]),
            try subject(
                "words", Model(contentsOf: fixture("keras/lstm-keras3.keras")),
                [Tensor([Int32](repeating: 2, count: 12), shape: [2, 6])]),
            try subject(
                "texts", texts, [Tensor(strings: ["the cat", "Über!"], shape: [2, 1])]),
            try subject("two", two, [numbers([3, 3]), numbers([3, 2])]),
        ]
    }

    private static let allowed: Set = [200, 400, 404, 405, 413, 415, 503, 504]

    @Test(arguments: 0..<8 as Range<UInt64>)
    func everyOneGetsItsErrorOrItsAnswer(_ seed: UInt64) async throws {
        let subjects = try Self.subjects()
        var options = ServiceOptions(version: "test")
        (options.mostBodyBytes, options.mostMemory) = (1 << 16, 1 << 23)
        // Other tests may keep tasks from going on for minutes.
        options.timeout = .seconds(86_400)
        let service = try InferenceService(
            subjects.map {
                try ServedModel(
                    name: $0.name, predictor: Predictor($0.model, threads: 1),
                    batching: BatchOptions(mostRows: 8, delay: .zero), mostTensorBytes: 1 << 22
                ) { _ in }
            }, options, metrics: Metrics())
        var random = SeededRandom(seed: seed)
        var statuses: [Int: Int] = [:]
        for subject in subjects {
            let predictor = try Predictor(subject.model, threads: 1)
            for request in subject.requests {
                #expect(await Self.answer(of: service, to: request).status == 200)
                for _ in 0..<60 {
                    let damaged = request.mutated(using: &random)
                    let answer = await Self.answer(of: service, to: damaged)
                    statuses[answer.status, default: 0] += 1
                    let fault = try Self.fault(of: answer, to: damaged, predictor, subject.model)
                    if let fault {
                        Issue.record(
                            "\(fault): \(String(decoding: damaged.flat.prefix(2000), as: UTF8.self))"
                        )
                    }
                }
                // Nobody is any the worse for it.
                #expect(await Self.answer(of: service, to: request).status == 200)
            }
        }
        // Neither places nor memory are left taken, once the last task has ended.
        #expect(service.admission.requests == 0)
        var isFree = false
        for _ in 0..<1_000 where !isFree {
            isFree = (try? service.admission.take(bytes: options.mostMemory)) != nil
            if !isFree { try await Task.sleep(for: .milliseconds(10)) }
        }
        #expect(isFree)
        // All too tame or all refused at the door would prove little.
        let total = statuses.values.reduce(0, +)
        #expect(statuses[200, default: 0] > total / 20, "\(statuses)")
        #expect(statuses[400, default: 0] > total / 4, "\(statuses)")
    }

    /// As the server over HTTP asks: room first, then the body.
    private static func answer(
        of service: InferenceService, to request: RawRequest
    ) async -> ServiceResponse {
        let head = RequestHead(
            method: request.method, path: request.path, contentEncoding: request.contentEncoding,
            inferenceHeaderLength: request.headerLength)
        return await service.respond(to: head) { inHand in
            Held(
                bytes: request.body, memory: try service.room(for: request.body.count, of: inHand))
        }
    }

    private struct Held: RequestBytes {
        let bytes: [UInt8]
        let memory: Admission.Bytes

        func withBytes<Result>(
            _ body: (UnsafeRawBufferPointer) throws -> Result
        ) rethrows -> Result { try bytes.withBytes(body) }
    }

    /// What is wrong with an answer; nil if it is as promised.
    private static func fault(
        of answer: ServiceResponse, to request: RawRequest, _ predictor: Predictor, _ model: Model
    ) throws -> String? {
        guard allowed.contains(answer.status) else { return "status \(answer.status)" }
        guard answer.status == 200 else {
            guard let text = try JSON(parsing: answer.body)["error"]?.string, !text.isEmpty else {
                return "status \(answer.status) without an error"
            }
            return text.utf8.count < 1000 ? nil : "an error of \(text.utf8.count) bytes"
        }
        guard case .infer? = Endpoint(path: request.path) else { return nil }
        let asked = try request.body.withUnsafeBytes {
            try InferenceRequest(
                parsing: $0, headerLength: request.headerLength.flatMap { Int($0) })
        }
        let inputs = try model.inputNames.map { name in
            try #require(asked.inputs.first { $0.name == name }).tensor
        }
        // Sums of very large numbers may come out otherwise among other rows.
        for tensor in inputs where tensor.dtype != .string {
            guard try tensor.doubles().allSatisfy({ abs($0) < 1e4 }) else { return nil }
        }
        let expected = try predictor.predict(inputs)
        let length = answer.headers.first { $0.name == "Inference-Header-Content-Length" }?.value
        var json = try JSON(
            parsing: Array(answer.body[..<(length.flatMap { Int($0) } ?? answer.body.count)]))
        json["inputs"] = json["outputs"]
        json["outputs"] = nil
        let text = Array(json.text().utf8)
        let body = text + answer.body[(length.flatMap { Int($0) } ?? answer.body.count)...]
        let found = try body.withUnsafeBytes {
            try InferenceRequest(parsing: $0, headerLength: length == nil ? nil : text.count)
        }.inputs
        let names = asked.outputs?.map(\.name) ?? model.outputNames
        guard found.map(\.name) == names else { return "outputs \(found.map(\.name))" }
        for (name, tensor) in found {
            let index = try #require(model.outputNames.firstIndex(of: name))
            let (a, b) = (try tensor.doubles(), try expected[index].doubles())
            guard tensor.shape == expected[index].shape,
                zip(a, b).allSatisfy({
                    abs($0 - $1) <= 1e-3 * max(1, abs($1)) || $0.isNaN && $1.isNaN
                })
            else { return "another answer in \(name)" }
        }
        return nil
    }
}
