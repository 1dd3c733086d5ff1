internal import Synchronization

/// The layer classes that users brought: Swift implementations of what files only name.
///
/// A file's custom or Lambda layer is Python code, which is never run. Somebody who wants such a file
/// writes the layer in Swift and registers it, as Python's `register_keras_serializable` does, before
/// the file is opened:
///
/// ```swift
/// LayerRegistry.register(Scale.self, as: "my_package>Scale")
/// let model = try Model(contentsOf: "scaled.keras")
/// ```
enum CustomLayers {
    private struct Tables {
        var layers: [String: any Layer.Type] = [:]
        var lambdas: [String: any Layer.Type] = [:]
        var registeredNames: [String: String] = [:]
    }

    private static let tables = Mutex(Tables())

    static func register(_ type: any Layer.Type, as name: String) {
        tables.withLock {
            $0.layers[name] = type
            $0.registeredNames[type.className] = name
        }
    }

    static func register(_ type: any Layer.Type, forLambda name: String) {
        tables.withLock { $0.lambdas[name] = type }
    }

    /// By the registered name, or by what stands behind its package.
    static func layer(_ name: String) -> (any Layer.Type)? {
        tables.withLock { tables in
            if let type = tables.layers[name] { return type }
            guard !name.contains(">") else { return nil }
            return tables.layers.first { $0.key.hasSuffix(">\(name)") }?.value
        }
    }

    static func lambda(_ name: String) -> (any Layer.Type)? { tables.withLock { $0.lambdas[name] } }

    static func registeredName(of className: String) -> String? {
        tables.withLock { $0.registeredNames[className] }
    }
}

extension LayerRegistry {
    /// Makes a Swift implementation of a custom layer known for the rest of the process.
    ///
    /// - Parameters:
    ///   - type: reads the layer's configuration and declares its weights in the order in which the
    ///     Python class adds them.
    ///   - name: the name that files give the class: `registered_name` (`package>Class`) in Keras 3,
    ///     `class_name` in older files; see `swiftlet inspect`. ``Layer/className`` by default.
    public static func register(_ type: any Layer.Type, as name: String? = nil) {
        CustomLayers.register(type, as: name ?? type.className)
    }

    /// Makes a Swift implementation known of the Lambda layer that has this name in its model.
    public static func register(_ type: any Layer.Type, forLambda name: String) {
        CustomLayers.register(type, forLambda: name)
    }

    package static func hasLambda(_ name: String) -> Bool { CustomLayers.lambda(name) != nil }

    /// The name that a user registered a class under; nil for classes of this house.
    package static func registeredName(of className: String) -> String? {
        CustomLayers.registeredName(of: className)
    }
}
