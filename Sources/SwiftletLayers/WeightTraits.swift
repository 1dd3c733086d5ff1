package import SwiftletTensor

/// What is special about a weight, beside its shape and how it begins.
package struct WeightTraits: Sendable {
    /// Whether what is worked out as its derivative is its next value, as Keras has it for
    /// statistics that only the way back can take.
    package var isOverwritten = false
    /// In which other shapes older files hold it.
    package var formerShapes: [FormerShape] = []
    /// Says that Keras 3's own stores hold the weight merged into others; legacy files hold it.
    package var merge: StoreMerge?

    package init() {}
}

/// A shape in which older files hold a weight.
package struct FormerShape: Sendable {
    package let shape: Shape
    package let converted: @Sendable (Tensor) throws -> Tensor

    package init(_ shape: Shape, converted: @escaping @Sendable (Tensor) throws -> Tensor) {
        self.shape = shape
        self.converted = converted
    }
}

/// Works out the weights that a store holds, by their paths, from those in memory.
package typealias StoreMerge =
    @Sendable (_ tensor: (_ path: String) throws -> Tensor) throws -> [String: Tensor]
