package import SwiftletFiles
package import SwiftletGraph
internal import SwiftletTensor

/// The axis of images that a ``RandomSize`` changes.
package protocol SizeAxis: Sendable {
    static var className: String { get }
    static var position: Int { get }
}

package enum HeightAxis: SizeAxis {
    package static let className = "RandomHeight"
    package static let position = 1
}

package enum WidthAxis: SizeAxis {
    package static let className = "RandomWidth"
    package static let position = 2
}

/// Brings a batch of images to another height or width while training, new in every step. Keras 2
/// alone has it.
package struct RandomSize<Axis: SizeAxis>: UnaryLayer {
    package static var className: String { Axis.className }
    package var options: LayerOptions
    /// What is added to 1 for the share of the extent.
    private let change: ClosedRange<Float>
    private let interpolation: ImageInterpolation
    private let augmentation: AugmentationOptions

    package init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        let given = config.value("factor").map { $0.array ?? [$0] } ?? []
        let numbers = given.compactMap(\.double).map { Float($0) }
        let ends = numbers.count == 1 ? [-numbers[0], numbers[0]] : numbers
        guard ends.count == 2, given.count == numbers.count, ends[0] > -1, ends[0] <= ends[1],
            ends[1] < 65_536
        else {
            throw ModelError.config(
                key: "factor",
                cause: "a number or two rising ones above -1 expected, "
                    + "\((config.json["factor"] ?? .null).text().prefix(60)) found")
        }
        change = ends[0]...ends[1]
        interpolation = try config.choice("interpolation", default: .bilinear)
        augmentation = try AugmentationOptions(config: config)
    }

    package var config: JSONObject { augmentation.json }

    package func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        guard lowering.isTraining else { return try lowering.graph.cast(x, to: .float32) }
        return try withImages(x, .channelsLast, in: &lowering) { lowering, images in
            var extents = Array(lowering.graph.shape(of: images).dimensions[1...2])
            let old = extents[Axis.position - 1]
            let new = try extent(old, in: &lowering)
            guard new > 0 else { throw refusal("\(old) pixels would become none") }
            extents[Axis.position - 1] = new
            return try lowering.resizeImages(images, to: extents, interpolation)
        }
    }

    private func extent(_ old: Int, in lowering: inout Lowering) throws -> Int {
        let (low, high) = (1 + change.lowerBound, 1 + change.upperBound)
        guard low < high else { return Int(low * Float(old)) }
        let share = try lowering.drawn(low...high, [], seed: augmentation.seed, name: "size")
        let wanted = try lowering.graph.cast(
            lowering.graph.scale(share, by: Float(old)), to: .int64)
        return lowering.extent("size", measuredBy: wanted, assumed: old)
    }
}
