extension Tensor {
    /// A tensor of what a rule gives for the number of every element, in row-major order.
    ///
    /// Not by way of an array, which ends the process where there is no memory for it: how many elements
    /// there are may come from a file.
    ///
    /// - Throws: ``TensorError/outOfMemory(bytes:)``.
    package init<Element: TensorElement>(
        shape: Shape, by rule: (Int) -> Element
    ) throws {
        try self.init(shape: shape, dtype: Element.dtype) { bytes in
            let elements = bytes.bindMemory(to: Element.self)
            for index in elements.indices { elements[index] = rule(index) }
        }
    }
}
