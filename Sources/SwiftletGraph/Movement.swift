internal import CKernels
internal import SwiftletTensor

/// A copy of elements from one layout to another: what transposition, slicing, padding, tiling and
/// joining come down to.
struct Movement {
    private var plan = sl_movement()

    /// - Parameter axis: of each axis, outermost first: its extent and the elements between
    ///   neighbours in the source and in the target. Steps may be negative; a source step of 0
    ///   repeats.
    init(rank: Int, _ axis: (Int) -> (extent: Int, from: Int, to: Int)) {
        for index in 0..<rank {
            let (extent, from, to) = axis(index)
            sl_movement_add(&plan, extent, from, to)
        }
        sl_movement_plan(&plan)
    }

    /// - Parameters:
    ///   - from: where the first element lies.
    ///   - to: where it goes.
    func run(
        from: UnsafeRawPointer, to: UnsafeMutableRawPointer, elementSize: Int, workers: Workers
    ) {
        withUnsafePointer(to: plan) { plan in
            let unit = max(1, sl_movement_unit_elements(plan) * elementSize)
            let grain = max(1, (1 << 16) / unit)
            workers.forEach(count: sl_movement_units(plan), grain: grain) {
                sl_movement_run(plan, elementSize, from, to, $0.lowerBound, $0.upperBound)
            }
        }
    }
}

extension Op {
    /// Strings do not lie in a value's memory, so they cannot be moved like numbers.
    func expectNumbers(_ inputs: [TensorType]) throws {
        guard inputs.allSatisfy({ $0.dtype != .string }) else {
            throw refusal("numbers expected, strings found")
        }
    }

    /// An axis of an operand as a number from 0.
    func normalized(_ axis: Int, _ type: TensorType) throws -> Int {
        guard let normalized = type.shape.normalizedAxis(axis) else {
            throw refusal("axis \(axis) is outside shape \(type.shape)")
        }
        return normalized
    }
}

extension OpCall {
    /// Fills output `index` with zeros.
    func clear(output index: Int) {
        let bytes = output(index)
        workers.forEach(count: outputTypes[index].byteCount, grain: 1 << 18) { range in
            (bytes + range.lowerBound)
                .initializeMemory(as: UInt8.self, repeating: 0, count: range.count)
        }
    }
}

extension Shape {
    /// Elements between neighbours along `axis` in row-major order.
    func step(_ axis: Int) -> Int { count(of: (axis + 1)...) }
}
