internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension OperationTable {
    /// Fourier transforms: products with the matrices of cosines and sines. Complex tensors are
    /// pairs of real ones.
    static let signals: OperationRows = [
        "FFT": .many { c in
            let (real, imaginary) = try c.complexPair()
            return try c.transformed(real, imaginary, axis: c.shape(real).count - 1)
        },
        "FFT2": .many { c in
            let (real, imaginary) = try c.complexPair()
            return try c.transformedTwice(real, imaginary, isInverse: false)
        },
        "IFFT2": .many { c in
            let (real, imaginary) = try c.complexPair()
            return try c.transformedTwice(real, imaginary, isInverse: true)
        },
        "RFFT": .many { c in
            let x = try c.real(c.x())
            let last = c.shape(x).last ?? 0
            return try c.realTransform(x, length: c.options.optionalInt("fft_length") ?? last)
        },
        "IRFFT": .one { c in
            let (real, imaginary) = try c.complexPair()
            let bins = c.shape(real).last ?? 0
            let length = try c.options.optionalInt("fft_length") ?? 2 * (bins - 1)
            return try c.inverseRealTransform(real, imaginary, length: length)
        },
        "STFT": .many { try $0.shortTimeTransform() },
        "ISTFT": .one { try $0.inverseShortTimeTransform() },
    ]
}

extension OperationCall {
    /// Beyond this a matrix of all frequencies by all samples is too large.
    private static let largestTransform = 1 << 12

    fileprivate mutating func complexPair() throws -> (Value, Value) {
        let parts = try tensors(0, "x")
        guard parts.count == 2, shape(parts[0]) == shape(parts[1]), !shape(parts[0]).isEmpty else {
            throw refusal("a pair of real and imaginary parts expected")
        }
        return (try real(parts[0]), try real(parts[1]))
    }

    /// `[samples, frequencies]` of the cosine or sine of 2π · sample · frequency / length.
    private func waves(
        _ samples: Int, _ frequencies: Int, _ length: Int, _ wave: (Double) -> Double
    ) throws -> Tensor {
        guard 1...Self.largestTransform ~= length, samples <= Self.largestTransform,
            frequencies <= Self.largestTransform
        else { throw refusal("transforms of \(length) samples are not supported") }
        let table = (0..<length).map { Float(wave(2 * .pi * Double($0) / Double(length))) }
        return try Tensor(
            (0..<samples).flatMap { n in (0..<frequencies).map { table[n * $0 % length] } },
            shape: Shape([samples, frequencies]))
    }

    /// The discrete Fourier transform along an axis.
    fileprivate mutating func transformed(
        _ real: Value, _ imaginary: Value, axis: Int
    ) throws -> [Value] {
        let length = shape(real)[axis]
        let cosines = try graph.constant(waves(length, length, length, cos))
        let sines = try graph.constant(waves(length, length, length, sin))
        let (re, im) = (try moved(real, [axis], [-1]), try moved(imaginary, [axis], [-1]))
        let first = try graph.add(matrixProduct(re, cosines), matrixProduct(im, sines))
        let second = try graph.subtract(matrixProduct(im, cosines), matrixProduct(re, sines))
        return [try moved(first, [-1], [axis]), try moved(second, [-1], [axis])]
    }

    /// The inverse is the conjugate's transform, conjugated and scaled.
    fileprivate mutating func transformedTwice(
        _ real: Value, _ imaginary: Value, isInverse: Bool
    ) throws -> [Value] {
        let rank = shape(real).count
        guard rank >= 2 else { throw refusal("two axes expected, \(shape(real)) found") }
        let start = isInverse ? try graph.negate(imaginary) : imaginary
        let once = try transformed(real, start, axis: rank - 1)
        let twice = try transformed(once[0], once[1], axis: rank - 2)
        guard isInverse else { return twice }
        let count = Float(shape(real)[rank - 1] * shape(real)[rank - 2])
        return [
            try graph.scale(twice[0], by: 1 / count), try graph.scale(twice[1], by: -1 / count),
        ]
    }

    /// The last axis cut, or filled up with zeros.
    private mutating func fitted(_ x: Value, to length: Int) throws -> Value {
        let axis = shape(x).count - 1
        guard axis >= 0, length > 0 else { throw refusal("\(length) samples of \(shape(x))") }
        let count = shape(x)[axis]
        if count >= length { return try graph.slice(x, axis: axis, 0..<length) }
        let zeros = [Int](repeating: 0, count: axis + 1)
        return try graph.pad(x, before: zeros, after: zeros.dropLast() + [length - count])
    }

    fileprivate mutating func realTransform(_ x: Value, length: Int) throws -> [Value] {
        let signal = try fitted(x, to: length)
        let bins = length / 2 + 1
        let cosines = try graph.constant(waves(length, bins, length, cos))
        let sines = try graph.constant(waves(length, bins, length) { -sin($0) })
        return [try matrixProduct(signal, cosines), try matrixProduct(signal, sines)]
    }

