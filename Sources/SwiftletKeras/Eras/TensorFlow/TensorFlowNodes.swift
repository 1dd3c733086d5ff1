internal import SwiftletFiles

/// The operations behind TensorFlowOpLayer layers (tf.keras 1.15 to 2.3), by TensorFlow's names.
enum TensorFlowNodes {
    static let rows: [String: ForeignRow] = {
        var rows: [String: ForeignRow] = [:]
        for (own, names) in unary {
            for name in names.split(separator: " ") {
                rows[String(name)] = ForeignRow("\(own) x=x")
            }
        }
        for (own, names) in binary {
            for name in names.split(separator: " ") {
                rows[String(name)] = ForeignRow("\(own) x1=x x2=y")
            }
        }
        for (name, own) in reductions {
            rows[name] = ForeignRow("\(own) x=input axis:axes keepdims:keep_dims")
        }
        return rows.merging(special) { $1 }
    }()

    private static let unary: [String: String] = [
        "Negative": "Neg", "Absolute": "Abs", "Sign": "Sign", "Square": "Square", "Sqrt": "Sqrt",
        "Rsqrt": "Rsqrt", "Reciprocal": "Reciprocal Inv", "Exp": "Exp", "Expm1": "Expm1",
        "Log": "Log", "Log1p": "Log1p", "Sin": "Sin", "Cos": "Cos", "Tan": "Tan",
        "Arcsin": "Asin", "Arccos": "Acos", "Arctan": "Atan", "Sinh": "Sinh", "Cosh": "Cosh",
        "Tanh": "Tanh", "Erf": "Erf", "Erfc": "Erfc", "Floor": "Floor", "Ceil": "Ceil",
        "Round": "Round", "Sigmoid": "Sigmoid", "Softplus": "Softplus", "Softsign": "Softsign",
        "Relu": "Relu", "Relu6": "Relu6", "Elu": "Elu", "Selu": "Selu",
        "Softmax": "Softmax", "LogSoftmax": "LogSoftmax", "LogicalNot": "LogicalNot",
        "Isnan": "IsNan", "Isinf": "IsInf", "Isfinite": "IsFinite", "Copy": "Identity",
        "StopGradient": "StopGradient", "ZerosLike": "ZerosLike", "OnesLike": "OnesLike",
    ]

    private static let binary: [String: String] = [
        "Add": "Add AddV2 BiasAdd", "Subtract": "Sub", "Multiply": "Mul",
        "TrueDivide": "RealDiv Div", "DivideNoNan": "DivNoNan", "FloorDivide": "FloorDiv",
        "Mod": "FloorMod", "Power": "Pow", "Maximum": "Maximum", "Minimum": "Minimum",
        "Arctan2": "Atan2", "Equal": "Equal",
        "NotEqual": "NotEqual", "Greater": "Greater", "GreaterEqual": "GreaterEqual",
        "Less": "Less", "LessEqual": "LessEqual", "LogicalAnd": "LogicalAnd",
        "LogicalOr": "LogicalOr", "Matmul": "MatMul BatchMatMul BatchMatMulV2",
    ]

    private static let reductions: [String: String] = [
        "Mean": "Mean", "Sum": "Sum", "Max": "Max", "Min": "Min", "Prod": "Prod", "Any": "Any",
        "All": "All",
    ]

