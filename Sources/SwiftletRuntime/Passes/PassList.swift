/// The passes in the order in which they run.
enum PassList {
    static let standard: [any Pass] = [
        CommonSubexpressions(), MoveElimination(), ConcatenationFlattening(), ConstantFolding(),
        PaddingIntoConvolution(),
        ProductFusion(), AffineFusion(),
        RecurrenceFusion(), ConstantPacking(),
    ]
}
