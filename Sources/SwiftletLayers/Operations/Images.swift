internal import SwiftletFiles
internal import SwiftletGraph
internal import SwiftletTensor

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension OperationTable {
    /// Colours, sizes and filters of images, one or a batch of them.
    static let images: OperationRows = [
        "RGBToGrayscale": .one { try $0.grayscale() },
        "RGBToHSV": .one { c in try c.overImages("images") { try $0.hueSaturationValue($1) } },
        "HSVToRGB": .one { c in try c.overImages("images") { try $0.redGreenBlue($1) } },
        "Resize": .one { try $0.resized() },
        "ExtractPatches": .one { try $0.patches() },
        "PadImages": .one { try $0.framedImages(isPadding: true) },
        "CropImages": .one { try $0.framedImages(isPadding: false) },
        "GaussianBlur": .one { try $0.blurred() },
        "SobelEdges": .one { try $0.edges() },
        "SSIM": .one { try $0.structuralSimilarity() },
        "ScaleAndTranslate": .one { try $0.scaledAndTranslated() },
    ]
}

extension OperationCall {
    /// Computes on `[batch, height, width, channels]`, whatever the layout of the images.
    mutating func overImages(
        _ key: String, spatialRank: Int = 2,
        _ body: (inout OperationCall, Value) throws -> Value
    ) throws -> Value {
        let x = try tensor(0, key)
        let isSingle = shape(x).count == spatialRank + 1
        guard isSingle || shape(x).count == spatialRank + 2 else {
            throw refusal("images expected, \(shape(x)) found")
        }
        let batch = isSingle ? try expanded(x, [0]) : x
        let result = try inChannelsLast(batch, body)
        return isSingle ? try graph.reshape(result, to: Array(shape(result).dropFirst())) : result
    }

    // MARK: Colours

    fileprivate mutating func grayscale() throws -> Value {
        let given = try tensor(0, "images")
        let dtype = dtype(given)
        return try overImages("images") { c, x in
            let channels = c.shape(x)[3]
            guard channels == 3 || channels == 1 else {
                throw c.refusal("\(channels) channels, not 3 or 1")
            }
            guard channels == 3 else { return x }
            let weights = try c.graph.constant(
                Tensor([Float(0.2989), 0.587, 0.114], shape: Shape([3, 1])))
            return try c.cast(c.matrixProduct(c.real(x), weights), dtype)
        }
    }

    private mutating func channels(_ x: Value) throws -> [Value] {
        guard isFloat(x), shape(x).last == 3 else {
            throw refusal("three channels of floats expected, \(graph[x]) found")
        }
        return try parts(x, 3, [1, 1, 1])
    }

    fileprivate mutating func hueSaturationValue(_ x: Value) throws -> Value {
        let rgb = try channels(x)
        let (r, g, b) = (rgb[0], rgb[1], rgb[2])
        let value = try graph.max(x, axes: [3], keepsDimensions: true)
        let range = try graph.subtract(value, graph.min(x, axes: [3], keepsDimensions: true))
        let zero = try graph.constant(0)
        let saturation = try graph.select(
            graph.compare(.greater, value, zero), divideOrZero(range, value), zero)
        let norm = try divideOrZero(graph.constant(1 / 6), range)
        func sixth(_ a: Value, _ b: Value, _ start: Float) throws -> Value {
            try graph.add(
                graph.multiply(norm, graph.subtract(a, b)), graph.constant(start / 6))
        }
        var hue = try graph.select(same(g, value), sixth(b, r, 2), sixth(r, g, 4))
        hue = try graph.select(same(r, value), sixth(g, b, 0), hue)
        hue = try graph.select(graph.compare(.greater, range, zero), hue, zero)
        let below = try graph.compare(.less, hue, zero)
        hue = try graph.select(below, graph.add(hue, graph.constant(1)), hue)
        return try graph.concatenate([hue, saturation, value], axis: 3)
    }

    fileprivate mutating func redGreenBlue(_ x: Value) throws -> Value {
        let hsv = try channels(x)
        let sixths = try graph.scale(hsv[0], by: 6)
        let one = try graph.constant(1)
        func clipped(_ x: Value) throws -> Value {
            try graph.unary(.clip(lowest: 0, highest: 1), x)
        }
        func distance(_ centre: Float) throws -> Value {
            try graph.unary(.abs, graph.subtract(sixths, graph.constant(centre)))
        }
        let colours = [
            try clipped(graph.subtract(distance(3), one)),
            try clipped(graph.subtract(graph.constant(2), distance(2))),
            try clipped(graph.subtract(graph.constant(2), distance(4))),
        ]
        let white = try graph.subtract(one, hsv[1])
        let result = try colours.map { colour in
            try graph.multiply(graph.add(white, graph.multiply(hsv[1], colour)), hsv[2])
        }
        return try graph.concatenate(result, axis: 3)
    }

