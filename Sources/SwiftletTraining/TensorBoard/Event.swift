/// What TensorBoard's event files say: TensorFlow's `Event`, as far as scalars and histograms go.
package enum Event {
    /// The head of a file.
    package static func version(at time: Double) -> [UInt8] {
        record(time, step: 0) { event in
            event.add(3, "brain.Event:2")
            event.add(10) { $0.add(1, "swiftlet") }
        }
    }

    /// A number under a name, at a step.
    package static func scalar(
        _ tag: String, _ value: Double, step: Int, at time: Double
    ) -> [UInt8] {
        summary(tag, plugin: "scalars", step: step, at: time) { tensor in
            tensor.add(1, 1)  // float32
            tensor.add(2) { _ in }
            tensor.add(4, withUnsafeBytes(of: Float(value).bitPattern.littleEndian) { Array($0) })
        }
    }

    /// How numbers are spread, under a name, at a step: `[buckets, 3]` of left edge, right edge, count.
    package static func histogram(
        _ tag: String, _ values: [Float], step: Int, at time: Double, buckets: Int = 30
    ) -> [UInt8] {
        let rows = rows(values, buckets)
        return summary(tag, plugin: "histograms", step: step, at: time) { tensor in
            tensor.add(1, 2)  // float64
            tensor.add(2) { shape in
                shape.add(2) { $0.add(1, buckets) }
                shape.add(2) { $0.add(1, 3) }
            }
            tensor.add(
                4, rows.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } })
        }
    }

    /// Buckets of equal width between the extremes; of a single value, the last has them all. Values
    /// that are not finite have no place.
    private static func rows(_ values: [Float], _ count: Int) -> [Double] {
        let finite = values.lazy.filter(\.isFinite).map { Double($0) }
        guard let lowest = finite.min(), let highest = finite.max() else {
            return [Double](repeating: 0, count: 3 * count)
        }
        let width = (highest - lowest) / Double(count)
        guard width > 0 else {
            let total = Double(finite.reduce(into: 0) { sum, _ in sum += 1 })
            return (0..<count).flatMap { [highest, highest, $0 == count - 1 ? total : 0] }
        }
        var counts = [Double](repeating: 0, count: count)
        for value in finite {
            counts[min(Int(((value - lowest) / width).rounded(.down)), count - 1)] += 1
        }
        func edge(_ index: Int) -> Double {
            index == count ? highest : lowest + width * Double(index)
        }
        return (0..<count).flatMap { [edge($0), edge($0 + 1), counts[$0]] }
    }

    private static func summary(
        _ tag: String, plugin: String, step: Int, at time: Double,
        tensor: (inout ProtocolBuffer) -> Void
    ) -> [UInt8] {
        record(time, step: step) { event in
            event.add(5) { summary in
                summary.add(1) { value in
                    value.add(1, tag)
                    value.add(8, tensor)
                    value.add(9) { metadata in
                        metadata.add(1) { $0.add(1, plugin) }
                    }
                }
            }
        }
    }

    private static func record(
        _ time: Double, step: Int, _ build: (inout ProtocolBuffer) -> Void
    ) -> [UInt8] {
        var event = ProtocolBuffer()
        event.add(1, time)
        event.add(2, step)
        build(&event)
        return EventRecord.framed(event.bytes)
    }
}
