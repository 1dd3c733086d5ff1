internal import SwiftletFiles

/// What Keras 1 called things.
enum Keras1Words {
    /// Today's classes by their former names.
    static let classNames: [String: String] = {
        var names: [String: String] = [
            "Convolution1D": "Conv1D", "Convolution2D": "Conv2D", "Convolution3D": "Conv3D",
            "AtrousConvolution1D": "Conv1D", "AtrousConvolution2D": "Conv2D",
            "AtrousConv1D": "Conv1D", "AtrousConv2D": "Conv2D",
            "Deconvolution2D": "Conv2DTranspose", "SeparableConvolution2D": "SeparableConv2D",
            "TimeDistributedDense": "Dense",
        ]
        for name in unchanged { names[name] = name }
        return names
    }()

    private static let unchanged = [
        "InputLayer", "Dense", "Activation", "Dropout", "SpatialDropout1D", "SpatialDropout2D",
        "SpatialDropout3D", "Reshape", "Permute", "Flatten", "RepeatVector", "Masking",
        "ActivityRegularization", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D",
        "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "GlobalMaxPooling1D",
        "GlobalMaxPooling2D", "GlobalMaxPooling3D", "GlobalAveragePooling1D",
        "GlobalAveragePooling2D", "GlobalAveragePooling3D", "UpSampling1D", "UpSampling2D",
        "UpSampling3D", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "Cropping1D",
        "Cropping2D", "Cropping3D", "LocallyConnected1D", "LocallyConnected2D", "SimpleRNN", "LSTM",
        "GRU", "ConvLSTM2D", "Embedding", "BatchNormalization", "LeakyReLU", "PReLU", "ELU",
        "ThresholdedReLU", "GaussianNoise", "GaussianDropout", "TimeDistributed", "Bidirectional",
    ]

    /// Layers that have an order of axes but do not write it down.
    static let orderedSilently: Set = [
        "UpSampling2D", "UpSampling3D", "ZeroPadding2D", "ZeroPadding3D", "Cropping2D",
        "Cropping3D", "SpatialDropout2D", "SpatialDropout3D",
    ]

    /// Says nothing that a model needs today.
    static let dropped: Set = [
        "nb_row", "nb_col", "filter_length", "kernel_dim1", "kernel_dim2", "kernel_dim3",
        "subsample_length", "consume_less", "stride", "length", "create_input_layer",
        "input_length", "weights", "cache_enabled",
    ]

    /// Today's keys by their former names, for one class.
    static func keys(of className: String) -> [String: String] {
        common.merging(special[className] ?? [:]) { _, own in own }
    }

    private static let common = [
        "output_dim": "units", "nb_filter": "filters", "bias": "use_bias", "p": "rate",
        "border_mode": "padding", "subsample": "strides", "atrous_rate": "dilation_rate",
        "pool_length": "pool_size", "init": "kernel_initializer",
        "inner_init": "recurrent_initializer", "inner_activation": "recurrent_activation",
        "W_regularizer": "kernel_regularizer", "U_regularizer": "recurrent_regularizer",
        "b_regularizer": "bias_regularizer", "W_constraint": "kernel_constraint",
        "U_constraint": "recurrent_constraint", "b_constraint": "bias_constraint",
        "dropout_W": "dropout", "dropout_U": "recurrent_dropout",
        "depthwise_init": "depthwise_initializer", "pointwise_init": "pointwise_initializer",
    ]

    private static let special: [String: [String: String]] = [
        "Embedding": [
            "output_dim": "output_dim", "init": "embeddings_initializer",
            "W_regularizer": "embeddings_regularizer", "W_constraint": "embeddings_constraint",
        ],
        "BatchNormalization": [
            "beta_init": "beta_initializer", "gamma_init": "gamma_initializer",
        ],
        "PReLU": ["init": "alpha_initializer"],
        "GaussianNoise": ["sigma": "stddev"],
    ]

    static func initializer(_ json: JSON) -> JSON {
        switch json {
        case "zero": "zeros"
        case "one": "ones"
        case "uniform": "random_uniform"
        case "normal": "random_normal"
        default: json
        }
    }

    /// `{"name": "WeightRegularizer", "l1": …, "l2": …}`.
    static func regularizer(_ json: JSON, of layer: Keras1Layer) throws(ConfigRefusal) -> JSON {
        guard !json.isNull else { return json }
        let name = json["name"]?.string ?? json["class_name"]?.string ?? json.string ?? ""
        switch name {
        case "WeightRegularizer", "ActivityRegularizer", "L1L2Regularizer", "L1L2":
            let values = json["config"] ?? json
            return [
                "class_name": "L1L2",
                "config": ["l1": values["l1"] ?? 0.0, "l2": values["l2"] ?? 0.0],
            ]
        default: throw layer.refusal("regularizer \"\(name)\" is not supported")
        }
    }

    /// `{"name": "MaxNorm", "m": …, "axis": …}`.
    static func constraint(_ json: JSON, of layer: Keras1Layer) throws(ConfigRefusal) -> JSON {
        guard !json.isNull else { return json }
        let values = json["config"] ?? json
        let axis = values["axis"] ?? 0
        switch json["name"]?.string ?? json["class_name"]?.string ?? json.string {
        case "MaxNorm":
            return [
                "class_name": "MaxNorm",
                "config": ["max_value": values["m"] ?? values["max_value"] ?? 2, "axis": axis],
            ]
        case "NonNeg": return ["class_name": "NonNeg", "config": [:]]
        case "UnitNorm": return ["class_name": "UnitNorm", "config": ["axis": axis]]
        case let name: throw layer.refusal("constraint \"\(name ?? "")\" is not supported")
        }
    }
}
