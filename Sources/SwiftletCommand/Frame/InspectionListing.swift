internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletReport
internal import SwiftletTensor

/// A file of a model or of weights for people: what wrote it, layers, weights, what is unknown.
struct InspectionListing {
    let inspection: FileInspection

    init(_ inspection: FileInspection) { self.inspection = inspection }

    private var origin: KerasOrigin { inspection.origin }
    /// Whether the file holds nothing but arrays.
    private var isArrays: Bool { origin.kind == .weights || origin.kind == .data }

    /// - Parameter isWhole: every weight with its values' range, and every problem.
    func text(for console: Console, isWhole: Bool) -> String {
        var parts: [String] = []
        if inspection.summary != nil || !inspection.layers.isEmpty {
            parts.append(layerTable.text(for: console))
        }
        if let summary = inspection.summary {
            let fixed = summary.parameterCount - summary.trainableCount
            parts.append("\(summary.parameterCount) parameters, \(fixed) of them not trained")
        }
        if !isArrays { parts.append(compiledText) }
        if isArrays || isWhole || inspection.summary == nil {
            if !inspection.weights.isEmpty { parts.append(weightTable.text(for: console)) }
        }
        return (parts + remarks(isWhole)).joined(separator: "\n")
    }

    private var title: String {
        let version = origin.version.map { ", Keras \($0)" } ?? ""
        let backend = origin.backend.map { " on \($0)" } ?? ""
        return origin.format + version + backend
    }

    private var layerTable: TextTable {
        guard let summary = inspection.summary else { return bareTable }
        var table = TextTable(
            title: "\(summary.name): \(title)",
            columns: [
                .init("layer", .left), .init("class", .left), .init("output", .left),
                .init("parameters"), .init("after", .left),
            ])
        for layer in summary.layers {
            let name = layer.path.split(separator: "/").last.map(String.init) ?? layer.path
            table.add([
                String(repeating: "  ", count: layer.depth) + name, layer.className,
                layer.outputShapes.map(Self.text).joined(separator: " "),
                layer.parameterCount == 0 ? "" : String(layer.parameterCount),
                layer.inputs.joined(separator: ", "),
            ])
        }
        return table
    }

    /// The layers of a model that cannot be built.
    private var bareTable: TextTable {
        var table = TextTable(
            title: title, columns: [.init("layer", .left), .init("class", .left), .init("", .left)])
        for layer in inspection.layers {
            table.add([
                String(repeating: "  ", count: layer.depth) + layer.name, layer.className,
                layer.isKnown ? "" : "unknown",
            ])
        }
        return table
    }

    private var weightTable: TextTable {
        var table = TextTable(
            title: isArrays ? title : "arrays in the file",
            columns: [
                .init("array", .left), .init("type", .left), .init("shape", .left),
                .init("lowest"), .init("highest"), .init("mean"), .init("not finite"),
            ])
        func number(_ value: Double?) -> String { value.map { "\(Float($0))" } ?? "" }
        for weight in inspection.weights {
            let statistics = weight.statistics
            let bad = statistics.map { $0.nanCount + $0.infinityCount } ?? 0
            table.add([
                weight.name, weight.dtype.rawValue, weight.shape.description,
                number(statistics?.minimum), number(statistics?.maximum), number(statistics?.mean),
                statistics == nil ? "unreadable" : bad == 0 ? "" : String(bad),
            ])
        }
        return table
    }

    private func remarks(_ isWhole: Bool) -> [String] {
        var remarks: [String] = []
        for limit in inspection.limits { remarks.append("cannot be run: \(limit)") }
        if let report = inspection.report, !report.isComplete {
            remarks.append(
                "weights do not fit the model: \(isWhole ? report.details : "\(report)")")
        }
        let damaged = inspection.weights.filter {
            ($0.statistics?.nanCount ?? 0) + ($0.statistics?.infinityCount ?? 0) > 0
        }
        if !damaged.isEmpty {
            let names = shortened(damaged.map(\.name), whole: isWhole)
            remarks.append("NaN or infinite values in \(counted(damaged.count, "array")): \(names)")
        }
        if !inspection.unknown.isEmpty {
            remarks.append("unknown parts: \(shortened(inspection.unknown, whole: isWhole))")
        }
        if !inspection.metadata.isEmpty {
            remarks.append("metadata: \(shortened(inspection.metadata.keys, whole: isWhole))")
        }
        for cause in isWhole ? inspection.damage[...] : inspection.damage.prefix(5) {
            remarks.append("damaged: \(cause)")
        }
        return remarks
    }

    private static func text(_ shape: [Int?]) -> String {
        "[" + shape.map { $0.map(String.init) ?? "–" }.joined(separator: ", ") + "]"
    }

    private var compiledText: String {
        guard let compiled = inspection.compiled?.object, !compiled.isEmpty else {
            return "not compiled"
        }
        return "compiled with "
            + [("optimizer", "optimizer"), ("loss", "loss"), ("metrics", "metrics")]
            .compactMap { key, title in
                compiled[key].flatMap(Self.name).map { "\(title) \($0)" }
            }.joined(separator: ", ")
    }

