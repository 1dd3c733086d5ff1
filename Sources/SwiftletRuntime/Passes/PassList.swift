internal import SwiftletGraph

/// The passes in the order in which they run.
enum PassList {
    /// - Parameter storage: what large weights are held in.
    static func standard(isExact: Bool, storage: WeightStorage) -> [any Pass] {
        [
            CommonSubexpressions(), MoveElimination(), AttentionFusion(),
            ConcatenationFlattening(),
            ConstantFolding(), PaddingIntoConvolution(), ProductFusion(), AffineFusion(),
            InputScaling(), RecurrenceFusion(storage: storage),
            ConstantPacking(isExact: isExact, storage: storage),
        ] + (storage == .float32 ? [] : [TableNarrowing(storage: storage)])
    }
}
