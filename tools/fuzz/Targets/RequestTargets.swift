internal import Mutation
internal import SwiftletFiles
internal import SwiftletServing
internal import SwiftletTensor

extension FuzzTarget {
    /// What the server reads of a request: path, lengths, JSON and the bytes of tensors.
    static var requests: [FuzzTarget] {
        [
            FuzzTarget("request", .request, seeds: [("", ".request")]) { _ in
                { bytes in
                    guard let request = RawRequest(flat: bytes) else { return }
                    _ = Endpoint(path: request.path)
                    let length = request.headerLength.flatMap { Int($0) }
                    let read = try request.body.withUnsafeBytes {
                        try InferenceRequest(parsing: $0, headerLength: length)
                    }
                    try repeated(read)
                }
            }
        ]
    }

    /// What was read, written as an answer and read again, is the same to the bit.
    private static func repeated(_ request: InferenceRequest) throws {
        for isBinary in [true, false] {
            let answer = InferenceResponse(
                model: "m", version: "1", id: request.id,
                outputs: request.inputs.map { ($0.name, $0.tensor, isBinary) })
            guard isBinary, let length = answer.headerLength else { continue }
            var json = try JSON(parsing: Array(answer.body[..<length]))
            json["inputs"] = json["outputs"]
            json["outputs"] = nil
            let asked = Array(json.text().utf8)
            let again = try (asked + answer.body[length...]).withUnsafeBytes {
                try InferenceRequest(parsing: $0, headerLength: asked.count)
            }
            for (one, other) in zip(request.inputs, again.inputs) {
                precondition(
                    one.name == other.name && one.tensor.isIdentical(to: other.tensor),
                    "a tensor changed on its way")
            }
        }
    }
}
