/// How far two arrays are from each other.
package struct TensorDifference: Sendable {
    /// The shapes, where they differ; then nothing else is compared.
    package private(set) var shapes: (Shape, Shape)?
    package private(set) var maximum = 0.0
    /// The greatest `|a − b| / (1 + |b|)`.
    package private(set) var scaled = 0.0
    /// The position of that element in row-major order.
    package private(set) var position = 0
    /// Elements that are NaN in one of the arrays alone, or infinities that the other has not.
    package private(set) var nonFiniteCount = 0
    /// Strings that differ.
    package private(set) var stringCount = 0

    package init(_ a: Tensor, _ b: Tensor) {
        guard a.shape == b.shape else {
            shapes = (a.shape, b.shape)
            return
        }
        if let texts = a.strings ?? b.strings {
            let others = (a.strings == nil ? a.strings : b.strings) ?? []
            stringCount =
                others.count == texts.count ? zip(texts, others).count { $0 != $1 } : texts.count
            return
        }
        guard let a = try? a.doubles(), let b = try? b.doubles() else { return }
        for (index, (x, y)) in zip(a, b).enumerated() {
            if x == y || x.isNaN && y.isNaN { continue }
            guard x.isFinite, y.isFinite else {
                if nonFiniteCount == 0, scaled == 0 { position = index }
                nonFiniteCount += 1
                continue
            }
            let distance = abs(x - y)
            maximum = max(maximum, distance)
            let relative = distance / (1 + abs(y))
            if relative > scaled { (scaled, position) = (relative, index) }
        }
    }

    /// Whether the arrays are alike up to `tolerance · (1 + |b|)`.
    package func isWithin(_ tolerance: Double) -> Bool {
        shapes == nil && nonFiniteCount == 0 && stringCount == 0 && scaled <= tolerance
    }

    package var text: String {
        if let (a, b) = shapes { return "shape \(a) and \(b)" }
        if stringCount > 0 { return "\(stringCount) texts differ" }
        let nonFinite = nonFiniteCount > 0 ? ", \(nonFiniteCount) NaN or infinite in one alone" : ""
        return
            "greatest difference \(Float(maximum)) (relative \(Float(scaled)) at element \(position))"
            + nonFinite
    }
}
