internal import SwiftletKeras
internal import SwiftletLayers

extension Model {
    /// Saves the model and warns of what the file cannot say.
    func saveWarning(to path: String, as format: KerasFormat) throws {
        try save(to: path, as: format)
        let changed = layersWithOtherMasks(in: format)
        if let first = changed.first {
            let others = changed.count > 1 ? " and \(changed.count - 1) more" : ""
            StandardError.warn(
                "\(path): layer '\(first)'\(others): the Keras that opens this file treats masked "
                    + "steps otherwise than the one that the model comes from")
        }
    }
}
