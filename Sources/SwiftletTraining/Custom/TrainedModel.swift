internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// A model whose weights are changed in place, with the optimizer that changes them.
struct TrainedModel {
    let specs: [WeightSpec]
    private(set) var weights: [Tensor]
    /// Positions of the trained ones among all weights.
    let trained: [Int]
    private let model: Model
    private var optimizer: OptimizerState
    private let constraints: [(place: Int, program: ConstraintProgram)]

    init(_ model: Model, _ optimizer: Optimizer, _ workers: Workers) throws {
        try model.network.refuseStateful()
        let specs = try model.network.shapes().weights
        let weights = try specs.map { spec in
            guard let tensor = model.tensors[spec.path] else {
                throw ModelError.weight(path: spec.path, cause: "has no values yet")
            }
            return try tensor.converted(to: spec.dtype)
        }
        let trained = specs.indices.filter { specs[$0].isOptimized }
        self.optimizer = try OptimizerState(
            optimizer, weights: trained.map { (specs[$0].path, specs[$0].shape) },
            values: trained.map { weights[$0] })
        constraints = try trained.enumerated().compactMap { place, index in
            guard let constraint = specs[index].constraint else { return nil }
            let program = try ConstraintProgram(
                constraint, shape: specs[index].shape, threads: workers.count)
            return (place, program)
        }
        (self.model, self.specs, self.weights, self.trained) = (model, specs, weights, trained)
    }

    var name: String { model.name }

    /// The model with the weights as they are now.
    var current: Model {
        var result = model
        result.tensors = Dictionary(uniqueKeysWithValues: zip(specs.map(\.path), weights))
        return result
    }

    // MARK: Steps

    /// - Parameter gradients: one per trained weight; nil leaves it as it is.
    mutating func apply(_ gradients: [UnsafePointer<Float>?], _ workers: Workers) throws {
        guard gradients.contains(where: { $0 != nil }) else { return }
        // Taken out of the array, so that they are written in place and not copied.
        let nothing = try Tensor(zeros: .vector(0))
        var values = trained.map { index in
            let tensor = weights[index]
            weights[index] = nothing
            return tensor
        }
        defer { for (place, index) in trained.enumerated() { weights[index] = values[place] } }
        try optimizer.apply(
            gradients.map { $0.map { Gradient($0) } }, areScaled: false, to: &values,
            workers: workers)
        for (place, program) in constraints where gradients[place] != nil {
            try program.apply(to: &values[place], workers: workers)
        }
    }

    mutating func apply(_ gradients: [String: Tensor], _ workers: Workers) throws {
        let tensors = try trained.map { index -> Tensor? in
            guard let gradient = gradients[specs[index].path] else { return nil }
            guard gradient.shape == specs[index].shape else {
                throw TrainingError.data(
                    name: specs[index].path,
                    cause: "a gradient of \(specs[index].shape) expected, \(gradient.shape) found")
            }
            return try gradient.converted(to: .float32)
        }
        let known = Set(trained.map { specs[$0].path })
        if let stranger = gradients.keys.sorted().first(where: { !known.contains($0) }) {
            throw TrainingError.data(
                name: stranger, cause: "is no trained weight of '\(name)'")
        }
        try withExtendedLifetime(tensors) {
            try apply(
                tensors.map { tensor in
                    tensor.map {
                        UnsafePointer($0.storage.pointer.assumingMemoryBound(to: Float.self))
                    }
                }, workers)
        }
    }

    /// Copies of gradients, by the weights' paths.
    func tensors(of gradients: [UnsafePointer<Float>?]) throws -> [String: Tensor] {
        var result: [String: Tensor] = [:]
        for (index, gradient) in zip(trained, gradients) {
            guard let gradient else { continue }
            result[specs[index].path] = try Tensor(shape: specs[index].shape, dtype: .float32) {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: gradient, count: $0.count))
            }
        }
        return result
    }

    /// Gives a weight that is not trained a new value.
    mutating func update(_ index: Int, from source: UnsafeRawPointer) throws {
        try weights[index].withUnsafeMutableBytes {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: source, count: $0.count))
        }
    }
}

extension Network {
    /// A step of one's own carries no states from batch to batch: a recurrent layer that is to keep them
    /// would be trained otherwise than Keras trains it.
    fileprivate func refuseStateful() throws {
        var rest = [serialized()]
        while let json = rest.popLast() {
            if let members = json.object {
                if members["stateful"]?.bool == true {
                    throw ModelError.layer(
                        place: members["name"]?.string ?? "", className: "RNN",
                        cause: "a stateful layer is trained by fit only; set stateful to false")
                }
                rest += members.map(\.value)
            }
            rest += json.array ?? []
        }
    }
}