    // MARK: Sizes

    fileprivate mutating func resized() throws -> Value {
        let given = try tensor(0, "images")
        let dtype = dtype(given)
        let size = try options.ints("size", count: 2)
        return try overImages("images") { c, x in
            var x = x
            if try c.options.bool("crop_to_aspect_ratio", default: false) {
                x = try c.cropped(x, toRatio: size)
            } else if try c.options.bool("pad_to_aspect_ratio", default: false) {
                x = try c.padded(x, toRatio: size)
            }
            let result = try c.resampled(x, to: size)
            guard dtype.isInteger else { return result }
            return try c.graph.cast(c.graph.unary(.round, c.real(result)), to: dtype)
        }
    }

    private mutating func resampled(_ x: Value, to size: [Int]) throws -> Value {
        if Array(shape(x)[1...2]) == size { return x }
        let kind: Resampling = try options.choice("interpolation", default: .bilinear)
        let antialiases = try options.bool("antialias", default: false)
        let images = try real(x)
        switch kind {
        case .nearest: return try graph.resize(images, to: size, .nearest)
        case .bilinear where !antialiases: return try graph.resize(images, to: size, .bilinear)
        default:
            return try [1, 2].reduce(images) { y, axis in
                try graph.multiplyAlong(
                    axis: axis, of: y,
                    by: kind.matrix(
                        from: shape(y)[axis], to: size[axis - 1], antialiases: antialiases))
            }
        }
    }

    /// Products of extents in single precision, cut to whole numbers, as Keras computes them.
    private func scaled(_ a: Int, _ b: Int, over c: Int) -> Int {
        Int(min(Float(a) * Float(b) / Float(max(c, 1)), 1e15))
    }

    private mutating func cropped(_ x: Value, toRatio size: [Int]) throws -> Value {
        let (height, width) = (shape(x)[1], shape(x)[2])
        let tall = max(min(height, scaled(width, size[0], over: size[1])), 1)
        let wide = max(min(width, scaled(height, size[1], over: size[0])), 1)
        let (top, left) = ((height - tall) / 2, (width - wide) / 2)
        return try graph.slice(
            graph.slice(x, axis: 1, top..<(top + tall)), axis: 2, left..<(left + wide))
    }

    private mutating func padded(_ x: Value, toRatio size: [Int]) throws -> Value {
        let (height, width) = (shape(x)[1], shape(x)[2])
        let top = (max(height, scaled(width, size[0], over: size[1])) - height) / 2
        let left = (max(width, scaled(height, size[1], over: size[0])) - width) / 2
        let margin = [0, top, left, 0]
        let value = try Tensor(scalar: options.float("fill_value", default: 0))
        return try padded(x, margin, margin, with: value)
    }

    /// What is added to, or taken off, both ends of an axis; two of three options say it.
    private func frame(
        _ first: String, _ last: String, _ target: String, _ extent: Int, isPadding: Bool
    ) throws -> (Int, Int) {
        let suffix = isPadding ? "padding" : "cropping"
        let before = try options.optionalInt("\(first)_\(suffix)")
        let after = try options.optionalInt("\(last)_\(suffix)")
        let whole = try options.optionalInt(target)
        let given = [before, after, whole].compactMap { $0 }
        guard given.count == 2, given.allSatisfy({ 0..<(1 << 40) ~= $0 }) else {
            throw refusal("two of \(first), \(last) and \(target) expected")
        }
        let rest = whole.map { isPadding ? $0 - extent : extent - $0 } ?? 0
        let pair = (before ?? rest - (after ?? 0), after ?? rest - (before ?? 0))
        guard pair.0 >= 0, pair.1 >= 0, isPadding || pair.0 + pair.1 <= extent else {
            throw refusal("\(pair) around \(extent)")
        }
        return pair
    }

    /// A frame around images, or taken off them.
    fileprivate mutating func framedImages(isPadding: Bool) throws -> Value {
        try overImages("images") { c, x in
            let (height, width) = (c.shape(x)[1], c.shape(x)[2])
            let rows = try c.frame(
                "top", "bottom", "target_height", height, isPadding: isPadding)
            let columns = try c.frame(
                "left", "right", "target_width", width, isPadding: isPadding)
            if isPadding {
                return try c.padded(
                    x, [0, rows.0, columns.0, 0], [0, rows.1, columns.1, 0], with: nil)
            }
            let tall = try c.graph.slice(x, axis: 1, rows.0..<(height - rows.1))
            return try c.graph.slice(tall, axis: 2, columns.0..<(width - columns.1))
        }
    }

