internal import SwiftletFiles
internal import SwiftletGraph

/// A layer that walks along the time axis; what ``Bidirectional`` wraps.
public protocol RecurrentLayer: Layer {
    /// Whether the output has every step, or only the last.
    var returnsSequences: Bool { get }
    /// Whether the last states are outputs too.
    var returnsState: Bool { get }
    /// The same layer, walking the other way.
    var reversed: Self { get }
}
