internal import CKernels
internal import SwiftletTensor

/// How a reduction walks an array: axes merged into runs that are reduced and kept in turn, and the
/// work cut into parts by the shape alone.
struct ReductionPlan: Sendable {
    struct Run {
        var extent: Int
        var isReduced: Bool
    }

    /// Elements of one part, about.
    private static let grain = 1 << 14
    private static let mostChunks = 64

    enum Division {
        /// The first run is kept: parts of it own their results.
        case kept(step: Int)
        /// Two runs, many results: parts of the second own theirs.
        case columns(step: Int)
        /// The first run is reduced: each part has accumulators of its own, merged in order.
        case chunks(step: Int)
    }

    let runs: [Run]
    /// The number of results.
    let kept: Int
    let division: Division
    let parts: Int

    init(_ shape: Shape, axes: [Int]) {
        var runs: [Run] = []
        for axis in shape.indices where shape[axis] != 1 {
            let isReduced = axes.contains(axis)
            if let last = runs.last, last.isReduced == isReduced {
                runs[runs.count - 1].extent *= shape[axis]
            } else {
                runs.append(Run(extent: shape[axis], isReduced: isReduced))
            }
        }
        if runs.isEmpty { runs = [Run(extent: 1, isReduced: false)] }
        self.runs = runs
        kept = runs.reduce(1) { $1.isReduced ? $0 : $0 * $1.extent }
        let total = runs.reduce(1) { $0 * $1.extent }
        let first = runs[0].extent
        let inner = max(1, total / max(first, 1))
        let step: Int
        if !runs[0].isReduced {
            step = max(1, Self.grain / inner)
            division = .kept(step: step)
            parts = (first + step - 1) / step
        } else if runs.count == 2, inner >= 4096 {
            step = max(256, Self.grain / max(first, 1))
            division = .columns(step: step)
            parts = (inner + step - 1) / step
        } else {
            // A part must be worth its accumulators.
            let size = max(Self.grain, 16 * kept, total / Self.mostChunks)
            step = max(1, size / inner)
            division = .chunks(step: step)
            parts = max(1, (first + step - 1) / step)
        }
    }

    var accumulatorCount: Int {
        if case .chunks = division { parts * kept } else { kept }
    }
}

/// A reduction of one element type.
struct ReductionKernel {
    let code: sl_reduction
    let type: sl_type
    let elementSize: Int
    /// What float32 results are multiplied by.
    let scale: Double

    func run(
        _ plan: ReductionPlan, from x: UnsafeRawPointer, to y: UnsafeMutableRawPointer,
        accumulators: UnsafeMutablePointer<sl_accumulator>, workers: Workers
    ) {
        sl_reduce_start(code, type, accumulators, plan.accumulatorCount)
        let runs = plan.runs[...]
        let inner = runs.dropFirst().reduce(1) { $0 * $1.extent }
        let keptInner = runs.dropFirst().reduce(1) { $1.isReduced ? $0 : $0 * $1.extent }
        workers.forEach(parts: plan.parts) { part in
            switch plan.division {
            case .kept(let step), .chunks(let step):
                let range = part * step..<min(runs[0].extent, (part + 1) * step)
                let isKept = !runs[0].isReduced
                let own = isKept ? range.lowerBound * keptInner : part * plan.kept
                accumulate(
                    runs, extent: range.count, x + range.lowerBound * inner * elementSize,
                    accumulators + own)
                if isKept {
                    finish(accumulators, own..<own + range.count * keptInner, y)
                }
            case .columns(let step):
                let range = part * step..<min(inner, (part + 1) * step)
                sl_reduce(
                    code, type, x + range.lowerBound * elementSize, runs[0].extent, range.count,
                    inner, false, accumulators + range.lowerBound)
                finish(accumulators, range, y)
            }
        }
        if case .chunks = plan.division {
            for part in 1..<max(1, plan.parts) {
                sl_reduce_merge(
                    code, type, accumulators + part * plan.kept, accumulators, plan.kept)
            }
            finish(accumulators, 0..<plan.kept, y)
        }
    }

    private func finish(
        _ accumulators: UnsafePointer<sl_accumulator>, _ range: Range<Int>,
        _ y: UnsafeMutableRawPointer
    ) {
        let start = range.lowerBound
        sl_reduce_finish(
            type, accumulators + start, scale, y + start * elementSize, range.count)
    }

    /// - Parameter extent: how much there is of the first run.
    private func accumulate(
        _ runs: ArraySlice<ReductionPlan.Run>, extent: Int, _ x: UnsafeRawPointer,
        _ accumulators: UnsafeMutablePointer<sl_accumulator>
    ) {
        guard let first = runs.first else { return }
        let rest = runs.dropFirst()
        if runs.count <= 2 {
            let second = rest.first?.extent ?? 1
            if runs.count == 1 {
                // One row, or as many results as numbers.
                sl_reduce(
                    code, type, x, 1, extent, extent, first.isReduced, accumulators)
            } else {
                sl_reduce(
                    code, type, x, extent, second, second, !first.isReduced, accumulators)
            }
            return
        }
        let inner = rest.reduce(1) { $0 * $1.extent }
        let keptInner = rest.reduce(1) { $1.isReduced ? $0 : $0 * $1.extent }
        for index in 0..<extent {
            accumulate(
                rest, extent: rest.first?.extent ?? 1, x + index * inner * elementSize,
                accumulators + (first.isReduced ? 0 : index * keptInner))
        }
    }
}
