internal import CKernels
internal import SwiftletFiles
internal import SwiftletTensor

/// A rule at work on the weights that are its own: the number of steps made, the learning rate, and
/// what the rule remembers.
struct RuleState {
    let optimizer: Optimizer
    let weights: [(path: String, shape: Shape)]
    /// Steps made, those included that only accumulated gradients.
    private(set) var iteration = 0
    /// The rate where it does not follow a schedule; callbacks may change it.
    var learningRate: Float
    private(set) var averages: [Tensor] = []
    private var accumulators: [Tensor] = []
    /// Per weight, over all groups.
    private var slots: [[Tensor]] = []
    private var scalars: [Float]
    /// Per weight, the part of it that a step at a learning rate of 1 takes off.
    private let decays: [Float]
    /// Per weight, the step of rules that look at all of it at once.
    private let graphSteps: [GraphStep?]
    private var programs: [Int: RuleProgram] = [:]

    /// - Parameter values: the weights' values, of float32.
    init(
        _ optimizer: Optimizer, weights: [(path: String, shape: Shape)], values: [Tensor]
    ) throws {
        self.optimizer = optimizer
        self.weights = weights
        learningRate =
            if case .constant(let rate) = optimizer.learningRate.kind { Float(rate) } else { 0 }
        scalars = optimizer.rule.scalars.map(\.start)
        if optimizer.options.average != nil {
            averages = try weights.map { try Tensor(zeros: $0.shape) }
        }
        if optimizer.options.accumulationSteps != nil {
            accumulators = try weights.map { try Tensor(zeros: $0.shape) }
        }
        let (rule, options) = (optimizer.rule, optimizer.options)
        decays = weights.map { path, shape in
            let decay = rule.weightDecay(options.weightDecay, path: path, shape: shape)
            return options.excludesFromWeightDecay(path) ? 0 : Float(decay ?? 0)
        }
        graphSteps = weights.map { rule.graphStep(path: $0.path, shape: $0.shape) }
        slots = try zip(weights, values).map { weight, value in
            try rule.slots(for: weight.shape, path: weight.path).joined().map { slot in
                switch slot.start {
                case .constant(let number): try Tensor(repeating: number, shape: slot.shape)
                case .unused: try Tensor(scalar: 0 as Int32)
                case .weight: value
                }
            }
        }
    }

    /// The rate of the next step.
    var currentRate: Float {
        switch optimizer.learningRate.kind {
        case .constant: learningRate
        case .schedule(let schedule): schedule.rate(at: Float(iteration))
        }
    }

    /// Updates that the rule has made: fewer than ``iteration`` where gradients accumulate.
    private var updates: Int { iteration / (optimizer.options.accumulationSteps ?? 1) }

    /// How a gradient of look-ups is treated; nil where gradients are accumulated.
    var lookupRule: LookupRule? {
        guard optimizer.options.accumulationSteps == nil else { return nil }
        var limit: Float?
        var addsFirst = false
        switch optimizer.options.clipping {
        case .value(let highest): limit = Float(highest)
        case .globalNorm: addsFirst = true
        case .norm, nil: break
        }
        return LookupRule(
            takesSizes: type(of: optimizer.rule).takesSizes, limit: limit, addsFirst: addsFirst)
    }

    // MARK: Steps

    /// Makes one step.
    ///
    /// - Parameters:
    ///   - gradients: one per weight; nil leaves the weight as it is.
    ///   - scale: what the gradients are multiplied by first.
    ///   - values: the weights' values, changed in place.
    mutating func apply(
        _ gradients: [Gradient?], scale: Float, to values: inout [Tensor], workers: Workers
    ) throws {
        if let steps = optimizer.options.accumulationSteps {
            let isUpdate = (iteration + 1) % steps == 0
            let share = isUpdate ? 1 / Float(steps) : 1
            var means = gradients
            for index in weights.indices {
                guard let gradient = gradients[index] else { continue }
                let sum = try accumulators[index].uniqueFloats()
                blend(
                    share * scale, gradient.elements, share, sum, weights[index].shape, workers)
                means[index] = Gradient(UnsafePointer(sum))
            }
            if isUpdate {
                try update(means, 1, &values, workers)
                accumulators = try weights.map { try Tensor(zeros: $0.shape) }
            }
        } else {
            try update(gradients, scale, &values, workers)
        }
        if let average = optimizer.options.average {
            try updateAverages(average, of: &values, workers)
        }
        iteration += 1
    }

