/// Makes a ``Model`` from layers listed in braces:
///
/// ```swift
/// let model = try Sequential {
///     Input(8, 8, 1)
///     Conv2D(32, kernel: 3, activation: .relu)
///     Flatten()
///     Dense(10, activation: .softmax)
/// }
/// ```
public typealias Sequential = Model

extension Model {
    /// A chain of layers that begins with its ``Input``.
    ///
    /// - Throws: ``ModelError/structure(_:)`` if there is no layer or no input.
    public init(name: String? = nil, @LayerBuilder _ layers: () throws -> [any Layer]) throws {
        try self.init(name: name, layers())
    }
}

/// Lists layers; conditions and loops may choose them.
@resultBuilder
public enum LayerBuilder {
    public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
    public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }
    public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }
    public static func buildEither(first: [any Layer]) -> [any Layer] { first }
    public static func buildEither(second: [any Layer]) -> [any Layer] { second }
    public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
}
