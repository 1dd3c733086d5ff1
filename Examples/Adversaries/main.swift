// A deep convolutional generative adversarial network (Radford et al. 2015, arXiv:1511.06434) that
// learns to draw digits: `swift run -c release example-adversaries [epochs] [folder]`.
import ExampleSupport
import Swiftlet

let width = 32
let batchSize = 64

/// Draws digits out of noise.
let generator = try Sequential(name: "generator") {
    Input(width)
    Dense(2 * 2 * 64, usesBias: false)
    BatchNormalization(momentum: 0.9)
    ReLU()
    Reshape(2, 2, 64)
    Conv2DTranspose(32, kernel: 4, strides: 2, padding: .same, usesBias: false)
    BatchNormalization(momentum: 0.9)
    ReLU()
    Conv2DTranspose(16, kernel: 4, strides: 2, padding: .same, usesBias: false)
    BatchNormalization(momentum: 0.9)
    ReLU()
    Conv2D(1, kernel: 3, padding: .same, activation: .sigmoid)
}

/// Tells drawn digits from real ones.
let discriminator = try Sequential(name: "discriminator") {
    Input(8, 8, 1)
    Conv2D(32, kernel: 4, strides: 2, padding: .same)
    LeakyReLU(negativeSlope: 0.2)
    Conv2D(64, kernel: 4, strides: 2, padding: .same)
    LeakyReLU(negativeSlope: 0.2)
    Flatten()
    Dense(1)
}

let training = try CustomTraining(
    [
        (generator, .adam(learningRate: 0.001, beta1: 0.5)),
        (discriminator, .adam(learningRate: 0.002, beta1: 0.5)),
    ], seed: 1)

/// How far the discriminator's verdict on pictures is from `answer`.
func verdict(_ step: inout Lowering, _ pictures: Value, is answer: Float) throws -> Value {
    let logits = try step.call(discriminator, pictures)[0]
    let target = try step.constant(Tensor(repeating: answer, shape: step.shape(of: logits)))
    return try step.loss(
        .binaryCrossentropy(fromLogits: true), target: target, prediction: logits)
}

let judge = try training.step(for: discriminator) { step, inputs in
    let drawn = try step.call(generator, inputs[1])[0]
    // Real ones are only nearly certain, so that the verdicts do not run away.
    return try step.add(verdict(&step, inputs[0], is: 0.9), verdict(&step, drawn, is: 0))
}
let draw = try training.step(for: generator) { step, inputs in
    try verdict(&step, step.call(generator, inputs[0])[0], is: 1)
}

var example = Example("Adversaries", epochs: 100)
let digits = try Digits.load()
let eyes = try DigitEyes(digits)
let same = try noise(1000, width, stream: 0)

/// What the generator draws by now.
@MainActor func drawn() throws -> Tensor { try Predictor(training.model(named: "generator"))(same) }

for epoch in 0..<example.epochs {
    var losses = (judge: 0.0, draw: 0.0)
    let real = try batches(of: digits.train.x, size: batchSize, epoch: epoch)
    for (number, pictures) in real.enumerated() {
        let random = try noise(batchSize, width, stream: 1 + epoch * real.count + number)
        losses.judge += Double(try training.run(judge, [pictures, random]))
        losses.draw += Double(try training.run(draw, [random]))
    }
    example.add([
        ("loss", losses.draw / Double(real.count)),
        ("discriminator_loss", losses.judge / Double(real.count)),
        ("fid", try eyes.frechetDistance(to: drawn())),
    ])
}
try example.finish(pictures: drawn())
try training.model(named: "generator").save(to: example.folder + "/generator.keras")
