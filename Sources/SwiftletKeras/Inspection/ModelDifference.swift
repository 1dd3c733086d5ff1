internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletLayers
internal import SwiftletTensor
package import SwiftletWeights

/// What two files of models or weights differ in: structure first, then numbers.
package struct ModelDifference: Sendable {
    package struct Item: Sendable {
        package enum Kind: String, Sendable {
            case layer, configuration, weight, compilation, metadata
        }
        package let kind: Kind
        /// The layer, weight or key.
        package let place: String
        package let text: String
    }

    package private(set) var items: [Item] = []
    package private(set) var comparedWeights = 0
    /// The weights' greatest difference.
    package private(set) var maximum = 0.0

    /// - Parameter tolerance: numbers up to `tolerance · (1 + |b|)` apart are alike.
    /// - Throws: ``KerasFileError`` if a file cannot be read.
    package init(_ a: String, _ b: String, tolerance: Double) throws {
        let (first, second) = (try Side(a), try Side(b))
        compareLayers(first.layers, second.layers)
        compare(first.weights, second.weights, tolerance)
        compare(first.compiled, second.compiled, kind: .compilation, place: "")
        compare(.object(first.metadata), .object(second.metadata), kind: .metadata, place: "")
    }

    /// A file as far as it is compared.
    private struct Side {
        var layers: [(path: String, json: JSON)] = []
        var weights: [NamedArray] = []
        var compiled: JSON = .null
        var metadata: JSONObject = [:]

        init(_ path: String) throws {
            var loading = WeightLoading()
            loading.keepsTypes = true
            do {
                switch try KerasContent(path) {
                case .package, .legacyModel:
                    let (model, _) = try Model.opened(path, loading: loading)
                    take(model)
                    weights = try model.network.shapes().weights.compactMap { spec in
                        model.tensors[spec.path].map { NamedArray(name: spec.path, $0) }
                    }
                case .architecture: take(try Model.trainable(path).model)
                case .legacyWeights, .weights, .shardedWeights, .foreign:
                    weights = try storedArrays(path)
                }
            } catch {
                throw KerasFileError(error, file: path)
            }
        }

        private mutating func take(_ model: Model) {
            list(model.network.serialized(), prefix: "")
            compiled = model.compilation.map { .object($0.config) } ?? .null
            metadata = model.metadata
        }

        private mutating func list(_ json: JSON, prefix: String) {
            for layer in json["config"]?["layers"]?.array ?? [] {
                let name = layer["name"]?.string ?? layer["config"]?["name"]?.string ?? ""
                var own = layer
                if var config = layer["config"], config["layers"] != nil {
                    config["layers"] = nil
                    own["config"] = config
                }
                layers.append((prefix + name, own))
                list(layer, prefix: "\(prefix)\(name)/")
            }
        }
    }

    private mutating func add(_ kind: Item.Kind, _ place: String, _ text: String) {
        items.append(Item(kind: kind, place: place, text: text))
    }

    private mutating func compareLayers(
        _ a: [(path: String, json: JSON)], _ b: [(path: String, json: JSON)]
    ) {
        let others = Dictionary(b.map { ($0.path, $0.json) }) { first, _ in first }
        let names = Set(a.map(\.path))
        for (path, json) in a {
            guard let other = others[path] else {
                add(.layer, path, "only in the first")
                continue
            }
            compare(json, other, kind: .configuration, place: path)
        }
        for (path, _) in b where !names.contains(path) { add(.layer, path, "only in the second") }
    }

    /// Walks both; each key that differs is named.
    private mutating func compare(_ a: JSON, _ b: JSON, kind: Item.Kind, place: String) {
        if a == b { return }
        if case .object(let x) = a, case .object(let y) = b {
            for (key, value) in x {
                let inner = place.isEmpty ? key : "\(place).\(key)"
                if let other = y[key] {
                    compare(value, other, kind: kind, place: inner)
                } else if !value.isNull {
                    add(kind, inner, "\(Self.short(value)) only in the first")
                }
            }
            for (key, value) in y where x[key] == nil && !value.isNull {
                add(
                    kind, place.isEmpty ? key : "\(place).\(key)",
                    "\(Self.short(value)) only in the second")
            }
        } else if let x = a.double, let y = b.double, x == y || x.isNaN && y.isNaN {
            return
        } else {
            add(kind, place, "\(Self.short(a)) and \(Self.short(b))")
        }
    }

    private static func short(_ json: JSON) -> String {
        let text = json.text()
        return text.count <= 60 ? text : text.prefix(57) + "…"
    }

    private mutating func compare(_ a: [NamedArray], _ b: [NamedArray], _ tolerance: Double) {
        let others = Dictionary(b.map { ($0.name, $0) }) { first, _ in first }
        let names = Set(a.map(\.name))
        for array in a {
            guard let other = others[array.name] else {
                add(.weight, array.name, "only in the first")
                continue
            }
            comparedWeights += 1
            guard let x = try? array.read(), let y = try? other.read() else {
                add(.weight, array.name, "cannot be read")
                continue
            }
            let difference = TensorDifference(x, y)
            maximum = max(maximum, difference.maximum)
            if !difference.isWithin(tolerance) {
                add(.weight, array.name, difference.text)
            } else if x.dtype != y.dtype {
                add(.weight, array.name, "\(x.dtype) and \(y.dtype)")
            }
        }
        for array in b where !names.contains(array.name) {
            add(.weight, array.name, "only in the second")
        }
    }
}

/// The arrays of a file of weights alone, under the names that the file gives them.
///
/// - Throws: ``KerasFileError``.
package func storedArrays(_ path: String) throws -> [NamedArray] {
    do {
        switch try KerasContent(path) {
        case .package(let package): return try package.weights().all
        case .weights(let file): return try StoredWeights(file).all
        case .shardedWeights(let index): return try ShardIndex.weights(of: index, at: path).all
        case .legacyWeights(let file): return try LegacyWeights(file.root).all
        case .legacyModel(let file): return try LegacyWeights(file.root.group("model_weights")).all
        case .foreign(let file): return file.arrays
        case .architecture: throw KerasFileError(path, .foreign("an architecture without weights"))
        }
    } catch {
        throw KerasFileError(error, file: path)
    }
}

/// Whether a file holds weights alone, without a model.
package func holdsWeightsAlone(_ path: String) throws -> Bool {
    do {
        switch try KerasContent(path) {
        case .legacyWeights, .weights, .shardedWeights, .foreign: return true
        case .package, .legacyModel, .architecture: return false
        }
    } catch {
        throw KerasFileError(error, file: path)
    }
}
