public import SwiftletGraph
public import SwiftletLayers
public import SwiftletTensor

/// Models that are trained together by losses of one's own: GANs, variational autoencoders,
/// distillation, and whatever `fit` cannot say.
///
/// ```swift
/// let training = try CustomTraining([
///     (generator, .adam(learningRate: 2e-4)), (discriminator, .adam(learningRate: 2e-4)),
/// ])
/// // The generator's step: pictures out of noise should pass for real ones.
/// let fool = try training.step(for: generator) { step, inputs in
///     let fake = try step.call(generator, inputs[0])[0]
///     let logits = try step.call(discriminator, fake)[0]
///     let real = try step.add(step.multiply(logits, step.constant(0)), step.constant(1))
///     return try step.loss(.binaryCrossentropy(fromLogits: true), target: real, prediction: logits)
/// }
/// let loss = try training.run(fool, [noise])
/// ```
///
/// A step is written once as a function of its inputs; it is traced for every shape of batch that
/// comes, and its gradients are derived. The training holds the weights; ``model(named:)`` gives a
/// model as it is now.
public final class CustomTraining {
    /// A loss, and the models that are trained by it.
    public struct Step {
        fileprivate let number: Int
        /// The names of the models whose weights the loss changes.
        public let trained: [String]
        fileprivate let body: Body
    }

    /// Computes the loss, a scalar, from the inputs of the step.
    public typealias Body = (inout Lowering, [Value]) throws -> Value

    /// What a step came to, and how the loss depends on the weights.
    public struct Evaluation: Sendable {
        public let loss: Float
        /// Per trained model the derivatives by the weights' paths; a weight that the loss does not
        /// depend on has none.
        public let gradients: [String: [String: Tensor]]
    }

    private let workers: Workers
    private var members: [TrainedModel]
    private var programs: [Key: CustomProgram] = [:]
    private var stepCount = 0
    /// Runs of any step; what random operations count with.
    private var counter: UInt32

    private struct Key: Hashable {
        let step: Int
        let inputs: [TensorType]
    }

    /// - Parameters:
    ///   - members: models of different names, each with what trains it. Weights without values get
    ///     their first ones.
    ///   - seed: decides first weights and all that is random in layers.
    ///   - threads: nil for one per processor. The result does not depend on it.
    /// - Throws: ``TrainingError/argument(name:cause:)`` if two models share a name.
    public init(
        _ members: [(model: Model, optimizer: Optimizer)], seed: UInt64 = 0, threads: Int? = nil
    ) throws {
        workers = Workers(count: threads)
        counter = UInt32(truncatingIfNeeded: (seed &* 0x9e37_79b9_7f4a_7c15) >> 32)
        self.members = []
        for (model, optimizer) in members {
            guard !self.members.contains(where: { $0.name == model.name }) else {
                throw TrainingError.argument(
                    name: "models", cause: "two are named '\(model.name)'")
            }
            var model = model
            try model.initialize(seed: seed)
            self.members.append(try TrainedModel(model, optimizer, workers))
        }
    }

    // MARK: Steps

    /// A step that trains some of the models; others that the loss calls stay as they are, but for
    /// their statistics.
    ///
    /// - Parameter loss: gives a scalar; see ``Lowering/call(_:_:)`` and
    ///   ``Lowering/loss(_:target:prediction:weights:)``.
    /// - Throws: ``TrainingError/argument(name:cause:)`` if a model is not part of the training.
    public func step(for models: Model..., loss: @escaping Body) throws -> Step {
        let names = models.map(\.name)
        for name in names { _ = try index(of: name) }
        stepCount += 1
        return Step(number: stepCount, trained: names, body: loss)
    }

    /// Makes a step: the loss, its gradients, and the changes of weights and statistics.
    ///
    /// - Returns: the loss before the change.
    /// - Throws: ``TrainingError/loss(_:)`` if the loss is no scalar or depends on no trained weight.
    @discardableResult
    public func run(_ step: Step, _ inputs: [Tensor]) throws -> Float {
        let program = try evaluated(step, inputs)
        for (position, name) in step.trained.enumerated() {
            let member = try index(of: name)
            try members[member].apply(program.gradients(of: position), workers)
        }
        try program.applyUpdates(to: &members)
        return program.loss
    }

    /// The loss and its gradients; nothing is changed.
    public func valueWithGradients(_ step: Step, _ inputs: [Tensor]) throws -> Evaluation {
        let program = try evaluated(step, inputs)
        var gradients: [String: [String: Tensor]] = [:]
        for (position, name) in step.trained.enumerated() {
            let member = members[try index(of: name)]
            gradients[name] = try member.tensors(of: program.gradients(of: position))
        }
        return Evaluation(loss: program.loss, gradients: gradients)
    }

    /// Changes weights by gradients that ``valueWithGradients(_:_:)`` gave, perhaps after some
    /// change of one's own.
    ///
    /// - Throws: ``TrainingError/data(name:cause:)`` if a gradient fits no weight.
    public func apply(_ gradients: [String: [String: Tensor]]) throws {
        for (name, gradients) in gradients {
            let member = try index(of: name)
            try members[member].apply(gradients, workers)
        }
    }

    private func evaluated(_ step: Step, _ inputs: [Tensor]) throws -> CustomProgram {
        let types = inputs.map { TensorType($0.shape, $0.dtype) }
        let key = Key(step: step.number, inputs: types)
        let program =
            try programs[key]
            ?? CustomProgram(
                step.body, inputs: types, members: members,
                trained: step.trained.map { try index(of: $0) }, threads: workers.count)
        programs[key] = program
        try program.run(inputs, members, step: Int64(counter), workers)
        counter &+= 1
        return program
    }

    private func index(of name: String) throws -> Int {
        guard let index = members.firstIndex(where: { $0.name == name }) else {
            let names = members.map { "'\($0.name)'" }.joined(separator: ", ")
            throw TrainingError.argument(name: "models", cause: "'\(name)' is none of \(names)")
        }
        return index
    }

    // MARK: Models

    /// A model as it is now.
    ///
    /// - Throws: ``TrainingError/argument(name:cause:)`` if there is none of that name.
    public func model(named name: String) throws -> Model { members[try index(of: name)].current }
}

extension Model {
    /// A loss of the model's own making and its derivatives by the trained weights' paths. To make
    /// many steps, use ``CustomTraining``, which prepares a step once.
    ///
    /// ```swift
    /// let (loss, gradients) = try model.valueWithGradients([x, y]) { step, inputs in
    ///     let prediction = try step.call(model, inputs[0])[0]
    ///     return try step.mean(step.square(step.subtract(prediction, inputs[1])))
    /// }
    /// ```
    public func valueWithGradients(
        _ inputs: [Tensor], threads: Int? = nil, _ loss: @escaping CustomTraining.Body
    ) throws -> (loss: Float, gradients: [String: Tensor]) {
        let training = try CustomTraining([(self, .sgd())], threads: threads)
        let result = try training.valueWithGradients(training.step(for: self, loss: loss), inputs)
        return (result.loss, result.gradients[name] ?? [:])
    }
}
