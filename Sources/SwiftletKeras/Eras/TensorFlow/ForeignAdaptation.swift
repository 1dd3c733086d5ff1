internal import SwiftletFiles

/// Where TensorFlow's arguments mean the same in another form.
struct ForeignAdaptation {
    let layer: String
    let function: String

    private func refusal(_ cause: String) -> ConfigRefusal {
        ConfigRefusal(place: "layer '\(layer)'", cause: "tf.\(function): \(cause)")
    }

    /// Changes a call into one whose arguments the row takes as they are.
    ///
    /// - Returns: what has to be done to arguments before.
    func adapt(
        _ call: inout ForeignCall, _ row: ForeignRow
    ) throws(ConfigRefusal) -> [Prelude] {
        for key in ["dtype", "out_type"] {
            if let type = call.named[key] { call.named[key] = try dtype(type) }
        }
        var preludes: [Prelude] = []
        switch row.operation {
        case "Matmul":
            for (key, argument) in [
                ("transpose_a", "x1"), ("transpose_b", "x2"), ("adj_x", "x1"), ("adj_y", "x2"),
                ("adjoint_a", "x1"), ("adjoint_b", "x2"),
            ] where call.named[key] == true {
                call.named[key] = nil
                preludes.append(
                    Prelude(
                        arguments: [argument], operation: "Swapaxes",
                        options: ["axis1": -2, "axis2": -1]))
            }
            for key in ["transpose_a", "transpose_b", "adj_x", "adj_y"] { call.named[key] = nil }
        case "Split": try adaptSplit(&call, row)
        case "OneHot": try adaptOneHot(&call)
        case "Reshape": adaptReshape(&call, row)
        case "GetItem": adaptItem(&call)
        case "Resize":
            if call.named["preserve_aspect_ratio"] == true {
                throw refusal("preserve_aspect_ratio is not supported")
            }
            if call.argument("method", in: row) != "nearest" {
                preludes.append(
                    Prelude(arguments: ["images"], operation: "Cast", options: ["dtype": "float32"])
                )
            }
        case "Conv", "DepthwiseConv", "MaxPool", "AveragePool": try adaptWindow(&call)
        case "Square" where row.parameters.count == 2:
            preludes.append(
                Prelude(arguments: ["x1", "x2"], operation: "Subtract", options: [:]))
        case "Normalize":
            // Keras compares with the root of what TensorFlow compares with.
            if let epsilon = call.argument("epsilon", in: row)?.double {
                call.named["epsilon"] = .double(epsilon.squareRoot())
            }
        case "Cumsum", "Cumprod":
            for key in ["exclusive", "reverse"] where call.named[key] == false {
                call.named[key] = nil
            }
        case "Pad":
            if let mode = call.argument("mode", in: row)?.string {
                call.named["mode"] = .string(mode.lowercased())
                if mode.lowercased() != "constant" { call.named["constant_values"] = nil }
            }
        case "Norm":
            if call.named["ord"] == "euclidean" { call.named["ord"] = nil }
        case "Sort", "Argsort":
            let direction = call.named["direction"]?.string ?? "ASCENDING"
            guard direction == "ASCENDING" else { throw refusal("direction \(direction)") }
            call.named["direction"] = nil
        case "Silu":
            guard (call.named["beta"] ?? 1.0).double == 1 else { throw refusal("beta") }
            call.named["beta"] = nil
        default: break
        }
        return preludes
    }

    /// `"<dtype: 'int32'>"`, `"int32"` or a number of TensorFlow's list.
    private func dtype(_ json: JSON) throws(ConfigRefusal) -> JSON {
        guard let text = json.string else { return json }
        guard text.hasPrefix("<") else { return .string(text) }
        let parts = text.split(separator: "'")
        guard parts.count == 3 else { throw refusal("element type \(text)") }
        return .string(String(parts[1]))
    }

    /// Sizes become places.
    private func adaptSplit(
        _ call: inout ForeignCall, _ row: ForeignRow
    ) throws(ConfigRefusal) {
        let sizes = call.argument("num_or_size_splits", in: row)?.array?.map(\.int)
        guard let sizes else { return }
        var places: [JSON] = []
        var last = 0
        for size in sizes.dropLast() {
            guard let size, size >= 0, size < 1 << 40 else { throw refusal("sizes \(sizes)") }
            last += size
            places.append(.int(last))
        }
        call.named["num_or_size_splits"] = .array(places)
    }

    private func adaptOneHot(_ call: inout ForeignCall) throws(ConfigRefusal) {
        for (key, usual) in [("on_value", 1.0), ("off_value", 0.0)] {
            guard let value = call.named[key], !value.isNull else { continue }
            guard value.double == usual else { throw refusal("\(key) \(value.text())") }
            call.named[key] = nil
        }
    }

    /// The one extent that is a tensor is what is left.
    private func adaptReshape(_ call: inout ForeignCall, _ row: ForeignRow) {
        guard let shape = call.argument("shape", in: row)?.array else { return }
        let isOpen = shape.map { $0.int == nil }
        guard isOpen.count(where: { $0 }) == 1, !shape.contains(where: { $0.int == -1 }) else {
            return
        }
        call.named["shape"] = .array(zip(shape, isOpen).map { $1 ? -1 : $0 })
    }

    /// `{"start", "stop", "step"}` becomes Keras 3's slice, unless a bound is a tensor.
    private func adaptItem(_ call: inout ForeignCall) {
        guard let spec = call.named["slice_spec"] else { return }
        func part(_ json: JSON) -> JSON {
            guard let bounds = json.object, bounds["class_name"] == nil else {
                return json["class_name"] == "__ellipsis__"
                    ? ["class_name": "__ellipsis__", "config": [:]] : json
            }
            guard references(in: json).isEmpty else { return json }
            return [
                "class_name": "__slice__",
                "config": [
                    "start": bounds["start"] ?? nil, "stop": bounds["stop"] ?? nil,
                    "step": bounds["step"] ?? nil,
                ],
            ]
        }
        call.named["slice_spec"] = .array((spec.array ?? [spec]).map(part))
    }

    /// Lists over all axes of an image lose batch and channels.
    private func adaptWindow(_ call: inout ForeignCall) throws(ConfigRefusal) {
        let format = call.named["data_format"]?.string ?? "NHWC"
        let isFirst = format.hasPrefix("NC")
        call.named["data_format"] = isFirst ? "channels_first" : "channels_last"
        let rank = format.count - 2
        for key in ["strides", "ksize", "dilations", "rate"] {
            guard let value = call.named[key], !value.isNull else { continue }
            guard let list = value.array, list.count == rank + 2 else { continue }
            guard list[0] == 1, (isFirst ? list[1] : list[rank + 1]) == 1 else {
                throw refusal("\(key) over batch or channels")
            }
            call.named[key] = .array(Array(isFirst ? list[2...] : list[1...rank]))
        }
        if let padding = call.named["padding"]?.string {
            call.named["padding"] = .string(padding.lowercased())
        } else if call.named["padding"] != nil {
            throw refusal("explicit padding")
        }
    }
}