    fileprivate mutating func inverseRealTransform(
        _ real: Value, _ imaginary: Value, length: Int
    ) throws -> Value {
        let bins = length / 2 + 1
        let (re, im) = (try fitted(real, to: bins), try fitted(imaginary, to: bins))
        // Every frequency stands for two, but for the first and, if there is one, the last.
        let weights = (0..<bins).map { bin in
            Float(bin == 0 || 2 * bin == length ? 1 : 2) / Float(length)
        }
        let scale = try graph.constant(Tensor(weights))
        let cosines = try graph.constant(waves(bins, length, length, cos))
        let sines = try graph.constant(waves(bins, length, length, sin))
        return try graph.subtract(
            matrixProduct(graph.multiply(re, scale), cosines),
            matrixProduct(graph.multiply(im, scale), sines))
    }

    // MARK: Frames

    /// Overlapping pieces of the last axis, along a new one before it.
    mutating func sequences() throws -> Value {
        try framed(
            x(), length: options.positiveInt("sequence_length"),
            step: options.positiveInt("sequence_stride"))
    }

    private mutating func framed(_ x: Value, length: Int, step: Int) throws -> Value {
        let axis = shape(x).count - 1
        guard axis >= 0 else { throw refusal("a scalar has no pieces") }
        let count = shape(x)[axis] >= length ? (shape(x)[axis] - length) / step + 1 : 0
        guard count.multipliedReportingOverflow(by: length).overflow == false else {
            throw refusal("pieces of \(length)")
        }
        try checkTable(count, length)
        let places = (0..<count).flatMap { piece in (0..<length).map { Int64(piece * step + $0) } }
        let indices = try graph.constant(Tensor(places, shape: Shape([count, length])))
        return try graph.gather(x, indices, axis: axis)
    }

    /// The window that an option names, with zeros around to the transform's length.
    private func window(_ length: Int, _ whole: Int) throws -> [Float]? {
        let before = (whole - length) / 2
        guard before >= 0 else { throw refusal("fft_length \(whole) is below \(length)") }
        try checkTable(whole)
        let numbers: [Float]
        if let json = options.json["window"], json.isNull { return nil }
        let given = options.value("window") ?? "hann"
        switch given.string {
        case "hann", "hamming":
            let (a, b) = given.string == "hann" ? (0.5, 0.5) : (0.54, 0.46)
            numbers = (0..<length).map {
                Float(a - b * cos(2 * .pi * Double($0) / Double(length)))
            }
        case let name?: throw refusal("window \"\(name)\" is unknown")
        case nil: numbers = try PythonConstant.tensor(given).floats()
        }
        guard numbers.count == length else { throw refusal("a window of \(numbers.count)") }
        let after = whole - length - before
        return [Float](repeating: 0, count: before) + numbers
            + [Float](repeating: 0, count: after)
    }

    private func frameOptions() throws -> (length: Int, step: Int, whole: Int, isCentred: Bool) {
        (
            try options.positiveInt("sequence_length"), try options.positiveInt("sequence_stride"),
            try options.positiveInt("fft_length"), try options.bool("center", default: true)
        )
    }

    fileprivate mutating func shortTimeTransform() throws -> [Value] {
        let (length, step, whole, isCentred) = try frameOptions()
        var x = try real(x())
        let axis = shape(x).count - 1
        if isCentred, axis >= 0 {
            var margin = [Int](repeating: 0, count: axis + 1)
            margin[axis] = whole / 2
            x = try graph.pad(x, before: margin, after: margin, mode: .reflect)
        }
        var frames = try framed(x, length: whole, step: step)
        if let window = try window(length, whole) {
            frames = try graph.multiply(frames, graph.constant(Tensor(window)))
        }
        return try realTransform(frames, length: whole)
    }

    fileprivate mutating func inverseShortTimeTransform() throws -> Value {
        let (length, step, whole, isCentred) = try frameOptions()
        let (re, im) = try complexPair()
        guard shape(re).count >= 2 else { throw refusal("frames expected, \(shape(re)) found") }
        var frames = try inverseRealTransform(re, im, length: whole)
        if let window = try window(length, whole) {
            // Divided by the sum of squares of all windows that overlap.
            try checkTable(step)
            var sums = [Float](repeating: 0, count: step)
            for (place, weight) in window.enumerated() { sums[place % step] += weight * weight }
            let scaled = window.enumerated().map { $1 / sums[$0 % step] }
            frames = try graph.multiply(frames, graph.constant(Tensor(scaled)))
        }
        let axis = shape(frames).count - 2
        let count = shape(frames)[axis]
        try checkTable(count, whole)
        let (reach, overflow) = step.multipliedReportingOverflow(by: max(0, count - 1))
        guard !overflow, reach < Self.largestTable else { throw refusal("steps of \(step)") }
        let total = whole + reach
        let places = (0..<count).flatMap { frame in (0..<whole).map { Int64(frame * step + $0) } }
        let indices = try graph.constant(Tensor(places, shape: Shape([count, whole])))
        let rest = Array(shape(frames).dropLast(2))
        let added = try graph.apply(
            GatherGradient(axis: axis, shape: Shape(rest + [total])), frames, indices)
        let start = isCentred ? whole / 2 : 0
        var end = isCentred ? total - whole / 2 : total
        if let wanted = try options.optionalInt("length") {
            end = start + min(wanted, total - start)
        }
        guard start <= end else { throw refusal("no samples are left") }
        return try graph.slice(added, axis: axis, start..<end)
    }
}
