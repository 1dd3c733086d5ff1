internal import SwiftletFiles

/// The functions behind TFOpLambda layers (tf.keras 2.4 and later), by their public names.
enum TensorFlowFunctions {
    static let rows: [String: ForeignRow] = {
        var rows: [String: ForeignRow] = [:]
        for (names, row) in plain.merging(special, uniquingKeysWith: { $1 }) {
            for name in names.split(separator: " ") { rows[String(name)] = row }
        }
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
        return rows
    }()

    /// How operations are written for Keras 2: the function and its row.
    static let written: [String: (function: String, row: ForeignRow)] = {
        var names = unary.merging(binary) { first, _ in first }
        for (all, row) in plain.merging(special, uniquingKeysWith: { $1 })
        where !onlyRead.contains(row.operation) && names[row.operation] == nil {
            names[row.operation] = all
        }
        var written: [String: (function: String, row: ForeignRow)] = [:]
        for (operation, all) in names {
            guard let first = all.split(separator: " ").first.map(String.init),
                let row = rows[first]
            else { continue }
            written[operation] = (first, row)
        }
        return written
    }()

    /// Whose arguments mean more than the table says.
    private static let onlyRead: Set = [
        "Conv", "DepthwiseConv", "MaxPool", "AveragePool", "BatchNorm", "Moments", "BandPart",
        "Diagonal", "Norm", "Arange", "OneHot", "Inv", "Det", "DepthToSpace", "SpaceToDepth",
        "Sort", "Argsort", "SearchSorted", "Size", "Ndim",
    ]

    /// Of one tensor.
    private static let unary: [String: String] = [
        "Negative": "math.negative", "Absolute": "math.abs", "Sign": "math.sign",
        "Square": "math.square", "Sqrt": "math.sqrt", "Rsqrt": "math.rsqrt",
        "Reciprocal": "math.reciprocal", "Exp": "math.exp", "Expm1": "math.expm1",
        "Log": "math.log", "Log1p": "math.log1p", "Sin": "math.sin", "Cos": "math.cos",
        "Tan": "math.tan", "Arcsin": "math.asin", "Arccos": "math.acos", "Arctan": "math.atan",
        "Sinh": "math.sinh", "Cosh": "math.cosh", "Tanh": "math.tanh nn.tanh",
        "Arcsinh": "math.asinh", "Arccosh": "math.acosh", "Arctanh": "math.atanh",
        "Erf": "math.erf", "Erfc": "math.erfc", "Erfinv": "math.erfinv", "Floor": "math.floor",
        "Ceil": "math.ceil", "Round": "math.round", "Isnan": "math.is_nan",
        "Isinf": "math.is_inf", "Isfinite": "math.is_finite",
        "LogicalNot": "math.logical_not", "Sigmoid": "math.sigmoid nn.sigmoid",
        "LogSigmoid": "math.log_sigmoid", "Softplus": "math.softplus nn.softplus",
        "Softsign": "nn.softsign math.softsign", "Relu": "nn.relu", "Relu6": "nn.relu6",
        "Elu": "nn.elu", "Selu": "nn.selu", "Silu": "nn.silu nn.swish", "Copy": "identity",
        "StopGradient": "stop_gradient", "I0": "math.bessel_i0",
    ]

    /// Of two.
    private static let binary: [String: String] = [
        "Add": "math.add __operators__.add nn.bias_add", "Subtract": "math.subtract",
        "Multiply": "math.multiply", "TrueDivide": "math.truediv realdiv",
        "Divide": "math.divide divide",
        "DivideNoNan": "math.divide_no_nan", "FloorDivide": "math.floordiv floor_div",
        "Mod": "math.floormod math.mod", "Power": "math.pow", "Maximum": "math.maximum",
        "Minimum": "math.minimum", "Equal": "math.equal __operators__.eq",
        "NotEqual": "math.not_equal __operators__.ne", "Greater": "math.greater",
        "GreaterEqual": "math.greater_equal", "Less": "math.less",
        "LessEqual": "math.less_equal", "LogicalAnd": "math.logical_and",
        "LogicalOr": "math.logical_or", "LogicalXor": "math.logical_xor",
    ]

