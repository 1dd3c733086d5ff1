internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension Model {
    /// Whether the loss that the model was compiled with takes the output as logits.
    func givesLogits(output: Int) -> Bool {
        guard let loss = compilation?.config["loss"] else { return false }
        var own: JSON? = loss
        if loss["class_name"] == nil {
            switch loss {
            case .array(let losses): own = losses.indices.contains(output) ? losses[output] : nil
            case .object(let losses):
                let name = network.entries[network.outputs.leaves[output].layer].name
                own = losses[name]
            default: break
            }
        }
        return own?["config"]?["from_logits"]?.bool ?? false
    }
}

/// The softmax of every row, or the sigmoid where a row is one number.
func probabilities(ofLogits logits: Tensor) throws -> Tensor {
    let columns = logits.rank > 1 ? logits.shape.last ?? 1 : 1
    var values = try logits.converted(to: .float64).elements(of: Double.self)
    guard columns > 1 else {
        return try Tensor(values.map { Float(1 / (1 + exp(-$0))) }, shape: logits.shape)
    }
    for start in stride(from: 0, to: values.count, by: columns) {
        let row = start..<start + columns
        let largest = values[row].max() ?? 0
        var sum = 0.0
        for index in row {
            values[index] = exp(values[index] - largest)
            sum += values[index]
        }
        for index in row { values[index] /= sum }
    }
    return try Tensor(values.map { Float($0) }, shape: logits.shape)
}
