internal import Mutation
internal import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletTensor
internal import SwiftletTraining

extension FuzzTarget {
    static var models: [FuzzTarget] {
        [
            FuzzTarget("keras", .zip, seeds: [("", ".keras")]) { scratch in
                { try open(scratch.write($0, as: "model.keras")) }
            },
            FuzzTarget("legacy", seeds: [("", ".h5")]) { scratch in
                { try open(scratch.write($0, as: "model.h5")) }
            },
            FuzzTarget("architecture", .json, seeds: [("", ".model.json")]) { scratch in
                { bytes in
                    _ = try ModelTrial.run(
                        Model.trainable(scratch.write(bytes, as: "model.json")).model)
                }
            },
            FuzzTarget("description", .json, seeds: [("", ".description.json")]) { _ in
                { _ = try ModelTrial.run(Model(description: JSON(parsing: $0))) }
            },
            FuzzTarget("mapping", .json, seeds: [("weights", ".map.json")]) { scratch in
                { _ = try WeightMapping(contentsOf: scratch.write($0, as: "map.json")) }
            },
            FuzzTarget("training", .json, seeds: [("", ".compile.json")]) { scratch in
                let model = smallModel
                let data = try Dataset(
                    x: Tensor([0, 1, 2, 3, 4, 5] as [Float], shape: [3, 2]),
                    y: Tensor([0, 1, 0, 1, 1, 0] as [Float], shape: [3, 2]))
                return { bytes in
                    var json = model
                    json["compile_config"] = try JSON(parsing: bytes)
                    let path = scratch.path("model.json")
                    _ = Array(json.text().utf8).withUnsafeBytes {
                        scratch.write($0, as: "model.json")
                    }
                    var opened = try Model.trainable(path).model
                    try opened.initialize()
                    try opened.fit(data, options: FitOptions(batchSize: 2, threads: 1))
                }
            },
        ]
    }

    private static func open(_ path: String) throws {
        _ = try? FileInspection(path)
        _ = try ModelTrial.run(Model(contentsOf: path))
    }

    private static let smallModel: JSON = [
        "module": "keras", "class_name": "Sequential", "registered_name": nil,
        "config": [
            "name": "small",
            "layers": [
                [
                    "module": "keras.layers", "class_name": "InputLayer", "registered_name": nil,
                    "config": ["batch_shape": [nil, 2], "name": "x"],
                ],
                [
                    "module": "keras.layers", "class_name": "Dense", "registered_name": nil,
                    "config": ["name": "dense", "units": 2, "activation": "softmax"],
                ],
            ],
        ],
    ]
}
