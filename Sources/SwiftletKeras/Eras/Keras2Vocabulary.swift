internal import SwiftletFiles

/// What of today's preprocessing layers Keras 2 does not know.
enum Keras2Vocabulary {
    /// Whether a class has no such key.
    static func lacks(_ key: String, of className: String) -> Bool {
        newKeys[className]?[key] != nil
    }

    /// Whether leaving the key out says the same.
    static func isNeutral(_ value: JSON, for key: String, of className: String) -> Bool {
        guard let neutral = newKeys[className]?[key] else { return false }
        func equal(_ a: JSON, _ b: JSON) -> Bool {
            if let a = a.double, let b = b.double { return a == b }
            if let a = a.array, let b = b.array {
                return a.count == b.count && zip(a, b).allSatisfy(equal)
            }
            return a == b
        }
        return neutral == "anything" || equal(neutral, value)
    }

    /// The element type that Keras 2 wants for what a layer answers; nil where it does not care.
    static func dtype(of className: String, _ config: JSONObject) -> String? {
        switch className {
        case "TextVectorization": "string"
        case "Discretization", "HashedCrossing", "Hashing", "IntegerLookup", "StringLookup":
            config["output_mode"] == "int" ? "int64" : "float32"
        default: nil
        }
    }

    /// Why Keras 2 would not take a layer; nil if it would.
    static func refusal(of className: String, _ config: JSONObject) -> String? {
        if newClasses.contains(className) {
            return "\(className) does not exist in Keras 2; save as .keras"
        }
        let keepsWeights = ["IntegerLookup", "StringLookup", "TextVectorization"]
        guard keepsWeights.contains(className), config["output_mode"] == "tf_idf" else {
            return nil
        }
        return "the eras disagree on how .h5 files hold the weights of tf_idf; save as .keras"
    }

    private static let newClasses: Set<String> = [
        "AugMix", "AutoContrast", "CutMix", "Equalization", "MaxNumBoundingBoxes",
        "MelSpectrogram", "MixUp", "Pipeline", "RandAugment", "RandomColorDegeneration",
        "RandomColorJitter", "RandomElasticTransform", "RandomErasing", "RandomGaussianBlur",
        "RandomGrayscale", "RandomHue", "RandomInvert", "RandomPerspective",
        "RandomPosterization", "RandomSaturation", "RandomSharpness", "RandomShear",
        "STFTSpectrogram", "Solarization",
    ]

    /// Classes with the keys that are new since, and the value that says nothing; "anything" where
    /// none does any harm.
    private static let newKeys: [String: [String: JSON]] = [
        "CenterCrop": ["data_format": "channels_last"],
        "IntegerLookup": ["oov_method": "floormod", "salt": nil],
        "RandomBrightness": ["data_format": "anything"],
        "RandomContrast": ["data_format": "anything", "value_range": [0, 255]],
        "RandomCrop": [
            "data_format": "channels_last", "resizes_outside_training": true,
        ],
        "RandomFlip": ["data_format": "channels_last"],
        "RandomRotation": ["data_format": "channels_last"],
        "RandomTranslation": ["data_format": "channels_last"],
        "RandomZoom": ["data_format": "channels_last"],
        "Resizing": [
            "antialias": false, "data_format": "channels_last", "fill_mode": "constant",
            "fill_value": 0, "pad_to_aspect_ratio": false, "returns_floats": "anything",
        ],
        "StringLookup": ["oov_method": "anything", "salt": nil],
    ]
}
