/// The passes in the order in which they run.
enum PassList {
    static func standard(isExact: Bool) -> [any Pass] {
        [
            MoveElimination(), ConstantFolding(), PaddingIntoConvolution(), ProductFusion(),
            ConstantFolding(), ConstantPacking(isExact: isExact),
        ]
    }
}
