/// How the weights of a file find their layers.
public enum WeightMatching: Sendable, Hashable {
    /// By the order of the layers, as Keras does.
    case order
    /// By the layers' names; layers of other names stay as they are.
    case name
}

/// What is done with weights on the way from a file into a model.
public struct WeightLoading: Sendable {
    public var matching: WeightMatching
    /// Whether weights that do not fit are passed over, as Keras's `skip_mismatch`: what was passed
    /// over is in the ``WeightReport``.
    public var skipsMismatches: Bool
    /// Which array of the file is which weight, for files of other frameworks; nil where the names
    /// are the model's own or those of a known layout.
    public var mapping: WeightMapping?
    /// Whether weights keep the type that the file has them in, for conversions.
    package var keepsTypes = false

    public init(
        matching: WeightMatching = .order, skippingMismatches: Bool = false,
        mapping: WeightMapping? = nil
    ) {
        self.matching = matching
        skipsMismatches = skippingMismatches
        self.mapping = mapping
    }
}
