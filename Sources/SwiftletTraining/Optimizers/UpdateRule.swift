internal import CKernels
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTensor

/// What makes one optimizer differ from another: its options, its slots and its step.
///
/// To add one, write the file and a row in ``Optimizer``'s registry.
protocol UpdateRule: Sendable {
    /// The Keras class name.
    static var className: String { get }
    static var defaultLearningRate: Double { get }
    static var defaultWeightDecay: Double? { get }
    /// Whether the rule takes a gradient's sizes and not its squares: where one is made of several
    /// parts (``Gradient/squares``), it then wants the square of the sum of their sizes.
    static var takesSizes: Bool { get }

    init(config: LayerConfig) throws

    /// The options as Keras's `get_config()` gives them, without those of every optimizer.
    var config: JSONObject { get }

    /// What the rule remembers for each weight, in Keras's order of creation: a group of slots is
    /// made for one weight after another before the next group is.
    func slots(for shape: Shape, path: String) -> [[OptimizerSlot]]

    /// Numbers that the rule remembers once for all weights, after the slots.
    var scalars: [OptimizerScalar] { get }

    /// What ``scalars`` are after so many updates, for files that do not have them.
    func scalars(after updates: Int) -> [Float]

    /// Called once before the weights are updated.
    func begin(_ step: inout OptimizerStep)

    /// The decay of one weight, given that of all.
    func weightDecay(_ decay: Double?, path: String, shape: Shape) -> Double?

    /// The step of a weight that has to be seen as a whole; nil for weights of ``update``.
    func graphStep(path: String, shape: Shape) -> GraphStep?

    /// Updates one weight. The result must not depend on the number of threads.
    func update(_ weight: WeightUpdate, step: OptimizerStep, workers: Workers)
}

extension UpdateRule {
    static var defaultWeightDecay: Double? { nil }
    static var takesSizes: Bool { false }
    var scalars: [OptimizerScalar] { [] }
    func scalars(after updates: Int) -> [Float] { scalars.map(\.start) }
    func begin(_ step: inout OptimizerStep) {}
    func weightDecay(_ decay: Double?, path: String, shape: Shape) -> Double? { decay }
    func graphStep(path: String, shape: Shape) -> GraphStep? { nil }
    func update(_ weight: WeightUpdate, step: OptimizerStep, workers: Workers) {}
}

/// A tensor that an optimizer keeps for a weight.
struct OptimizerSlot: Sendable {
    enum Start: Sendable {
        case constant(Float)
        /// The weight's own values.
        case weight
        /// A whole number that Keras keeps and does not use.
        case unused
    }

    /// As Keras names it, e.g. `momentum`.
    let name: String
    let shape: Shape
    let start: Start

    init(_ name: String, _ shape: Shape, start: Start = .constant(0)) {
        (self.name, self.shape, self.start) = (name, shape, start)
    }

    init(unused name: String) { self.init(name, [], start: .unused) }
}

/// A number that an optimizer keeps.
struct OptimizerScalar: Sendable {
    let name: String
    let start: Float
}

/// What all weights of one step share.
struct OptimizerStep: Sendable {
    /// Steps before this one.
    let iteration: Int
    var rate: Float
    /// The rule's ``UpdateRule/scalars``.
    var scalars: [Float]

    /// The number of the step as Keras computes with it: from 1, in single precision.
    var number: Float { Float(iteration + 1) }
}

/// Where the gradient of one weight lies during a step.
package struct Gradient {
    let elements: UnsafePointer<Float>
    /// What stands for the gradient's squares, see ``LookupRule``; nil for themselves.
    let squares: UnsafePointer<Float>?
    /// What stands for the sum of all squares then.
    let squareSum: Double?

    package init(
        _ elements: UnsafePointer<Float>, squares: UnsafePointer<Float>? = nil,
        squareSum: Double? = nil
    ) {
        (self.elements, self.squares, self.squareSum) = (elements, squares, squareSum)
    }
}

/// One weight's memory during a step.
struct WeightUpdate {
    let shape: Shape
    let weight: UnsafeMutablePointer<Float>
    let gradient: UnsafePointer<Float>
    /// What stands for the gradient's squares; nil for themselves.
    let squares: UnsafePointer<Float>?
    let slots: [UnsafeMutablePointer<Float>]
    /// What the gradient is multiplied by, to which it is then clipped, and what part of the weight
    /// is taken off first.
    let scale: Float
    let limit: Float
    let decay: Float

    /// Elements that one thread works on at a time.
    static let grain = 1 << 14

    /// Calls `step` for pieces of the weight that together are all of it.
    func forEachPart(_ workers: Workers, _ step: (UnsafePointer<sl_update>) -> Void) {
        workers.forEach(count: shape.elementCount, grain: Self.grain) { range in
            func slot(_ index: Int) -> UnsafeMutablePointer<Float>? {
                index < slots.count ? slots[index] + range.lowerBound : nil
            }
            var part = sl_update(
                cpu: SL_CPU_ACTIVE, count: range.count, weight: weight + range.lowerBound,
                gradient: gradient + range.lowerBound,
                squares: squares.map { $0 + range.lowerBound },
                slot: (slot(0), slot(1), slot(2)),
                scale: scale, limit: limit, decay: decay)
            step(&part)
        }
    }
}