    private static let special: [String: ForeignRow] = [
        "SquaredDifference": ForeignRow("Square x1=x x2=y"),
        "Reshape": ForeignRow("Reshape x=tensor newshape:shape"),
        "Transpose": ForeignRow("Transpose x=x axes:perm"),
        "ExpandDims": ForeignRow("ExpandDims x=input axis:dim"),
        "Squeeze": ForeignRow("Squeeze x=input axis:squeeze_dims"),
        "ConcatV2": ForeignRow("Concatenate xs=values axis:axis"),
        "Pack": ForeignRow("Stack x=values axis:axis"),
        "Unpack": ForeignRow("Unstack x=value axis:axis num:num"),
        "Split": ForeignRow(
            "Split axis:split_dim x=value indices_or_sections:num_split"),
        "Tile": ForeignRow("Tile x=input repeats:multiples"),
        "Pad": ForeignRow("Pad x=input pad_width:paddings"),
        "PadV2": ForeignRow("Pad x=input pad_width:paddings constant_values=constant_values"),
        "MirrorPad": ForeignRow("Pad x=input pad_width:paddings mode:mode"),
        "BroadcastTo": ForeignRow("BroadcastTo x=input shape:shape"),
        "Slice": ForeignRow("Slice inputs=input start_indices=begin shape:size"),
        "StridedSlice": ForeignRow("GetItem x=input key=slice_spec"),
        "GatherV2": ForeignRow("Take x=params indices=indices axis:axis", ["axis": 0]),
        "Gather": ForeignRow("Take x=params indices=indices", ["axis": 0]),
        "GatherNd": ForeignRow("GatherND params=params indices=indices"),
        "Select": ForeignRow("Where condition=condition x1=t x2=e"),
        "SelectV2": ForeignRow("Where condition=condition x1=t x2=e"),
        "Cast": ForeignRow("Cast x=x dtype:DstT"),
        "OneHot": ForeignRow(
            "OneHot x=indices num_classes:depth on:on_value off:off_value axis:axis"),
        "Fill": ForeignRow("Fill dims=dims value=value"),
        "Shape": ForeignRow("Shape x=input dtype:out_type"),
        "Range": ForeignRow("Arange start=start stop=limit step=delta"),
        "ArgMax": ForeignRow("Argmax x=input axis:dimension"),
        "ArgMin": ForeignRow("Argmin x=input axis:dimension"),
        "Cumsum": ForeignRow("Cumsum x=x axis:axis exclusive:exclusive reverse:reverse"),
        "Cumprod": ForeignRow("Cumprod x=x axis:axis exclusive:exclusive reverse:reverse"),
        "TopKV2": ForeignRow("TopK x=input k:k"),
        "LeakyRelu": ForeignRow("LeakyRelu x=features negative_slope:alpha"),
        "ClipByValue": ForeignRow("Clip x=t x_min:low x_max:high"),
        "ReverseV2": ForeignRow("Flip x=tensor axis:axis"),
        "ResizeBilinear": ForeignRow("Resize images=images size:size"),
        "AddN": ForeignRow("AddN inputs=inputs"),
        "DepthToSpace": ForeignRow("DepthToSpace x=input block_size:block_size"),
        "SpaceToDepth": ForeignRow("SpaceToDepth x=input block_size:block_size"),
    ]

    /// `DT_FLOAT` as `float32`.
    static func dtype(_ name: String) -> JSON {
        let names: [String: String] = [
            "DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_HALF": "float16",
            "DT_BFLOAT16": "bfloat16", "DT_INT8": "int8", "DT_INT16": "int16",
            "DT_INT32": "int32", "DT_INT64": "int64", "DT_UINT8": "uint8",
            "DT_UINT16": "uint16", "DT_BOOL": "bool",
        ]
        return .string(names[name] ?? name)
    }

    /// Attributes that only say the types are left out; variadic inputs become a list; masks of a
    /// strided slice become slices.
    static func adapted(_ call: ForeignCall, operation: String) -> ForeignCall {
        var call = call
        let known = Set(rows[operation]?.parameters.map(\.foreign) ?? [])
        let masks = call.named
        for key in call.named.keys
        where !known.contains(key)
            && !["transpose_a", "transpose_b", "adj_x", "adj_y"].contains(key)
        {
            call.named[key] = nil
        }
        switch operation {
        case "ConcatV2":
            call.named["axis"] = call.positional.popLast() ?? .null
            call.positional = [.array(call.positional)]
        case "Pack", "AddN": call.positional = [.array(call.positional)]
        case "StridedSlice": return strided(call, masks)
        case "ResizeBilinear":
            if masks["half_pixel_centers"] != true { call.named["half_pixel_centers"] = false }
        default: break
        }
        return call
    }

    private static func strided(_ call: ForeignCall, _ masks: JSONObject) -> ForeignCall {
        guard call.positional.count == 4 else { return call }
        func list(_ place: Int) -> [JSON]? { call.positional[place].array }
        guard let begin = list(1), let end = list(2), let steps = list(3) else { return call }
        func bit(_ name: String, _ place: Int) -> Bool {
            (masks[name]?.int ?? 0) >> place & 1 == 1
        }
        let parts = begin.indices.prefix(32).map { place -> JSON in
            if bit("ellipsis_mask", place) { return ["class_name": "__ellipsis__"] }
            if bit("new_axis_mask", place) { return nil }
            if bit("shrink_axis_mask", place) { return begin[place] }
            return [
                "start": bit("begin_mask", place) ? nil : begin[place],
                "stop": bit("end_mask", place) || place >= end.count ? nil : end[place],
                "step": place < steps.count ? steps[place] : nil,
            ]
        }
        return ForeignCall(
            positional: [call.positional[0]], named: ["slice_spec": .array(Array(parts))])
    }
}
