import SwiftletFiles
import SwiftletGraph
import SwiftletKeras
import SwiftletLayers
import SwiftletRuntime
import SwiftletServing
import SwiftletTensor
import TestSupport
import Testing

/// A layer that mixes rows: each as a share of all.
private struct SharesOfRows: UnaryLayer {
    static let className = "SharesOfRows"
    var options = LayerOptions(name: "shares")
    var config: JSONObject { [:] }

    init() {}
    init(config: LayerConfig) throws {}

    func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        try lowering.divide(x, lowering.sum(x, axes: [0], keepsDimensions: true))
    }
}

/// The service without a network; `tools/check-serving` has it over one.
@Suite struct ServiceTests {
    private static func service(
        _ models: [(name: String, model: Model)], mostRows: Int = 8, mostRequests: Int = 256
    ) throws -> InferenceService {
        let metrics = Metrics()
        var options = ServiceOptions(version: "test")
        options.mostRequests = mostRequests
        // Other tests may keep tasks from going on for minutes.
        options.timeout = .seconds(86_400)
        let served = try models.map { name, model in
            try ServedModel(
                name: name, predictor: Predictor(model, threads: 1),
                batching: BatchOptions(mostRows: mostRows, delay: .milliseconds(1)),
                mostTensorBytes: 1 << 24
            ) { metrics.computed(rows: $0, model: name) }
        }
        return try InferenceService(served, options, metrics: metrics)
    }

    private static func ask(
        _ service: InferenceService, _ method: String, _ path: String, _ body: String = ""
    ) async throws -> (status: Int, json: JSON) {
        let response = await service.respond(to: RequestHead(method: method, path: path)) { _ in
            Array(body.utf8)
        }
        return (response.status, try JSON(parsing: response.body))
    }

    private static func inference(_ name: String, _ tensor: Tensor) throws -> String {
        let json: JSON = [
            "inputs": [
                [
                    "name": .string(name), "datatype": .string(tensor.dtype.protocolName),
                    "shape": .array(tensor.shape.map { .int($0) }),
                    "data": .array(try tensor.doubles().map { .double($0) }),
                ]
            ]
        ]
        return json.text()
    }

    @Test func metadataOfAModel() async throws {
        let model = try Model(contentsOf: fixture("keras/lstm-keras3.keras"))
        let service = try Self.service([("words", model)])
        let (status, json) = try await Self.ask(service, "GET", "/v2/models/words")
        #expect(status == 200)
        #expect(json["inputs"]?[0]?["name"]?.string == model.inputNames[0])
        #expect(json["inputs"]?[0]?["datatype"] == "INT32")
        #expect(json["inputs"]?[0]?["shape"] == [-1, 6])
        #expect(json["outputs"]?[0]?["shape"] == [-1, 3])
        #expect(try await Self.ask(service, "GET", "/v2/models/words/versions/2").status == 404)
        #expect(try await Self.ask(service, "PUT", "/v2").status == 405)
    }

    /// Each request has to get what it would get alone.
    @Test func rowsThatDependOnEachOtherAreNotJoined() async throws {
        var mixing = try Model(contentsOf: fixture("keras/cnn-keras3.keras"))
        let independent = try ServedModel(
            name: "m", predictor: Predictor(mixing), batching: BatchOptions(),
            mostTensorBytes: 1 << 24
        ) { _ in }
        #expect(independent.independence != .none(""))
        if case .none(let cause) = independent.independence {
            Issue.record("found to depend: \(cause)")
        }
        mixing = try Model([Input(2, name: "x"), SharesOfRows()])
        let served = try ServedModel(
            name: "m", predictor: Predictor(mixing), batching: BatchOptions(),
            mostTensorBytes: 1 << 24
        ) { _ in }
        guard case .none = served.independence else {
            Issue.record("found to be independent")
            return
        }
    }

    @Test func answersAreThoseOfThePredictor() async throws {
        let model = try Model(contentsOf: fixture("keras/cnn-keras3.keras"))
        let predictor = try Predictor(model, threads: 1)
        let service = try Self.service([("cnn", model)])
        let name = model.inputNames[0]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1..<24 {
                let random = CounterRandom(seed: UInt64(number))
                let shape: Shape = [1 + number % 11, 8, 8, 1]
                let input = try Tensor(
                    (0..<shape.elementCount).map { random.uniform(at: $0) }, shape: shape)
                let expected = try predictor(input).floats()
                group.addTask {
                    let (status, json) = try await Self.ask(
                        service, "POST", "/v2/models/cnn/infer", Self.inference(name, input))
                    #expect(status == 200, "\(json)")
                    let data = json["outputs"]?[0]?["data"]?.array ?? []
                    #expect(data.count == expected.count)
                    for (value, expected) in zip(data, expected) {
                        #expect(abs(Float(value.double ?? .nan) - expected) < 1e-5)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func nothingIsTakenOnceItIsClosed() async throws {
        let model = try Model(contentsOf: fixture("keras/cnn-keras3.keras"))
        let service = try Self.service([("cnn", model)])
        #expect(try await Self.ask(service, "GET", "/v2/health/ready").status == 200)
        service.close()
        #expect(try await Self.ask(service, "GET", "/v2/health/live").status == 200)
        #expect(try await Self.ask(service, "GET", "/v2/health/ready").status == 503)
        #expect(try await Self.ask(service, "POST", "/v2/models/cnn/infer", "{}").status == 503)
    }

    @Test func fewBytesThatAskForManyAreRefused() async throws {
        var model = try Model([
            Input(shape: [], dtype: .int32, name: "x"), Embedding(4, 4096),
        ])
        try model.initialize()
        let service = try Self.service([("wide", model)], mostRows: 32)
        let body = try Self.inference("x", Tensor([Int32](repeating: 1, count: 5000)))
        let (status, json) = try await Self.ask(service, "POST", "/v2/models/wide/infer", body)
        #expect(status == 413, "\(json)")
    }

    @Test func metricsCountWhatWasAnswered() async throws {
        let model = try Model(contentsOf: fixture("keras/cnn-keras3.keras"))
        let service = try Self.service([("a\"b", model)])
        let input = try Tensor(zeros: [3, 8, 8, 1])
        _ = try await Self.ask(
            service, "POST", "/v2/models/a%22b/infer",
            Self.inference(model.inputNames[0], input))
        let response = await service.respond(
            to: RequestHead(method: "GET", path: "/metrics")
        ) { _ in [] as [UInt8] }
        let page = String(decoding: response.body, as: UTF8.self)
        for line in [
            #"swiftlet_requests_total{model="a\"b",code="200"} 1"#,
            #"swiftlet_rows_total{model="a\"b"} 3"#,
            #"swiftlet_batch_rows_bucket{model="a\"b",le="2.0"} 0"#,
            #"swiftlet_batch_rows_bucket{model="a\"b",le="4.0"} 1"#,
            #"swiftlet_batch_rows_count{model="a\"b"} 1"#, "swiftlet_requests_in_flight 1",
        ] { #expect(page.contains(line + "\n"), "\(line)") }
    }
}
