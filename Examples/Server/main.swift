// A Hummingbird application with a model in it: `swift run -c release --traits Serve example-server [port]`.
//
//     curl localhost:8080/digits --data '{"pixels": [0, 0, 5, 13, … 64 numbers from 0 to 16]}'
//
// `swiftlet serve` is for models that other programs ask; this is for a model that is one part of an
// application of your own.
#if Serve
    import Hummingbird
    import NIOPosix
    import Swiftlet

    /// What is asked: a picture of 8 × 8, row by row, ink from 0 to 16.
    struct Question: Decodable {
        let pixels: [Float]
    }

    struct Answer: ResponseEncodable {
        let digit: Int
        let probability: Float
    }

    /// A network that has seen the bundled digits.
    func trainedModel() throws -> Model {
        let digits = try Digits.load()
        var model = try Sequential {
            Input(8, 8, 1)
            Conv2D(16, kernel: 3, padding: .same, activation: .relu)
            MaxPooling2D(2)
            Flatten()
            Dense(10, activation: .softmax)
        }
        try model.fit(
            digits.train, loss: .sparseCategoricalCrossentropy(), optimizer: .adam(), epochs: 15)
        return model
    }

    // Compiled once, used by any number of requests at a time.
    let predictor = try Predictor(trainedModel())

    let router = Router()
    router.get("health") { _, _ in HTTPResponse.Status.ok }
    router.post("digits") { request, context -> Answer in
        let question = try await request.decode(as: Question.self, context: context)
        guard question.pixels.count == 64 else {
            throw HTTPError(.badRequest, message: "64 pixels expected")
        }
        // On a thread for work that takes its time, so that others' requests go on meanwhile.
        let probabilities = try await NIOThreadPool.singleton.runIfActive {
            // The bundled digits have ink from 0 to 1.
            let picture = try Tensor(question.pixels.map { $0 / 16 }, shape: [1, 8, 8, 1])
            return try predictor(picture).floats()
        }
        let best = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
        return Answer(digit: best, probability: probabilities[best])
    }

    let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8080
    let application = Application(
        router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)))
    // Ends on Ctrl-C and SIGTERM, once the requests in hand are answered.
    try await application.runService()
#else
    print("built without the trait Serve: swift run -c release --traits Serve example-server")
#endif
