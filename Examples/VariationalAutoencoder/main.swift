// A variational autoencoder (Kingma & Welling 2013, arXiv:1312.6114) of digits:
// `swift run -c release example-variational-autoencoder [epochs] [folder]`.
import ExampleSupport
import Swiftlet

let width = 8
let batchSize = 64

/// Where a digit lies among all digits, and how surely.
let pictures = Input(8, 8, 1)
let seen = Flatten()(
    Conv2D(32, kernel: 3, strides: 2, padding: .same, activation: .relu)(
        Conv2D(16, kernel: 3, padding: .same, activation: .relu)(pictures)))
let hidden = Dense(64, activation: .relu)(seen)
let encoder = try Model(
    inputs: [pictures],
    outputs: [Dense(width, name: "mean")(hidden), Dense(width, name: "log_variance")(hidden)],
    name: "encoder")

/// The digit at a place, as logits.
let decoder = try Sequential(name: "decoder") {
    Input(width)
    Dense(4 * 4 * 32, activation: .relu)
    Reshape(4, 4, 32)
    Conv2DTranspose(32, kernel: 3, strides: 2, padding: .same, activation: .relu)
    Conv2D(1, kernel: 3, padding: .same)
}

let training = try CustomTraining(
    [(encoder, .adam(learningRate: 0.002)), (decoder, .adam(learningRate: 0.002))], seed: 1)

/// Less the evidence's lower bound: what it costs to tell a digit, per picture.
let learn = try training.step(for: encoder, decoder) { step, inputs in
    let places = try step.call(encoder, inputs[0])
    let (mean, logVariance) = (places[0], places[1])
    // Differentiable although random: the noise is scaled and shifted.
    let deviation = try step.exp(step.multiply(logVariance, step.constant(0.5)))
    let random = try step.randomNormal("place", step.shape(of: mean).dimensions)
    let place = try step.add(mean, step.multiply(deviation, random))
    let logits = try step.call(decoder, place)[0]
    let perPixel = try step.loss(
        .binaryCrossentropy(fromLogits: true), target: inputs[0], prediction: logits)
    let parts = try step.subtract(
        step.add(logVariance, step.constant(1)),
        step.add(step.square(mean), step.exp(logVariance)))
    let divergence = try step.multiply(
        step.mean(step.sum(parts, axes: [1])), step.constant(-0.5))
    return try step.add(step.multiply(perPixel, step.constant(64)), divergence)
}

var example = Example("Variational autoencoder", epochs: 40)
let digits = try Digits.load()
let eyes = try DigitEyes(digits)
let places = try noise(1000, width, stream: 0)

/// Digits at random places.
@MainActor func invented() throws -> Tensor {
    let logits = try Predictor(training.model(named: "decoder"))(places)
    return try Tensor(logits.elements(of: Float.self).map(sigmoid), shape: logits.shape)
}

for epoch in 0..<example.epochs {
    var loss = 0.0
    let real = try batches(of: digits.train.x, size: batchSize, epoch: epoch)
    for pictures in real { loss += Double(try training.run(learn, [pictures])) }
    example.add([
        ("loss", loss / Double(real.count)), ("fid", try eyes.frechetDistance(to: invented())),
    ])
}
try example.finish(pictures: invented())
