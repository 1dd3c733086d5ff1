/// The passes in the order in which they run.
enum PassList {
    static let standard: [any Pass] = [
        ConstantFolding(), ProductFusion(), ConstantFolding(), ConstantPacking(),
    ]
}