    // MARK: Windows

    /// The pixels of every window, one after another in the channels.
    fileprivate mutating func patches() throws -> Value {
        let given = try tensor(0, "images")
        let dtype = dtype(given)
        let rank = options.value("size")?.array?.count == 3 ? 3 : 2
        let size = try options.ints("size", count: rank)
        let strides = try options.ints("strides", count: rank, default: size)
        let dilation = try options.ints(
            "dilation_rate", count: rank, default: [Int](repeating: 1, count: rank))
        let isSame = try options.string("padding", default: "valid").lowercased() == "same"
        let window = Window(
            size: size, strides: strides, dilation: dilation, padding: isSame ? .same : .valid)
        let result = try overImages("images", spatialRank: rank) { c, x in
            var y = x
            let amounts = try window.amounts(Array(c.shape(x)[1...rank]))
            y = try c.padded(
                y, [0] + amounts.map(\.before) + [0], [0] + amounts.map(\.after) + [0], with: nil)
            var counts: [Int] = []
            for axis in 1...rank {
                let extent = c.shape(y)[2 * axis - 1]
                let reach = (size[axis - 1] - 1) * dilation[axis - 1]
                try c.checkTable(extent)
                let starts = Array(
                    Swift.stride(from: 0, to: extent - reach, by: strides[axis - 1]))
                counts.append(starts.count)
                try c.checkTable(starts.count, size[axis - 1])
                let places = starts.flatMap { start in
                    (0..<size[axis - 1]).map { Int64(start + $0 * dilation[axis - 1]) }
                }
                let indices = try Tensor(
                    places, shape: Shape([starts.count, size[axis - 1]]))
                y = try c.graph.gather(y, c.graph.constant(indices), axis: 2 * axis - 1)
            }
            let spatial = (0..<rank).map { 1 + 2 * $0 }
            let offsets = (0..<rank).map { 2 + 2 * $0 }
            let ordered = try c.graph.transpose(
                y, permutation: [0] + spatial + offsets + [2 * rank + 1])
            let depth = size.reduce(1, *) * c.shape(x)[rank + 1]
            return try c.graph.reshape(ordered, to: [c.shape(x)[0]] + counts + [depth])
        }
        return try cast(result, dtype)
    }

