public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// The same numbers under another shape; the batch stays.
public struct Reshape: UnaryLayer {
    public static let className = "Reshape"
    public var options: LayerOptions
    /// Extents without the batch; one of them may be −1 and follows from the others.
    public let target: [Int]

    public init(_ target: Int..., name: String? = nil) {
        options = LayerOptions(name: name)
        self.target = target
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        // A null stands for −1 where Keras did not know the extent.
        target =
            try config.value("target_shape")?.array?.map { $0.isNull ? -1 : $0.int ?? -2 }
            ?? config.intList("target_shape")
        guard target.allSatisfy({ $0 >= -1 && $0 <= LayerConfig.largestSize }),
            target.count(where: { $0 == -1 }) <= 1
        else {
            throw ModelError.config(
                key: "target_shape", cause: "extents with at most one −1 expected, \(target) found")
        }
    }

    public var config: JSONObject { ["target_shape": .array(target.map(JSON.int))] }

    public func lower(_ x: Value, in lowering: inout Lowering) throws -> Value {
        let shape = lowering.graph.shape(of: x)
        guard let batch = shape.first else { throw refusal("an input with a batch axis expected") }
        let size = shape.count(of: 1...)
        var extents = target
        if let open = target.firstIndex(of: -1) {
            let known = target.reduce(1) {
                $1 == -1 ? $0 : $0.multipliedReportingOverflow(by: $1).0
            }
            guard known > 0, size % known == 0 else {
                throw refusal("\(Array(shape.dimensions.dropFirst())) cannot become \(target)")
            }
            extents[open] = size / known
        }
        return try lowering.graph.reshape(x, to: [batch] + extents)
    }
}
