package import SwiftletTensor

/// A primitive operation: shape rule, CPU evaluation and gradient, in one file each.
///
/// An op is pure configuration; the operands are the graph's business. To add one, write the file
/// and a row in the tables of the gradient check and of the reference check.
package protocol Op: Sendable {
    /// The name in messages, profiles and dumps.
    var name: String { get }

    /// The types of the outputs, or why the operands do not fit.
    ///
    /// - Throws: ``GraphError/operands(op:cause:)``.
    func outputTypes(for inputs: [TensorType]) throws -> [TensorType]

    /// Bytes of scratch memory that ``evaluate(_:)`` needs when `threads` take part.
    func scratchByteCount(inputs: [TensorType], outputs: [TensorType], threads: Int) -> Int

    /// The products of two numbers that ``evaluate(_:)`` adds up, as runtimes count a network's
    /// work: those of convolutions, matrix products and attention, nothing element-wise.
    func multiplyAddCount(inputs: [TensorType], outputs: [TensorType]) -> Int

    /// How ``evaluate(_:)`` computes these operands and what is fused into it, for profiles.
    func kernel(inputs: [TensorType], outputs: [TensorType]) -> String

    /// The op made ready for programs that use up to `threads` threads; itself for most.
    func prepared(threads: Int) throws -> any Op

    /// Computes the outputs from the inputs. The result must not depend on the number of threads.
    ///
    /// - Throws: ``GraphError/evaluation(op:cause:)`` where operands are out of the domain.
    func evaluate(_ call: OpCall) throws

    /// Adds to `graph` what computes the derivatives with respect to each input, given those with
    /// respect to each output (nil where an output does not influence the result).
    ///
    /// - Returns: one entry per input; nil where the derivative is zero or meaningless.
    /// - Throws: ``GraphError/notDifferentiable(op:)``.
    func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?]

    /// True if output 0 has the very bytes of input 0 (a reshape): no memory, no evaluation.
    var isView: Bool { get }

    /// True if output 0 may be written over the given input, element by element.
    func canOverwrite(input: Int) -> Bool

    /// The op that computes some of the rows alone, to the same bits; nil if rows depend on one
    /// another or this is not known.
    func sliced(_ rows: RowSlice) -> (any Op)?

    /// What a rank computes that holds some of the rows; nil if it takes all of them. As
    /// ``sliced(_:)`` where this is not nil.
    func share(_ rows: RowSlice, in group: RankGroup) -> RankShare?

    /// Whether the sum of the results for addends of the operands that are marked, the others being
    /// the same, is the result for the sums of the addends.
    func isLinear(in addends: [Bool]) -> Bool
}

extension Op {
    package func scratchByteCount(
        inputs: [TensorType], outputs: [TensorType], threads: Int
    ) -> Int { 0 }

    package func multiplyAddCount(inputs: [TensorType], outputs: [TensorType]) -> Int { 0 }

    package func kernel(inputs: [TensorType], outputs: [TensorType]) -> String { "" }

    package func gradients(
        of node: Node, _ outputGradients: [Value?], in graph: inout Graph
    ) throws -> [Value?] {
        throw GraphError.notDifferentiable(op: name)
    }

    package func prepared(threads: Int) throws -> any Op { self }
    package var isView: Bool { false }
    package func canOverwrite(input: Int) -> Bool { false }
    package func sliced(_ rows: RowSlice) -> (any Op)? { nil }
    package func isLinear(in addends: [Bool]) -> Bool { false }

    package func share(_ rows: RowSlice, in group: RankGroup) -> RankShare? { rows.share(of: self) }

    /// The error that a shape rule throws.
    package func refusal(_ cause: String) -> GraphError { .operands(op: name, cause: cause) }

    /// Checks the number of operands.
    package func expect(_ inputs: [TensorType], count: ClosedRange<Int>) throws {
        guard count.contains(inputs.count) else {
            let wanted =
                count.lowerBound == count.upperBound
                ? "\(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
            throw refusal("\(wanted) operands expected, \(inputs.count) found")
        }
    }
}

/// One evaluation of an op: where its operands lie, scratch memory and threads.
///
/// Pointers are valid during the call only; inputs must not be written.
package struct OpCall {
    package var inputTypes: [TensorType] { step.inputTypes }
    package var outputTypes: [TensorType] { step.outputTypes }
    package let workers: Workers
    /// ``Op/scratchByteCount(inputs:outputs:threads:)`` bytes, aligned to 64.
    package let scratch: UnsafeMutableRawPointer
    private let step: Program.Step
    private let addresses: UnsafePointer<UnsafeMutableRawPointer>
    private let texts: Texts?
    /// Gives back the memory of some bytes of an input that have been read for the last time; nil
    /// where nothing can be given back.
    let release: ((_ input: Int, _ bytes: Range<Int>) -> Void)?
    /// To be called with the number of each step of the op's own body after it; nil outside of
    /// profiles.
    let observe: ((Int) -> Void)?

    init(
        step: Program.Step, addresses: UnsafePointer<UnsafeMutableRawPointer>, texts: Texts?,
        scratch: UnsafeMutableRawPointer, workers: Workers,
        releasing release: ((_ input: Int, _ bytes: Range<Int>) -> Void)? = nil,
        observing observe: ((Int) -> Void)?
    ) {
        self.release = release
        self.observe = observe
        self.step = step
        self.addresses = addresses
        self.texts = texts
        self.scratch = scratch
        self.workers = workers
    }

    /// What follows from the operands' types alone: made at the first run, then at hand.
    func planned<Plan: Sendable>(_ make: () -> Plan) -> Plan { step.planned(make) }

    package func input(_ index: Int) -> UnsafeRawPointer {
        UnsafeRawPointer(addresses[step.inputs[index]])
    }

    package func output(_ index: Int = 0) -> UnsafeMutableRawPointer {
        addresses[step.outputs[index]]
    }

    package func input<Element: TensorElement>(
        _ index: Int, as type: Element.Type
    ) -> UnsafePointer<Element> {
        input(index).assumingMemoryBound(to: type)
    }

    package func output<Element: TensorElement>(
        _ index: Int = 0, as type: Element.Type
    ) -> UnsafeMutablePointer<Element> {
        output(index).assumingMemoryBound(to: type)
    }

    /// Input `index` as float32, which the shape rule has checked.
    package func floats(_ index: Int) -> UnsafePointer<Float> { input(index, as: Float.self) }

    /// Output `index` as float32.
    package func outputFloats(_ index: Int = 0) -> UnsafeMutablePointer<Float> {
        output(index, as: Float.self)
    }

    /// Input `index` as strings, which the shape rule has checked.
    package func strings(_ index: Int) -> [String] { texts?[step.inputs[index]] ?? [] }

    /// Makes the strings those of output `index`; as many as it has elements.
    package func setStrings(_ strings: [String], output index: Int = 0) {
        precondition(strings.count == outputTypes[index].elementCount)
        texts?[step.outputs[index]] = strings
    }
}
