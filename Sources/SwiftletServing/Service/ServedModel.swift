package import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletLayers
internal import SwiftletLimits
package import SwiftletRuntime
internal import SwiftletTensor

/// A model under the name that requests have for it, with the queue of its requests.
package final class ServedModel: Sendable {
    package let name: String
    package let independence: RowIndependence
    let queue: RowQueue
    private let predictor: Predictor
    private let inputs: [Described]
    private let outputs: [Described]

    /// Nobody counts versions here, so each model has one.
    static let version = "1"

    private struct Described: Sendable {
        let name: String
        let datatype: String
        /// −1 for what varies.
        let shape: [Int]

        var json: JSON {
            [
                "name": .string(name), "datatype": .string(datatype),
                "shape": .array(shape.map { .int($0) }),
            ]
        }
    }

    /// - Parameter observe: told the rows of everything that is computed at once.
    /// - Throws: ``ModelError`` if the model's layers do not fit together.
    package init(
        name: String, predictor: Predictor, batching: BatchOptions, mostTensorBytes: Int,
        observe: @escaping @Sendable (_ rows: Int) -> Void
    ) throws {
        let model = predictor.model
        let trial = RowIndependence.trial(of: predictor)
        let summary = try model.summary()
        let types = trial.outputTypes ?? model.outputNames.map { _ in .float32 }
        self.name = name
        self.predictor = predictor
        independence = trial.independence
        inputs = zip(summary.inputs, try predictor.inputTypes).map { input, type in
            Described(
                name: input.name, datatype: type.protocolName,
                shape: input.shape.map { $0 ?? -1 })
        }
        outputs = zip(model.outputNames, zip(summary.outputShapes, types)).map { name, output in
            Described(
                name: name, datatype: output.1.protocolName, shape: output.0.map { $0 ?? -1 })
        }
        var limits = Limits.current
        limits.tensorBytes = min(limits.tensorBytes, mostTensorBytes)
        queue = try RowQueue(batching, observe: observe) { [limits] inputs, rows in
            var limits = limits
            limits.time = max(.zero, rows.deadline - .now)
            return try limits.apply {
                try predictor.predict(inputs, mostRows: batching.mostRows, rows.kind)
            }
        }
    }

    package var metadata: JSON {
        [
            "name": .string(name), "versions": [.string(Self.version)],
            "platform": "swiftlet_keras", "inputs": .array(inputs.map(\.json)),
            "outputs": .array(outputs.map(\.json)),
        ]
    }

    /// What the queue takes of a request.
    func rows(
        of request: InferenceRequest, deadline: ContinuousClock.Instant
    ) throws -> RowsInHand {
        for (name, _) in request.inputs where !inputs.contains(where: { $0.name == name }) {
            throw ServingError.invalid(
                "input \(quoted(name)) is unknown; the model has \(Self.list(inputs))")
        }
        let tensors = try inputs.map { input in
            guard let given = request.inputs.first(where: { $0.name == input.name }) else {
                throw ServingError.invalid("input \(quoted(input.name)) is missing")
            }
            guard (given.tensor.dtype == .string) == (input.datatype == DType.string.protocolName)
            else {
                throw ServingError.invalid(
                    "input \(quoted(input.name)): \(input.datatype) expected, "
                        + "\(given.tensor.dtype.protocolName) found")
            }
            return given.tensor
        }
        let checked = try predictor.checked(tensors)
        let count = checked.first?.shape.first ?? 1
        var kind: RowKind?
        if case .none = independence {
        } else {
            kind = RowKind(checked, extents: try predictor.extents(of: checked))
        }
        return RowsInHand(inputs: checked, rows: count, kind: kind, deadline: deadline)
    }

    /// Which outputs a request asks for, by position, and in which form.
    func choices(of request: InferenceRequest) throws(ServingError) -> [(Int, isBinary: Bool)] {
        guard let wanted = request.outputs else {
            return outputs.indices.map { ($0, request.wantsBinary) }
        }
        var choices: [(Int, isBinary: Bool)] = []
        for output in wanted {
            guard let position = outputs.firstIndex(where: { $0.name == output.name }) else {
                throw .invalid(
                    "output \(quoted(output.name)) is unknown; the model has \(Self.list(outputs))")
            }
            choices.append((position, output.isBinary ?? request.wantsBinary))
        }
        return choices
    }

    func outputName(_ position: Int) -> String { outputs[position].name }

    private static func list(_ tensors: [Described]) -> String {
        let names = tensors.prefix(8).map { quoted($0.name) }.joined(separator: ", ")
        return tensors.count > 8 ? "\(names) and \(tensors.count - 8) more" : names
    }
}

extension Predictor {
    /// The element types that the model computes its inputs in.
    fileprivate var inputTypes: [DType] {
        get throws {
            try model.network.inputEntries.map { entry in
                guard let input = entry.layer as? Input else { return .float32 }
                return try input.type(batch: 1, unknown: 1).dtype
            }
        }
    }

    /// Predicts rows, as many at once as a power of two has: a plan is made for each number of rows, and
    /// there shall be few of them.
    ///
    /// - Parameter kind: nil if rows may not be told apart.
    fileprivate func predict(
        _ inputs: [Tensor], mostRows: Int, _ kind: RowKind?
    ) throws -> [Tensor] {
        let rows = inputs.first?.shape.first ?? 1
        guard let kind, rows > 1 else { return try predict(inputs, batchSize: mostRows) }
        var parts: [[Tensor]] = []
        var start = 0
        for count in powersOfTwo(in: rows, most: mostRows) {
            let range = start..<start + count
            start = range.upperBound
            let part = count == rows ? inputs : try inputs.map { try $0.rows(range) }
            let outputs = try predict(part, batchSize: count, extents: kind.extents)
            if start == count { try checkRoom(for: rows, like: outputs) }
            parts.append(outputs)
        }
        guard let first = parts.first, parts.count > 1 else { return parts.first ?? [] }
        return try first.indices.map { output in
            try Tensor(joining: parts.map { $0[output] })
        }
    }

    /// Few rows may ask for many times their bytes, and are refused before all of that is computed.
    private func checkRoom(for rows: Int, like outputs: [Tensor]) throws {
        for output in outputs where output.rank > 0 {
            let shape = try output.shape.replacing(axis: 0, with: rows)
            let bytes = shape.elementCount * max(output.dtype.size, MemoryLayout<UInt8>.size)
            try Limits.check(.tensorBytes, bytes)
        }
    }
}

/// Powers of two that add up to `count`, the largest first and none above `most`.
func powersOfTwo(in count: Int, most: Int) -> [Int] {
    var (rest, parts) = (count, [Int]())
    while rest > 0 {
        let bound = max(1, min(rest, most))
        let part = 1 << (Int.bitWidth - 1 - bound.leadingZeroBitCount)
        parts.append(part)
        rest -= part
    }
    return parts
}