    /// `e^(−½ (x / σ)²)` around the middle, with sum 1.
    private func bell(_ size: Int, _ sigma: Double) -> [Double] {
        let weights = (0..<size).map { place in
            let x = (Double(place) - Double(size - 1) / 2) / sigma
            return exp(-0.5 * x * x)
        }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    private mutating func filtered(
        _ x: Value, _ kernel: [[Double]], padding: Padding
    ) throws -> Value {
        let channels = shape(x)[3]
        let (rows, columns) = (kernel.count, kernel.first?.count ?? 0)
        let weights = kernel.joined().flatMap {
            [Float](repeating: Float($0), count: channels)
        }
        let constant = try graph.constant(
            Tensor(weights, shape: Shape([rows, columns, channels, 1])))
        let window = Window(size: [rows, columns], strides: [1, 1], padding: padding)
        return try graph.depthwiseConvolution(
            x, constant, strides: [1, 1], dilation: [1, 1],
            padding: window.amounts(Array(shape(x)[1...2])))
    }

    fileprivate mutating func blurred() throws -> Value {
        let size = try options.ints("kernel_size", count: 2, default: [3, 3])
        let sigma = (options.value("sigma")?.array ?? [1, 1]).compactMap(\.double)
        guard sigma.count == 2, size.allSatisfy({ $0 < 1 << 12 }) else {
            throw refusal("sigma \(sigma), kernel_size \(size)")
        }
        // Keras lays the first size along the columns' kernel; for odd shapes as it does.
        let (first, second) = (bell(size[0], sigma[0]), bell(size[1], sigma[1]))
        let flat = second.flatMap { row in first.map { row * $0 } }
        let kernel = (0..<size[0]).map { Array(flat[($0 * size[1])..<(($0 + 1) * size[1])]) }
        return try overImages("images") { c, x in
            try c.filtered(c.real(x), kernel, padding: .same)
        }
    }

    /// The derivatives along rows and columns, in a new last axis.
    fileprivate mutating func edges() throws -> Value {
        let x = try real(tensor(0, "images"))
        guard shape(x).count == 4 else { throw refusal("a batch expected, \(shape(x)) found") }
        let isFirst = try format() == .channelsFirst
        let last = isFirst ? try graph.transpose(x, permutation: [0, 2, 3, 1]) : x
        let margin = [0, 1, 1, 0]
        let wide = try graph.pad(last, before: margin, after: margin, mode: .reflect)
        let vertical = try filtered(
            wide, [[-1, -2, -1], [0, 0, 0], [1, 2, 1]], padding: .valid)
        let horizontal = try filtered(
            wide, [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], padding: .valid)
        let both = try graph.stack([vertical, horizontal], axis: 4)
        return isFirst ? try graph.transpose(both, permutation: [0, 3, 1, 2, 4]) : both
    }

    fileprivate mutating func structuralSimilarity() throws -> Value {
        func images(_ position: Int, _ key: String) throws -> Value {
            var x = try real(tensor(position, key))
            if shape(x).count == 3 { x = try expanded(x, [0]) }
            guard shape(x).count == 4 else { throw refusal("images expected, \(shape(x)) found") }
            return try format() == .channelsFirst
                ? graph.transpose(x, permutation: [0, 2, 3, 1]) : x
        }
        let first = try tensor(0, "image1")
        let isSingle = shape(first).count == 3
        let (a, b) = (try images(0, "image1"), try images(1, "image2"))
        let range = try options.double("max_val", default: 1)
        let size = try options.positiveInt("filter_size", default: 11)
        guard size < 1 << 10 else { throw refusal("filter_size \(size)") }
        let line = bell(size, try options.double("filter_sigma", default: 1.5))
        let kernel = line.map { row in line.map { row * $0 } }
        func squared(_ x: Double) throws -> Value { try graph.constant(Float(x * x)) }
        let c1 = try squared(options.double("k1", default: 0.01) * range)
        let c2 = try squared(options.double("k2", default: 0.03) * range)
        func mean(_ x: Value) throws -> Value { try filtered(x, kernel, padding: .valid) }
        let (m1, m2) = (try mean(a), try mean(b))
        let (m11, m22) = (try graph.square(m1), try graph.square(m2))
        let m12 = try graph.multiply(m1, m2)
        let s11 = try graph.subtract(mean(graph.square(a)), m11)
        let s22 = try graph.subtract(mean(graph.square(b)), m22)
        let s12 = try graph.subtract(mean(graph.multiply(a, b)), m12)
        let upper = try graph.multiply(
            graph.add(graph.scale(m12, by: 2), c1), graph.add(graph.scale(s12, by: 2), c2))
        let lower = try graph.multiply(
            graph.add(graph.add(m11, m22), c1), graph.add(graph.add(s11, s22), c2))
        let result = try graph.mean(graph.divide(upper, lower), axes: [1, 2, 3])
        return isSingle ? try graph.reshape(result, to: []) : result
    }

    // MARK: Scaling

    /// Resampling along some axes; scale and translation may be tensors but must be known.
    fileprivate mutating func scaledAndTranslated() throws -> Value {
        let x = try tensor(0, "images")
        let extents = try staticInts(1, "output_shape")
        let scales = try tensor(2, "scale")
        let shifts = try tensor(3, "translation")
        let scale = try staticTensor(scales, "scale").doubles()
        let shift = try staticTensor(shifts, "translation").doubles()
        let axes = try options.intList("spatial_dims").map { try axis($0, rank: shape(x).count) }
        let antialiases = try options.bool("antialias", default: true)
        let kind: Resampling
        switch try options.string("method") {
        case "linear", "bilinear", "trilinear", "triangle": kind = .bilinear
        case "cubic", "bicubic", "tricubic": kind = .bicubic
        case "lanczos3": kind = .lanczos3
        case "lanczos5": kind = .lanczos5
        case let other: throw refusal("method \"\(other)\" is unknown")
        }
        guard extents.count == shape(x).count, scale.count >= axes.count,
            shift.count >= axes.count
        else { throw refusal("\(axes.count) axes of \(shape(x))") }
        var y = try real(x)
        for (position, axis) in axes.enumerated() {
            let matrix = try kind.matrix(
                from: shape(y)[axis], to: extents[axis], scale: scale[position],
                translation: shift[position], antialiases: antialiases)
            y = try graph.multiplyAlong(axis: axis, of: y, by: matrix)
        }
        guard dtype(x).isInteger else { return y }
        let flatX = try real(flat(x))
        let rounded = try graph.maximum(
            graph.minimum(graph.unary(.round, y), graph.max(flatX, axes: [0])),
            graph.min(flatX, axes: [0]))
        return try graph.cast(rounded, to: dtype(x))
    }
}