    private static let plain: [String: ForeignRow] = [
        "math.squared_difference": ForeignRow("Square x1=x x2=y"),
        "math.atan2": ForeignRow("Arctan2 x1=y x2=x"),
        "math.reduce_sum": ForeignRow("Sum x=input_tensor axis:axis keepdims:keepdims"),
        "math.reduce_mean": ForeignRow("Mean x=input_tensor axis:axis keepdims:keepdims"),
        "math.reduce_max": ForeignRow("Max x=input_tensor axis:axis keepdims:keepdims"),
        "math.reduce_min": ForeignRow("Min x=input_tensor axis:axis keepdims:keepdims"),
        "math.reduce_prod": ForeignRow("Prod x=input_tensor axis:axis keepdims:keepdims"),
        "math.reduce_any": ForeignRow("Any x=input_tensor axis:axis keepdims:keepdims"),
        "math.reduce_all": ForeignRow("All x=input_tensor axis:axis keepdims:keepdims"),
        "math.reduce_std": ForeignRow("Std x=input_tensor axis:axis keepdims:keepdims"),
        "math.reduce_variance": ForeignRow("Var x=input_tensor axis:axis keepdims:keepdims"),
        "math.reduce_logsumexp": ForeignRow(
            "Logsumexp x=input_tensor axis:axis keepdims:keepdims"),
        "math.argmax argmax": ForeignRow("Argmax x=input axis:axis", ["axis": 0]),
        "math.argmin argmin": ForeignRow("Argmin x=input axis:axis", ["axis": 0]),
        "math.cumsum": ForeignRow(
            "Cumsum x=x axis:axis exclusive:exclusive reverse:reverse", ["axis": 0]),
        "math.cumprod": ForeignRow(
            "Cumprod x=x axis:axis exclusive:exclusive reverse:reverse", ["axis": 0]),
        "math.top_k nn.top_k": ForeignRow("TopK x=input k:k", ["k": 1]),
        "math.l2_normalize linalg.l2_normalize nn.l2_normalize": ForeignRow(
            "Normalize x=x axis:axis epsilon:epsilon", ["axis": nil, "epsilon": 1e-6]),
        "math.add_n": ForeignRow("AddN inputs=inputs"),
        "nn.softmax": ForeignRow("Softmax x=logits axis:axis"),
        "nn.log_softmax": ForeignRow("LogSoftmax x=logits axis:axis"),
        "nn.leaky_relu": ForeignRow("LeakyRelu x=features negative_slope:alpha"),
        "nn.gelu": ForeignRow(
            "Gelu x=features approximate:approximate", ["approximate": false]),
        "nn.moments": ForeignRow("Moments x=x axes:axes shift:shift keepdims:keepdims"),
        "linalg.matmul": ForeignRow("Matmul x1=a x2=b"),
        "tensordot linalg.tensordot": ForeignRow("Tensordot x1=a x2=b axes:axes"),
        "linalg.norm norm": ForeignRow("Norm x=tensor ord:ord axis:axis keepdims:keepdims"),
        "linalg.band_part": ForeignRow(
            "BandPart input=input num_lower=num_lower num_upper=num_upper"),
        "linalg.diag_part": ForeignRow("Diagonal x=input", ["axis1": -2, "axis2": -1]),
        "linalg.inv": ForeignRow("Inv x=input"), "linalg.det": ForeignRow("Det x=input"),
        "clip_by_value": ForeignRow("Clip x=t x_min:clip_value_min x_max:clip_value_max"),
    ]

