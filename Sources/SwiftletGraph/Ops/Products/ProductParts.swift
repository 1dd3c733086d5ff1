internal import SwiftletTensor

/// How the rows × panels of a product are cut for several threads.
///
/// The kernels give the same bits for every division, so it may follow the number of threads. Parts
/// are numbered along the rows: where threads take runs of them, each has rows of its own, and finds
/// in its caches what it computed of the same rows before.
struct ProductParts {
    private let rows: Int
    private let panels: Int
    private let rowStep: Int
    private let rowParts: Int
    private let panelParts: Int
    var count: Int { rowParts * panelParts }

    /// Multiply-adds of a part, at least: more than it costs to give it to a thread that is awake.
    private static let smallestPart = 1 << 15
    /// Multiply-adds of a part where there is one for each thread already: some microseconds.
    private static let usualPart = 1 << 18
    /// Multiply-adds in the time in which a weight comes from a cache that does not hold all of them:
    /// with few rows it is this that takes time.
    private static let weightCost = 3
    /// Parts per thread, so that a thread that is held up does not hold up the others.
    private static let partsPerThread = 4

    /// What rows are, and how many of them a part has.
    struct Rows {
        /// In a part if there are enough, so that what is read of the weights is shared.
        let usual: Int
        /// In a part if threads would have nothing to do otherwise.
        let least: Int
        /// Cuts lie at multiples of it.
        let step: Int

        /// Whole register tiles.
        static let ofProduct = Rows(usual: 48, least: 16, step: 8)
        /// Tiles of Winograd's algorithm, which read several times the weights.
        static let tiles = Rows(usual: 32, least: 6, step: 1)

        /// Lines of a result on which products of several lines fall.
        static let scattered = Rows(usual: 32, least: 8, step: 1)

        /// Lines of `width` pixels: pairs of them, if there are many, since they share what they read.
        static func lines(_ count: Int, width: Int) -> Rows {
            let step = width * (count < 16 ? 1 : 2)
            return Rows(usual: max(48, step), least: step, step: step)
        }
    }

    /// - Parameters:
    ///   - work: multiply-adds of the whole.
    ///   - isStream: whether the right operand is read once, in runs that had better be long.
    init(
        rows: Int, panels: Int, work: Double, threads: Int, of kind: Rows = .ofProduct,
        isStream: Bool = false
    ) {
        let work = work * max(1, Double(Self.weightCost) / Double(max(1, rows)))
        let wanted = Self.parts(work, threads, most: isStream ? 1 : Self.partsPerThread)
        self.rows = rows
        self.panels = panels
        rowStep = max(1, kind.step)
        rowParts = max(1, min(wanted, Self.rowParts(rows, panels, threads, kind)))
        let byPanels = max(1, min(panels, wanted / rowParts))
        // As many for each thread, if they are few.
        panelParts = rowParts == 1 && byPanels > threads ? byPanels / threads * threads : byPanels
    }

    /// As many for each thread, unless there are not even enough for all.
    private static func parts(_ work: Double, _ threads: Int, most: Int) -> Int {
        guard threads > 1 else { return 1 }
        let perThread = min(Double(most), work / Double(Self.usualPart * threads))
        if perThread >= 1 { return Int(perThread) * threads }
        return max(1, Int(min(Double(threads), work / Double(Self.smallestPart))))
    }

    private static func rowParts(_ rows: Int, _ panels: Int, _ threads: Int, _ kind: Rows) -> Int {
        let usual = rows / max(1, kind.usual)
        guard usual < threads else { return usual / threads * threads }
        // Few rows: each thread had better read weights of its own, unless some would have more.
        let isEven = panels % threads == 0 || panels >= 8 * threads
        return isEven ? 1 : min(threads, rows / max(1, kind.least))
    }

    subscript(part: Int) -> (rows: Range<Int>, panels: Range<Int>) {
        let (row, panel) = (part / panelParts, part % panelParts)
        return (
            cut(row)..<cut(row + 1),
            panels * panel / panelParts..<panels * (panel + 1) / panelParts
        )
    }

    /// Where part `number` of the rows begins.
    private func cut(_ number: Int) -> Int {
        if number == rowParts { return rows }
        return min(rows, (rows * number / rowParts + rowStep / 2) / rowStep * rowStep)
    }
}

/// Scratch memory of the kernels: a slot of floats for each thread.
struct ThreadScratch {
    private let start: UnsafeMutableRawPointer
    private let stride: Int

    /// - Parameter floats: what one thread needs.
    init(_ start: UnsafeMutableRawPointer, floats: Int) {
        self.start = start
        stride = Self.byteCount(floats: floats)
    }

    static func byteCount(floats: Int) -> Int { (floats * MemoryLayout<Float>.stride + 63) & -64 }

    subscript(thread: Int) -> UnsafeMutablePointer<Float> {
        (start + thread * stride).assumingMemoryBound(to: Float.self)
    }
}
