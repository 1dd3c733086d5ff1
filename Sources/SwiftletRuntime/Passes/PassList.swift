/// The passes in the order in which they run.
enum PassList {
    static func standard(isExact: Bool) -> [any Pass] {
        [
            CommonSubexpressions(), MoveElimination(), ConcatenationFlattening(),
            ConstantFolding(), PaddingIntoConvolution(), ProductFusion(), AffineFusion(),
            RecurrenceFusion(), ConstantPacking(isExact: isExact),
        ]
    }
}
