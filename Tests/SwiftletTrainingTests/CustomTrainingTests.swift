import SwiftletFiles
import SwiftletGraph
import SwiftletLayers
import SwiftletTensor
import SwiftletTraining
import TestSupport
import Testing

/// Steps of one's own over several models, against TensorFlow's GradientTape over the same in Keras
/// (`tools/make-custom-references`).
@Suite struct CustomTrainingTests {
    /// A recorded training: the models as they were, and what Keras made of them.
    private struct Case {
        let json: JSON
        let recording: Recording
        let models: [Model]

        init(_ name: String) throws {
            recording = try Recording("custom")
            json = try #require(recording.cases.first { $0["name"]?.string == name })
            let recording = recording
            models = try #require(json["models"]?.array).map { entry in
                let layer = try LayerRegistry.standard.layer(from: try #require(entry["model"]))
                var model = Model(network: try #require(layer as? Network))
                model.tensors = try HistoryCase.paired(
                    try #require(entry["weights"]?.array), recording, model.network.shapes().weights
                )
                return model
            }
        }

        func inputs() throws -> [[Tensor]] {
            try #require(json["inputs"]?.array).map { try recording.tensors($0) }
        }

        func losses() throws -> [Double] {
            try #require(json["losses"]?.array).compactMap(\.double)
        }

        func check(_ training: CustomTraining) throws {
            for (model, places) in zip(models, try #require(json["after"]?.array)) {
                let after = try HistoryCase.paired(
                    try #require(places.array), recording, model.network.shapes().weights)
                let found = try training.model(named: model.name)
                for (path, tensor) in after {
                    let own = try #require(found[weight: path])
                    #expect(difference(own, tensor) < 1e-4, "\(model.name)/\(path)")
                }
            }
        }

        /// The recorded gradients of the first step, of the trained weights in order.
        func check(_ gradients: [String: Tensor], of model: Model) throws {
            let recorded = try recording.tensors(json["gradients"])
            let trained = try model.network.shapes().weights.filter(\.isOptimized)
            #expect(recorded.count == trained.count)
            for (spec, tensor) in zip(trained, recorded) {
                let own = try #require(gradients[spec.path])
                #expect(difference(own, tensor) < 1e-5, "\(spec.path)")
            }
        }

        private func difference(_ a: Tensor, _ b: Tensor) -> Double {
            guard a.shape == b.shape, let x = try? a.floats(), let y = try? b.floats() else {
                return .infinity
            }
            let scale = max(1, y.map { abs(Double($0)) }.max() ?? 1)
            return (zip(x, y).map { abs(Double($0) - Double($1)) }.max() ?? 0) / scale
        }
    }

    @Test func adversariesTrainAsInKeras() throws {
        let row = try Case("adversaries")
        let (make, judge) = (row.models[0], row.models[1])
        let training = try CustomTraining([
            (make, .adam(learningRate: 0.01, beta1: 0.5)), (judge, .rmsprop(learningRate: 0.01)),
        ])
        let entropy = Loss.binaryCrossentropy(fromLogits: true)
        func verdict(_ step: inout Lowering, _ pictures: Value, is answer: Float) throws -> Value {
            let logits = try step.call(judge, pictures)[0]
            let target = try step.constant(
                Tensor(repeating: answer, shape: step.shape(of: logits)))
            return try step.loss(entropy, target: target, prediction: logits)
        }
        let judging = try training.step(for: judge) { step, x in
            let fake = try step.call(make, x[1])[0]
            return try step.add(verdict(&step, x[0], is: 1), verdict(&step, fake, is: 0))
        }
        let making = try training.step(for: make) { step, x in
            try verdict(&step, step.call(make, x[0])[0], is: 1)
        }
        let first = try training.valueWithGradients(judging, row.inputs()[0])
        try row.check(try #require(first.gradients["discriminator"]), of: judge)
        var losses: [Double] = []
        for step in try row.inputs() {
            losses.append(Double(try training.run(judging, step)))
            losses.append(Double(try training.run(making, [step[1]])))
        }
        for (own, expected) in zip(losses, try row.losses()) {
            #expect(abs(own - expected) < 1e-4 * max(1, abs(expected)))
        }
        try row.check(training)
    }

    @Test func anAutoencoderTrainsAsInKeras() throws {
        let row = try Case("autoencoder")
        let (encode, decode) = (row.models[0], row.models[1])
        let training = try CustomTraining([
            (encode, .adam(learningRate: 0.02)), (decode, .sgd(learningRate: 0.1, momentum: 0.9)),
        ])
        let learning = try training.step(for: encode, decode) { step, x in
            let code = try step.call(encode, x[0])
            let (mean, logVariance) = (code[0], code[1])
            let half = try step.multiply(logVariance, step.constant(0.5))
            let z = try step.add(mean, step.multiply(step.exp(half), x[1]))
            let error = try step.multiply(
                step.loss(
                    .binaryCrossentropy(), target: x[0], prediction: step.call(decode, z)[0]),
                step.constant(6))
            let parts = try step.subtract(
                step.add(logVariance, step.constant(1)),
                step.add(step.square(mean), step.exp(logVariance)))
            let divergence = try step.multiply(
                step.mean(step.sum(parts, axes: [1])), step.constant(-0.5))
            let loss = try step.add(error, divergence)
            return try step.penalty().map { try step.add(loss, $0) } ?? loss
        }
        let first = try training.valueWithGradients(learning, row.inputs()[0])
        try row.check(try #require(first.gradients["encoder"]), of: encode)
        for (inputs, expected) in zip(try row.inputs(), try row.losses()) {
            let own = Double(try training.run(learning, inputs))
            #expect(abs(own - expected) < 1e-4 * max(1, abs(expected)))
        }
        try row.check(training)
    }

    /// Gradients that were given, changed and applied make the step that `run` makes.
    @Test func gradientsMayBeAppliedByHand() throws {
        let (model, x, y) = try Self.line()
        func training() throws -> (CustomTraining, CustomTraining.Step) {
            let training = try CustomTraining([(model, .sgd(learningRate: 0.1))])
            let step = try training.step(for: model) { step, inputs in
                try Self.error(&step, model, inputs)
            }
            return (training, step)
        }
        let (run, runStep) = try training()
        try run.run(runStep, [x, y])
        let (byHand, handStep) = try training()
        try byHand.apply(byHand.valueWithGradients(handStep, [x, y]).gradients)
        for (path, tensor) in try run.model(named: model.name).tensors {
            let other = try #require(try byHand.model(named: model.name)[weight: path])
            #expect(try tensor.floats() == other.floats(), "\(path)")
        }
        let direct = try model.valueWithGradients([x, y]) { step, inputs in
            try Self.error(&step, model, inputs)
        }
        #expect(Set(direct.gradients.keys) == ["dense/kernel", "dense/bias"])
    }

    @Test func refusesWhatMakesNoSense() throws {
        let (model, x, y) = try Self.line()
        #expect(throws: TrainingError.argument(name: "models", cause: "two are named 'line'")) {
            try CustomTraining([(model, .sgd()), (model, .sgd())])
        }
        let training = try CustomTraining([(model, .sgd())])
        let stranger = try Model(name: "other", [Input(2), Dense(1)])
        #expect(throws: TrainingError.argument(name: "models", cause: "'other' is none of 'line'"))
        {
            try training.step(for: stranger) { step, _ in try step.constant(0) }
        }
        let constant = try training.step(for: model) { step, _ in try step.constant(0) }
        #expect(
            throws: TrainingError.loss("it depends on no weight that is trained")
        ) { try training.run(constant, [x, y]) }
        let vector = try training.step(for: model) { step, inputs in
            try step.call(model, inputs[0])[0]
        }
        #expect(throws: TrainingError.self) { try training.run(vector, [x, y]) }
        let wrong = try Tensor(zeros: [3])
        #expect(throws: TrainingError.self) { try training.apply(["line": ["dense/bias": wrong]]) }
        #expect(throws: TrainingError.self) { try training.apply(["line": ["dense/none": wrong]]) }
    }

    private static func line() throws -> (Model, Tensor, Tensor) {
        var model = try Model(name: "line", [Input(2), Dense(1, name: "dense")])
        try model.initialize(seed: 3)
        return (
            model, try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2]),
            try Tensor([1, 0, 2] as [Float], shape: [3, 1])
        )
    }

    private static func error(
        _ step: inout Lowering, _ model: Model, _ inputs: [Value]
    ) throws -> Value {
        let prediction = try step.call(model, inputs[0])[0]
        return try step.mean(step.square(step.subtract(prediction, inputs[1])))
    }
}
