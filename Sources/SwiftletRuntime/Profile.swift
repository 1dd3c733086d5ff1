internal import SwiftletGraph
public import SwiftletTensor

/// What each step of a prediction costs.
public struct Profile: Sendable {
    /// One operation of the compiled model.
    public struct Step: Sendable {
        public let operation: String
        /// How it is computed, and what is fused into it.
        public let kernel: String
        /// The layer that it belongs to.
        public let layer: String
        public let output: Shape
        /// The shortest of the runs'.
        public let time: Duration
        /// Products of two numbers in matrix products, convolutions and attention.
        public let multiplyAdds: Int
        /// Bytes of operands and results, each once.
        public let byteCount: Int
        /// How often a prediction takes the step: once, or once for each slice of the batch.
        public let calls: Int
    }

    public let steps: [Step]
    public let threads: Int
    /// Floating-point operations per nanosecond of one thread that does nothing but multiply and
    /// add in registers.
    public let processorPeak: Double

    public var time: Duration { steps.reduce(.zero) { $0 + $1.time } }
}

extension Predictor {
    /// Runs `repeats` times on one batch and takes the time of every step.
    ///
    /// - Throws: ``ModelError/input(name:cause:)`` if the inputs do not fit the model.
    public func profile(_ inputs: [Tensor], repeats: Int = 10) throws -> Profile {
        let inputs = try checked(inputs)
        let plan = try plan(for: inputs.map { TensorType($0.shape, $0.dtype) })
        let outputs = try plan.outputTypes.map { try Tensor(zeros: $0.shape, dtype: $0.dtype) }
        let clock = ContinuousClock()
        let steps = plan.program.stepDescriptions
        var times = [Duration?](repeating: nil, count: steps.count)
        for run in 0...max(1, repeats) {
            var sums = [Duration](repeating: .zero, count: steps.count)
            var last = clock.now
            try withExtendedLifetime((inputs, outputs)) {
                _ = try plan.run(
                    inputs: inputs.map { UnsafeRawPointer($0.storage.pointer) }, texts: [:],
                    outputs: outputs.map { $0.storage.pointer }, workers: workers
                ) { step in
                    let now = clock.now
                    sums[step] += now - last
                    last = clock.now
                }
            }
            guard run > 0 else { continue }  // the first warms up
            times = zip(times, sums).map { min($0 ?? $1, $1) }
        }
        return Profile(
            steps: zip(steps, times).map { step, times in
                Profile.Step(
                    operation: step.operation, kernel: step.kernel, layer: step.label,
                    output: step.output, time: times ?? .zero,
                    multiplyAdds: step.calls * step.multiplyAdds,
                    byteCount: step.calls * step.byteCount, calls: step.calls)
            }, threads: threads, processorPeak: processorPeak())
    }
}
