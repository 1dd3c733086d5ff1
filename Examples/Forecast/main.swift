// The next value of a series by an LSTM, and then one value after the other as they come in:
// `swift run -c release example-forecast [epochs] [folder]`.
import ExampleSupport
import Foundation
import Swiftlet

/// Two rhythms and some noise.
struct Series {
    static let window = 48

    let values: [Float]

    init(count: Int) throws {
        let noise = try noise(count, 1, stream: 0).elements(of: Float.self)
        values = (0..<count).map { time in
            let t = Float(time)
            return sin(t / 8) + 0.5 * sin(t / 2.7 + 1) + 0.05 * noise[time]
        }
    }

    /// Windows of the series with the value behind each.
    func samples(_ range: Range<Int>) throws -> Dataset {
        let starts = range.dropLast(Self.window)
        let x = starts.flatMap { values[$0..<$0 + Self.window] }
        let y = starts.map { values[$0 + Self.window] }
        return try Dataset(
            x: Tensor(x, shape: [starts.count, Self.window, 1]),
            y: Tensor(y, shape: [starts.count, 1]))
    }
}

var example = Example("Forecast", epochs: 15)
let series = try Series(count: 2_000)
let (past, future) = (try series.samples(0..<1_600), try series.samples(1_600..<2_000))

var model = try Sequential(name: "forecast") {
    Input(Series.window, 1)
    LSTM(24, name: "memory")
    Dense(1, name: "next")
}
try model.fit(
    past, loss: .meanSquaredError, optimizer: .adam(learningRate: 0.005), epochs: example.epochs,
    validation: future, seed: 1,
    callbacks: [FunctionCallback(onEpochEnd: { example.add($0.logs) })])
try model.save(to: "\(example.folder)/forecast.keras")

// Is it better than to say that nothing changes?
let predicted = try Predictor(model)(future.x).elements(of: Float.self)
let truth = try future.y?.elements(of: Float.self) ?? []
let last = try future.x.elements(of: Float.self).enumerated()
    .filter { $0.offset % Series.window == Series.window - 1 }.map(\.element)
func rootMeanSquare(_ values: [Float]) -> Float {
    (zip(values, truth).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Float(truth.count))
        .squareRoot()
}
print("rmse", rootMeanSquare(predicted), "of the last value", rootMeanSquare(last))

// As values come in one by one, the stream remembers what it has seen: no window, one step each.
let stream = try Predictor(model).makeStream()
for (index, value) in series.values.suffix(Series.window).enumerated() {
    stream.write { $0.storeBytes(of: value, as: Float.self) }
    try stream.step()
    guard index >= Series.window - 5 else { continue }
    print("after", value, "comes", try stream.read { $0.load(as: Float.self) })
}
try example.finish()
