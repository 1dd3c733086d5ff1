internal import SwiftletFiles

/// Keras's `quantization_config` of a layer: which quantizers it was given.
struct QuantizationSettings {
    /// What to write; nil for nothing.
    let json: JSON?

    /// Reads the configuration. Keras 3.11 and 3.12 had four-bit kernels but no such object, and
    /// rounded the inputs; today they stay as they are where it says nothing.
    init(config: LayerConfig, mode: QuantizationMode?) {
        guard let given = config.json["quantization_config"] else {
            json =
                if case .int4 = mode {
                    Self.object(
                        "Int4QuantizationConfig",
                        [
                            "weight_quantizer": .null, "activation_quantizer": Self.absMax,
                            "block_size": .null,
                        ])
                } else { nil }
            return
        }
        json = given.isNull ? nil : given
    }

    /// What rounds the inputs; nil if nothing does.
    func inputs(_ mode: QuantizationMode) throws -> AbsMaxQuantizer? {
        guard let json else { return mode == .int8 ? AbsMaxQuantizer() : nil }
        guard let quantizer = json["config"]?["activation_quantizer"], !quantizer.isNull else {
            return nil
        }
        return try AbsMaxQuantizer(json: quantizer, key: "quantization_config")
    }

    private static func object(_ className: String, _ config: JSON) -> JSON {
        kerasObject(module: "keras.quantizers", className: className, config: config)
    }

    private static let absMax = object(
        "AbsMaxQuantizer",
        ["value_range": [-127, 127], "epsilon": .double(1e-7), "output_dtype": "int8"])
}