    private static let special: [String: ForeignRow] = [
        "reshape": ForeignRow("Reshape x=tensor newshape:shape"),
        "transpose linalg.transpose": ForeignRow("Transpose x=a axes:perm"),
        "expand_dims": ForeignRow("ExpandDims x=input axis:axis"),
        "squeeze": ForeignRow("Squeeze x=input axis:axis"),
        "concat": ForeignRow("Concatenate xs=values axis:axis"),
        "stack": ForeignRow("Stack x=values axis:axis"),
        "unstack": ForeignRow("Unstack x=value num:num axis:axis"),
        "split": ForeignRow(
            "Split x=value indices_or_sections:num_or_size_splits axis:axis num:num",
            ["axis": 0]),
        "tile": ForeignRow("Tile x=input repeats:multiples"),
        "repeat": ForeignRow("Repeat x=input repeats:repeats axis:axis"),
        "reverse": ForeignRow("Flip x=tensor axis:axis"),
        "roll": ForeignRow("Roll x=input shift:shift axis:axis"),
        "pad": ForeignRow(
            "Pad x=tensor pad_width:paddings mode:mode constant_values=constant_values"),
        "broadcast_to": ForeignRow("BroadcastTo x=input shape:shape"),
        "slice": ForeignRow("Slice inputs=input_ start_indices=begin shape:size"),
        "__operators__.getitem": ForeignRow("GetItem x=tensor key=slice_spec"),
        "gather": ForeignRow(
            "Take x=params indices=indices validate:validate_indices axis:axis",
            ["axis": 0]),
        "gather_nd": ForeignRow("GatherND params=params indices=indices"),
        "where where_v2": ForeignRow("Where condition=condition x1=x x2=y"),
        "cast": ForeignRow("Cast x=x dtype:dtype"),
        "convert_to_tensor": ForeignRow("ConvertToTensor x=value dtype:dtype"),
        "one_hot": ForeignRow(
            "OneHot x=indices num_classes:depth on:on_value off:off_value axis:axis dtype:dtype"),
        "zeros_like": ForeignRow("ZerosLike x=input dtype:dtype"),
        "ones_like": ForeignRow("OnesLike x=input dtype:dtype"),
        "fill": ForeignRow("Fill dims=dims value=value"),
        "shape": ForeignRow("Shape x=input dtype:out_type"),
        "size": ForeignRow("Size x=input"), "rank": ForeignRow("Ndim x=input"),
        "range": ForeignRow("Arange start=start stop=limit step=delta dtype:dtype"),
        "sort": ForeignRow("Sort x=values axis:axis"),
        "argsort": ForeignRow("Argsort x=values axis:axis"),
        "searchsorted": ForeignRow(
            "SearchSorted sorted_sequence=sorted_sequence values=values side:side"),
        "image.resize": ForeignRow(
            "Resize images=images size:size interpolation:method antialias:antialias"),
        "image.rgb_to_grayscale": ForeignRow("RGBToGrayscale images=images"),
        "image.rgb_to_hsv": ForeignRow("RGBToHSV images=images"),
        "image.hsv_to_rgb": ForeignRow("HSVToRGB images=images"),
        "nn.depth_to_space depth_to_space": ForeignRow(
            "DepthToSpace x=input block_size:block_size"),
        "nn.space_to_depth space_to_depth": ForeignRow(
            "SpaceToDepth x=input block_size:block_size"),
        "nn.conv2d nn.conv1d nn.convolution": ForeignRow(
            "Conv inputs=input kernel=filters strides:strides padding:padding "
                + "data_format:data_format dilation_rate:dilations"),
        "nn.depthwise_conv2d": ForeignRow(
            "DepthwiseConv inputs=input kernel=filter strides:strides padding:padding "
                + "data_format:data_format dilation_rate:dilations"),
        "nn.max_pool2d nn.max_pool1d nn.max_pool": ForeignRow(
            "MaxPool inputs=input pool_size:ksize strides:strides padding:padding "
                + "data_format:data_format"),
        "nn.avg_pool2d nn.avg_pool1d nn.avg_pool": ForeignRow(
            "AveragePool inputs=input pool_size:ksize strides:strides padding:padding "
                + "data_format:data_format"),
        "nn.batch_normalization": ForeignRow(
            "BatchNorm x=x mean=mean variance=variance offset=offset scale=scale "
                + "epsilon:variance_epsilon", ["axis": -1]),
    ]
}
