internal import CZlib

/// zlib's state, which must not move in memory, with one owner.
private struct Stream: ~Copyable {
    let state: UnsafeMutablePointer<z_stream>
    private let end: (UnsafeMutablePointer<z_stream>) -> Void

    init?(
        _ start: (UnsafeMutablePointer<z_stream>) -> Int32,
        end: @escaping (UnsafeMutablePointer<z_stream>) -> Void
    ) {
        let state = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        state.initialize(to: z_stream())
        guard start(state) == Z_OK else {
            state.deallocate()
            return nil
        }
        self.state = state
        self.end = end
    }

    deinit {
        end(state)
        state.deallocate()
    }
}

/// What one call of zlib did.
struct DeflateStep {
    let taken, given: Int
    /// The end of the packed bytes has been reached.
    let isEnd: Bool
}

extension Stream {
    /// Runs `call` until the input is used up, the output full, or nothing moves any more.
    /// zlib counts in 32 bits, so large buffers go in pieces.
    borrowing func run(
        from input: UnsafeRawBufferPointer, to output: UnsafeMutableRawBufferPointer,
        _ call: (UnsafeMutablePointer<z_stream>, _ isLastInput: Bool) -> Int32
    ) -> DeflateStep {
        let largest = 1 << 30
        var taken = 0
        var given = 0
        while true {
            let inputCount = min(input.count - taken, largest)
            let outputCount = min(output.count - given, largest)
            let start = input.baseAddress.map { $0.assumingMemoryBound(to: UInt8.self) + taken }
            state.pointee.next_in = UnsafeMutablePointer(mutating: start)
            state.pointee.avail_in = UInt32(inputCount)
            state.pointee.next_out = output.baseAddress.map {
                $0.assumingMemoryBound(to: UInt8.self) + given
            }
            state.pointee.avail_out = UInt32(outputCount)
            let result = call(state, taken + inputCount == input.count)
            let newlyTaken = inputCount - Int(state.pointee.avail_in)
            let newlyGiven = outputCount - Int(state.pointee.avail_out)
            taken += newlyTaken
            given += newlyGiven
            let isEnd = result == Z_STREAM_END
            if isEnd || result != Z_OK || (newlyTaken == 0 && newlyGiven == 0) {
                return DeflateStep(taken: taken, given: given, isEnd: isEnd)
            }
            if given == output.count && !output.isEmpty {
                return DeflateStep(taken: taken, given: given, isEnd: false)
            }
        }
    }
}

/// Unpacks a raw deflate stream.
final class Inflater {
    private let stream: Stream

    /// Nil without memory.
    init?() {
        let size = Int32(MemoryLayout<z_stream>.size)
        guard
            let stream = Stream(
                { inflateInit2_($0, -MAX_WBITS, ZLIB_VERSION, size) }, end: { inflateEnd($0) })
        else { return nil }
        self.stream = stream
    }

    /// Writes as much of `output` as `input` yields.
    func step(
        from input: UnsafeRawBufferPointer, to output: UnsafeMutableRawBufferPointer
    ) -> DeflateStep {
        stream.run(from: input, to: output) { state, _ in inflate(state, Z_NO_FLUSH) }
    }
}

extension Stream {
    /// For packing.
    init?(deflating: Void) {
        let size = Int32(MemoryLayout<z_stream>.size)
        self.init(
            {
                deflateInit2_(
                    $0, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY,
                    ZLIB_VERSION, size)
            }, end: { deflateEnd($0) })
    }
}

/// Packs bytes that come piece by piece into a raw deflate stream.
final class Deflater {
    private let stream: Stream
    private var output = [UInt8](repeating: 0, count: 1 << 18)
    private var pending: [UInt8] = []
    private static let pieceSize = 1 << 18

    /// Nil without memory.
    init?() {
        guard let stream = Stream(deflating: ()) else { return nil }
        self.stream = stream
    }

    /// Packs more bytes; `write` takes what is ready. How the bytes are cut into pieces does not show.
    ///
    /// - Parameter isLast: whether these bytes, which may be none, are the last ones.
    func add(
        _ bytes: UnsafeRawBufferPointer, isLast: Bool,
        _ write: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var taken = 0
        while taken < bytes.count {
            let count = min(Self.pieceSize - pending.count, bytes.count - taken)
            pending += bytes[taken..<taken + count]
            taken += count
            if pending.count == Self.pieceSize { try pack(isLast: false, write) }
        }
        if isLast { try pack(isLast: true, write) }
    }

    private func pack(
        isLast: Bool, _ write: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let input = pending
        pending.removeAll(keepingCapacity: true)
        try input.withUnsafeBytes { bytes in
            var taken = 0
            while true {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[taken...])
                let step = output.withUnsafeMutableBytes {
                    stream.run(from: rest, to: $0) { state, isEnd in
                        deflate(state, isLast && isEnd ? Z_FINISH : Z_NO_FLUSH)
                    }
                }
                taken += step.taken
                if step.given > 0 {
                    try output.withUnsafeBytes {
                        try write(UnsafeRawBufferPointer(rebasing: $0[..<step.given]))
                    }
                }
                // Room that is left over means that there is nothing more for now.
                if step.isEnd || step.given < output.count { return }
            }
        }
    }
}

/// `bytes` as a raw deflate stream; nil without memory.
func deflated(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    guard let stream = Stream(deflating: ()) else { return nil }
    var packed = [UInt8](
        repeating: 0, count: Int(deflateBound(stream.state, UInt(bytes.count))))
    let step = packed.withUnsafeMutableBytes { output in
        stream.run(from: bytes, to: output) { state, isLast in
            deflate(state, isLast ? Z_FINISH : Z_NO_FLUSH)
        }
    }
    guard step.isEnd, step.taken == bytes.count else { return nil }
    packed.removeLast(packed.count - step.given)
    return packed
}
