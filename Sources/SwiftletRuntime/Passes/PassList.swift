/// The passes in the order in which they run.
enum PassList {
    static let standard: [any Pass] = [
        MoveElimination(), ConstantFolding(), PaddingIntoConvolution(), ProductFusion(),
        ConstantFolding(), ConstantPacking(),
    ]
}