    /// The name of an object that Keras has serialized, or of several.
    private static func name(_ json: JSON) -> String? {
        if let text = json.string { return text }
        if let name = json["class_name"]?.string {
            // A function is named by its config.
            return name == "function" ? json["config"]?.string : name
        }
        switch json {
        case .array(let items):
            let names = items.compactMap(name)
            return names.isEmpty ? nil : names.joined(separator: " ")
        case .object(let members):
            let names = members.compactMap { member in
                name(member.value).map { "\(member.key)=\($0)" }
            }
            return names.isEmpty ? nil : names.joined(separator: " ")
        default: return nil
        }
    }
}

// MARK: - JSON

extension InspectionListing {
    var json: JSON {
        var object: JSONObject = [
            "kind": .string(origin.kind.rawValue), "format": .string(origin.format),
            "keras_version": origin.version.map(JSON.string) ?? .null,
            "era": inspection.era.map { .string("\($0)") } ?? .null,
            "backend": origin.backend.map(JSON.string) ?? .null,
        ]
        if let summary = inspection.summary {
            add(summary, to: &object)
        } else {
            object["layers"] = .array(
                inspection.layers.map { layer in
                    [
                        "name": .string(layer.name), "class_name": .string(layer.className),
                        "depth": .int(layer.depth), "known": .bool(layer.isKnown),
                    ]
                })
        }
        object["compiled"] = inspection.compiled ?? .null
        object["metadata"] = .object(inspection.metadata)
        object["arrays"] = .array(inspection.weights.map(Self.json))
        object["matching"] = inspection.report.map(\.json) ?? .null
        object["unknown"] = .array(inspection.unknown.map(JSON.string))
        object["limits"] = .array(inspection.limits.map(JSON.string))
        object["damage"] = .array(inspection.damage.map(JSON.string))
        return .object(object)
    }

    private static func json(_ weight: FileInspection.Weight) -> JSON {
        func number(_ value: Double?) -> JSON { value.map(JSON.double) ?? .null }
        let statistics = weight.statistics
        return [
            "name": .string(weight.name), "dtype": .string(weight.dtype.rawValue),
            "shape": .array(weight.shape.map(JSON.int)), "min": number(statistics?.minimum),
            "max": number(statistics?.maximum), "mean": number(statistics?.mean),
            "nan": statistics.map { .int($0.nanCount) } ?? .null,
            "inf": statistics.map { .int($0.infinityCount) } ?? .null,
        ]
    }

    private func add(_ summary: ModelSummary, to object: inout JSONObject) {
        func shape(_ shape: [Int?]) -> JSON { .array(shape.map { $0.map(JSON.int) ?? .null }) }
        func weights(_ weights: [ModelSummary.Weight]) -> JSON {
            .array(
                weights.map { weight in
                    [
                        "name": .string(weight.path), "dtype": .string(weight.dtype.rawValue),
                        "shape": shape(weight.shape.map { $0 }),
                        "trainable": .bool(weight.isTrainable),
                    ]
                })
        }
        object["name"] = .string(summary.name)
        object["inputs"] = .array(
            summary.inputs.map { ["name": .string($0.name), "shape": shape($0.shape)] })
        object["output_shapes"] = .array(summary.outputShapes.map(shape))
        object["parameters"] = .int(summary.parameterCount)
        object["trainable_parameters"] = .int(summary.trainableCount)
        object["layers"] = .array(
            summary.layers.map { layer in
                [
                    "name": .string(layer.path), "class_name": .string(layer.className),
                    "output_shapes": .array(layer.outputShapes.map(shape)),
                    "inputs": .array(layer.inputs.map(JSON.string)),
                    "parameters": .int(layer.parameterCount), "weights": weights(layer.weights),
                ]
            })
    }
}

extension WeightReport {
    /// Every weight by layer.
    var json: JSON {
        [
            "complete": .bool(isComplete),
            "used": .int(used.count), "missing": .int(missing.count),
            "unused": .int(unused.count), "misshapen": .int(misshapen.count),
            "filled": .int(filled.count),
            "notes": .array(notes.map(JSON.string)), "state": .array(state.map(JSON.string)),
            "layers": .array(layers.map(\.json)),
        ]
    }
}

extension WeightReport.LayerLists {
    fileprivate var json: JSON {
        [
            "layer": .string(layer),
            "used": .array(
                used.map { ["name": .string($0.name), "source": .string($0.source)] }),
            "missing": .array(missing.map(JSON.string)),
            "unused": .array(unused.map(JSON.string)),
            "misshapen": .array(
                misshapen.map {
                    [
                        "name": .string($0.name), "source": .string($0.source),
                        "expected": .array($0.expected.map(JSON.int)),
                        "found": .array($0.found.map(JSON.int)),
                    ]
                }),
            "filled": .array(
                filled.map { ["name": .string($0.name), "value": .string($0.value)] }),
        ]
    }
}
