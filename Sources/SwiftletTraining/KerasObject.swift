internal import SwiftletFiles
internal import SwiftletLayers

/// A loss, optimizer, metric or schedule as files name it: a class or function name and options.
struct KerasObject {
    let name: String
    let config: LayerConfig
    /// What stands in error messages before a key.
    let kind: String

    /// Reads `"adam"`, `{"class_name": …, "config": {…}}` or a serialized function.
    init(_ json: JSON, kind: String) throws {
        self.kind = kind
        let members: JSONObject
        switch json["class_name"]?.string {
        case "function":
            name = json["config"]?.string ?? json["config"]?["name"]?.string ?? ""
            members = [:]
        case let className?:
            // Other people's classes are registered as `package>Class`.
            name = className.split(separator: ">").last.map(String.init) ?? className
            members = json["config"]?.object ?? [:]
        case nil:
            guard let text = json.string else {
                throw TrainingError.option(
                    object: kind, key: "\(json.text().prefix(60))", cause: "a name expected")
            }
            name = text
            members = [:]
        }
        config = LayerConfig(members, registry: LayerRegistry([]))
    }

    /// Runs `body`, which reads options; what is wrong with one gets the object's name.
    func reading<Result>(_ body: (LayerConfig) throws -> Result) throws -> Result {
        do {
            return try body(config)
        } catch ModelError.config(let key, let cause) {
            throw TrainingError.option(object: "\(kind) \(name)", key: key, cause: cause)
        }
    }

    /// - Parameter names: what there is instead.
    func unknown(among names: some Sequence<String>) -> TrainingError {
        .unknown(kind: kind, name: name, suggestion: Suggestion.nearest(to: name, among: names))
    }
}

extension LayerConfig {
    /// A number within `range`.
    func number(
        _ key: String, default fallback: Double, in range: ClosedRange<Double>
    ) throws -> Double {
        let value = try double(key, default: fallback)
        guard range.contains(value) else {
            throw ModelError.config(
                key: key,
                cause: "\(value) is not between \(range.lowerBound) and \(range.upperBound)")
        }
        return value
    }

    /// A number, or nil for null; `fallback` if it is missing.
    func nullableDouble(_ key: String, default fallback: Double) throws -> Double? {
        json[key].map(\.isNull) == true ? nil : try double(key, default: fallback)
    }

    /// A number above 0; nil if it is missing or null.
    func optionalPositive(_ key: String) throws -> Double? {
        guard value(key) != nil else { return nil }
        let number = try double(key)
        guard number > 0 else {
            throw ModelError.config(key: key, cause: "\(number) is not above 0")
        }
        return number
    }
}

extension Optional where Wrapped == Double {
    var json: JSON { map(JSON.double) ?? .null }
}

extension Optional where Wrapped == Int {
    var json: JSON { map(JSON.int) ?? .null }
}
