package import SwiftletTensor

/// A layer that learns statistics from data before a training, by what Keras calls `adapt`.
package protocol AdaptableLayer: Layer {
    /// Whether there is something to learn: not where the configuration gives it all.
    var isAdaptable: Bool { get }

    /// Whether it has not learned any yet.
    ///
    /// - Parameter weight: the values of a weight of the layer, if it has some.
    func lacksStatistics(_ weight: (_ name: String) -> Tensor?) -> Bool

    /// Begins to learn.
    func adaptation() throws -> any LayerAdaptation
}

/// Statistics while batches come in.
package protocol LayerAdaptation {
    /// - Parameter batch: what the layer takes, `[samples, …]`.
    mutating func add(_ batch: Tensor) throws

    /// The layer as it is then, and its weights by name.
    func result() throws -> (layer: any Layer, weights: [(name: String, value: Tensor)])
}
