internal import SwiftletTensor

/// How the rows × panels of a product are cut for several threads.
///
/// The kernels give the same bits for every division, so it may follow the number of threads.
struct ProductParts {
    private let rows: Int
    private let panels: Int
    private let rowsPerPart: Int
    private let panelsPerPart: Int
    private let rowParts: Int
    let count: Int

    /// Multiply-adds of a part, at least: some microseconds, as long as a sleeping thread takes to
    /// come.
    private static let smallestPart = 1 << 18
    /// Parts per thread, so that a thread that is held up does not hold up the others.
    private static let partsPerThread = 4
    /// Rows in a part, at least, and their divisor: whole register tiles of every level.
    private static let smallestRows = 48
    private static let rowStep = 24

    /// - Parameters:
    ///   - work: multiply-adds of the whole.
    ///   - isStream: whether the right operand is read once, in runs that had better be long.
    init(rows: Int, panels: Int, work: Double, threads: Int, isStream: Bool = false) {
        let most = threads == 1 ? 1 : Double(threads * (isStream ? 1 : Self.partsPerThread))
        let wanted = max(1, Int(min(most, work / Double(Self.smallestPart))))
        self.rows = rows
        self.panels = panels
        let byRows = max(1, min(wanted, rows / Self.smallestRows))
        let step = (rows + byRows - 1) / byRows
        rowsPerPart = max(
            1, byRows == 1 ? rows : (step + Self.rowStep - 1) / Self.rowStep * Self.rowStep)
        rowParts = max(1, (rows + rowsPerPart - 1) / rowsPerPart)
        let byPanels = max(1, min(wanted / rowParts, panels))
        panelsPerPart = max(1, (panels + byPanels - 1) / byPanels)
        count = rowParts * max(1, (panels + panelsPerPart - 1) / panelsPerPart)
    }

    subscript(part: Int) -> (rows: Range<Int>, panels: Range<Int>) {
        let row = part % rowParts * rowsPerPart
        let panel = part / rowParts * panelsPerPart
        return (
            row..<min(rows, row + rowsPerPart), panel..<min(panels, panel + panelsPerPart)
        )
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