    private mutating func update(
        _ gradients: [Gradient?], _ scale: Float, _ values: inout [Tensor], _ workers: Workers
    ) throws {
        let rate = currentRate
        var step = OptimizerStep(iteration: updates, rate: rate, scalars: scalars)
        optimizer.rule.begin(&step)
        scalars = step.scalars
        let (scales, limit) = clipping(gradients, scale, workers)
        for index in weights.indices {
            guard let gradient = gradients[index] else { continue }
            var memory: [UnsafeMutablePointer<Float>] = []
            for slot in slots[index].indices where slots[index][slot].dtype == .float32 {
                memory.append(try slots[index][slot].uniqueFloats())
            }
            let update = WeightUpdate(
                shape: weights[index].shape, weight: try values[index].uniqueFloats(),
                gradient: gradient.elements, squares: gradient.squares, slots: memory,
                scale: scales[index], limit: gradient.squares == nil ? limit : .infinity,
                decay: decays[index] * rate)
            if let graphStep = graphSteps[index] {
                try program(graphStep, index, update, workers).run(update, step, workers)
            } else {
                optimizer.rule.update(update, step: step, workers: workers)
            }
        }
    }

    private mutating func program(
        _ step: GraphStep, _ index: Int, _ update: WeightUpdate, _ workers: Workers
    ) throws -> RuleProgram {
        if let known = programs[index], known.serves(update, workers) { return known }
        let shapes = slots[index].filter { $0.dtype == .float32 }.map(\.shape)
        let program = try RuleProgram(step, update, slots: shapes, threads: workers.count)
        programs[index] = program
        return program
    }

    /// What each gradient is multiplied by, and the limit of its elements then.
    private func clipping(
        _ gradients: [Gradient?], _ scale: Float, _ workers: Workers
    ) -> (scales: [Float], limit: Float) {
        func squares() -> [Double] {
            zip(gradients, weights).map { gradient, weight in
                let sum = gradient.map {
                    $0.squareSum ?? sumOfSquares($0.elements, weight.shape.elementCount, workers)
                }
                return (sum ?? 0) * Double(scale) * Double(scale)
            }
        }
        switch optimizer.options.clipping {
        case .norm(let limit):
            let scales = squares().map { square in
                // An infinite or undefined norm must not pass for a small one.
                let norm = square.squareRoot()
                return scale * Float(norm <= limit ? 1 : limit / norm)
            }
            return (scales, .infinity)
        case .globalNorm(let limit):
            let norm = squares().reduce(0, +).squareRoot()
            let factor = Float(norm <= limit ? 1 : norm.isFinite ? limit / norm : .nan)
            return ([Float](repeating: scale * factor, count: weights.count), .infinity)
        case .value(let limit):
            return ([Float](repeating: scale, count: weights.count), Float(limit))
        case nil: return ([Float](repeating: scale, count: weights.count), .infinity)
        }
    }

    private mutating func updateAverages(
        _ average: OptimizerOptions.Average, of values: inout [Tensor], _ workers: Workers
    ) throws {
        let momentum = updates == 0 ? 0 : Float(average.momentum)
        for index in weights.indices {
            let value = try values[index].uniqueFloats()
            blend(
                1 - momentum, value, momentum, try averages[index].uniqueFloats(),
                weights[index].shape, workers)
        }
        if let frequency = average.overwriteFrequency, (updates + 1) % frequency == 0 {
            for index in averages.indices { values[index] = averages[index] }
        }
    }

    /// Takes `values` for the averages, if averages are kept.
    mutating func setAverages(_ values: [Tensor]) {
        if optimizer.options.average != nil { averages = values }
    }

    // MARK: Saving

    /// The optimizer's variables in Keras 3's order.
    ///
    /// `iteration` (int64), `learning_rate` (float32; absent if it follows a schedule), then for
    /// every weight `<path>/average` and for every weight `<path>/gradient_accumulator` if these
    /// options are on, then group by group `<path>/<slot>`, e.g. `dense/kernel/momentum`,
    /// `dense/kernel/velocity`, `dense/bias/momentum`, …, and last the rule's scalars.
    func variables() throws -> [(name: String, value: Tensor)] {
        var result: [(name: String, value: Tensor)] = [
            ("iteration", try Tensor(scalar: Int64(iteration)))
        ]
        if hasRateVariable { result.append(("learning_rate", try Tensor(scalar: learningRate))) }
        for place in places { result.append((place.name, self[place])) }
        for (scalar, value) in zip(optimizer.rule.scalars, scalars) {
            result.append((scalar.name, try Tensor(scalar: value)))
        }
        return result
    }

