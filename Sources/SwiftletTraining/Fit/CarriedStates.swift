internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletTensor

/// What stateful layers go on from in the next batch, be it one of training or of evaluation: Keras
/// resets nothing by itself, neither between epochs nor before a validation or after it.
struct CarriedStates {
    /// By their places in the model.
    private(set) var tensors: [String: Tensor]

    init(_ tensors: [String: Tensor]) { self.tensors = tensors }

    /// Gives states that have none yet their zeros.
    ///
    /// - Throws: ``ModelError`` if the batch has not as many samples as those before.
    mutating func prepare(_ states: [(path: String, type: TensorType)]) throws {
        for (path, type) in states {
            guard let tensor = tensors[path] else {
                tensors[path] = try Tensor(zeros: type.shape)
                continue
            }
            guard tensor.shape == type.shape, tensor.dtype == type.dtype else {
                throw ModelError.layer(
                    place: path.split(separator: "/").dropLast().joined(separator: "/"),
                    className: "RNN",
                    cause: "a stateful layer's batches must all have as many samples: its state is "
                        + "of \(tensor.shape), the batch needs one of \(type.shape)")
            }
        }
    }

    func start(_ path: String, _ type: TensorType) throws -> Tensor {
        guard let tensor = tensors[path], tensor.shape == type.shape else {
            throw ModelError.weight(path: path, cause: "a state without values")
        }
        return tensor
    }

    mutating func keep(_ path: String, _ source: UnsafeRawPointer) throws {
        try tensors[path]?.withUnsafeMutableBytes {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: source, count: $0.count))
        }
    }
}
