/// The names that a pickle of arrays may mention. They are only recognized, never imported.
enum PickleNames {
    static func isAllowed(module: String, name: String) -> Bool {
        names[module]?.contains(name) == true
            || module == "torch" && (name.hasSuffix("Storage") || torchTypes.contains(name))
            || module == "torch.storage" && name.hasSuffix("Storage")
            || module == "numpy" && name.hasPrefix("dtype")
            || module == "numpy.dtypes"
    }

    private static let torchTypes: Set = [
        "float16", "float32", "float64", "bfloat16", "half", "float", "double", "int8", "int16",
        "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool", "Size", "device", "Tensor",
        "contiguous_format", "channels_last", "strided",
    ]

    private static let arrays: Set = ["_reconstruct", "scalar", "_frombuffer"]

    private static let names: [String: Set<String>] = [
        "torch._utils": [
            "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter",
            "_rebuild_parameter_with_state",
        ],
        "torch._tensor": ["_rebuild_from_type_v2"],
        "torch.nn.parameter": ["Parameter"],
        "torch.serialization": ["_get_layout"],
        "collections": ["OrderedDict", "defaultdict"],
        "builtins": ["dict", "list", "set", "tuple", "int", "float", "bool", "bytearray"],
        "__builtin__": ["dict", "list", "set", "tuple", "int", "float", "bool", "bytearray"],
        "_codecs": ["encode"],
        "numpy": ["ndarray"],
        "numpy.core.multiarray": arrays, "numpy._core.multiarray": arrays,
        "numpy.core.numeric": arrays, "numpy._core.numeric": arrays,
        "ml_dtypes": ["bfloat16"], "ml_dtypes._ml_dtypes_ext": ["bfloat16"],
        // How the Keras 3 of TensorFlow pickles its variables; see ``PickledArrays``.
        "keras.src.backend": ["Variable"],
        "keras.src.backend.tensorflow.core": ["Variable"],
        "keras.src.backend.common.variables": ["KerasVariable", "Variable"],
        "functools": ["partial"],
        "tensorflow.python.ops.resource_variable_ops": ["ResourceVariable"],
        "tensorflow.python.framework.dtypes": ["as_dtype"],
    ]
}