    /// Takes over what ``variables()`` gave, or what a Keras file holds, in Keras's order.
    ///
    /// - Throws: ``TrainingError/optimizerState(_:)`` if number or shapes do not fit the weights.
    mutating func restore(_ variables: [(name: String, value: Tensor)]) throws {
        guard let first = variables.first, first.value.elementCount == 1 else {
            throw TrainingError.optimizerState("the number of steps is missing")
        }
        var rest = variables.dropFirst()
        if let second = rest.first, hasRateVariable, second.value.elementCount == 1,
            second.name.hasSuffix("learning_rate") || !isPlaceName(second.name)
        {
            learningRate = try second.value.floats()[0]
            rest = rest.dropFirst()
        }
        var places = places
        // Keras 2 does not keep the numbers that nothing reads.
        let read = places.filter { self[$0].dtype == .float32 }
        if rest.count == read.count { places = read }
        // Keras 2's SGD keeps momenta even where its momentum is 0; nothing reads them.
        let hasSlots = slots.contains { !$0.isEmpty }
        if !hasSlots, scalars.isEmpty, rest.count > places.count {
            rest = rest.prefix(places.count)
        }
        // A scalar that Keras of another version does not keep follows from the number of steps.
        guard rest.count == places.count || rest.count == places.count + scalars.count else {
            throw TrainingError.optimizerState(
                "\(places.count + scalars.count) tensors expected for the trained weights, "
                    + "\(rest.count) found; compile the model anew to begin without them")
        }
        for (place, variable) in zip(places, rest) {
            guard variable.value.shape == self[place].shape else {
                throw TrainingError.optimizerState(
                    "\(place.name) of shape \(self[place].shape) expected, "
                        + "\(variable.value.shape) found")
            }
            self[place] = try variable.value.converted(to: self[place].dtype)
        }
        iteration = Int(try first.value.converted(to: .int64).elements(of: Int64.self)[0])
        scalars = optimizer.rule.scalars(after: updates)
        for (index, variable) in rest.dropFirst(places.count).enumerated() {
            guard let value = try variable.value.floats().first else { continue }
            scalars[index] = value
        }
    }

    private var hasRateVariable: Bool {
        if case .constant = optimizer.learningRate.kind { true } else { false }
    }

    /// How many ``variables()`` there are.
    var variableCount: Int { 1 + (hasRateVariable ? 1 : 0) + places.count + scalars.count }

    private func isPlaceName(_ name: String) -> Bool { places.contains { $0.name == name } }

    /// Where one tensor of the state lies.
    private struct Place {
        enum Kind {
            case average, accumulator
            case slot(Int)
        }
        let name: String
        let kind: Kind
        let weight: Int
    }

    private var places: [Place] {
        var result: [Place] = []
        func add(_ kind: Place.Kind, _ name: String) {
            result += weights.indices.map {
                Place(name: "\(weights[$0].path)/\(name)", kind: kind, weight: $0)
            }
        }
        if !averages.isEmpty { add(.average, "average") }
        if !accumulators.isEmpty { add(.accumulator, "gradient_accumulator") }
        let layouts = weights.map { optimizer.rule.slots(for: $0.shape, path: $0.path) }
        for group in 0..<(layouts.map(\.count).max() ?? 0) {
            for (weight, layout) in layouts.enumerated() where group < layout.count {
                let before = layout[..<group].reduce(0) { $0 + $1.count }
                for (index, slot) in layout[group].enumerated() {
                    result.append(
                        Place(
                            name: "\(weights[weight].path)/\(slot.name)",
                            kind: .slot(before + index), weight: weight))
                }
            }
        }
        return result
    }

    private subscript(place: Place) -> Tensor {
        get {
            switch place.kind {
            case .average: averages[place.weight]
            case .accumulator: accumulators[place.weight]
            case .slot(let index): slots[place.weight][index]
            }
        }
        set {
            switch place.kind {
            case .average: averages[place.weight] = newValue
            case .accumulator: accumulators[place.weight] = newValue
            case .slot(let index): slots[place.weight][index] = newValue
            }
        }
    }
}

private func blend(
    _ a: Float, _ x: UnsafePointer<Float>, _ b: Float, _ y: UnsafeMutablePointer<Float>,
    _ shape: Shape, _ workers: Workers
) {
    workers.forEach(count: shape.elementCount, grain: WeightUpdate.grain) { range in
        sl_blend(
            SL_CPU_ACTIVE, range.count, a, x + range.lowerBound, b, y + range.lowerBound)
    }
}

/// In pieces of fixed size, added up in order.
func sumOfSquares(
    _ x: UnsafePointer<Float>, _ count: Int, _ workers: Workers
) -> Double {
    let grain = WeightUpdate.grain
    var sums = [Double](repeating: 0, count: (count + grain - 1) / grain)
    sums.withUnsafeMutableBufferPointer { sums in
        // Each part writes its own element.
        nonisolated(unsafe) let sums = sums
        workers.forEach(count: count, grain: grain) { range in
            sums[range.lowerBound / grain] = sl_sum_of_squares(
                SL_CPU_ACTIVE, range.count, x + range.lowerBound)
        }
    }
    return sums.reduce(0, +)
}

extension Tensor {
    /// The elements, for writing, after a copy if others hold them too. Valid while this value is
    /// alive and not copied.
    mutating func uniqueFloats() throws -> UnsafeMutablePointer<Float> {
        precondition(dtype == .float32)
        try withUnsafeMutableBytes { _ in }
        return storage.pointer.assumingMemoryBound(to: Float.self)
    }
}
