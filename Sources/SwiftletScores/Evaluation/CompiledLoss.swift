internal import SwiftletFiles
internal import SwiftletLayers

extension Model {
    /// What the loss that the model was compiled with takes the output for.
    ///
    /// - Parameter columns: numbers per row of the output.
    /// - Returns: the reading, completed where it leaves open what the file says.
    package func reading(
        _ given: ClassificationReading, output: Int, columns: Int
    ) -> ClassificationReading {
        var reading = given
        guard reading.predictions == nil, let loss = compiledLoss(output: output),
            loss["config"]?["from_logits"]?.bool ?? false
        else { return reading }
        reading.predictions = .logits
        // Its sigmoid takes every column for itself.
        let isBinary = loss["class_name"]?.string?.hasPrefix("Binary") ?? false
        if isBinary, reading.kind == nil, columns > 1 { reading.kind = .multilabel }
        return reading
    }

    private func compiledLoss(output: Int) -> JSON? {
        guard let loss = compilation?.config["loss"] else { return nil }
        if loss["class_name"] != nil { return loss }
        switch loss {
        case .array(let losses): return losses.indices.contains(output) ? losses[output] : nil
        case .object(let losses):
            return losses[network.entries[network.outputs.leaves[output].layer].name]
        default: return nil
        }
    }
}
