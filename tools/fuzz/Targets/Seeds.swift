internal import Mutation
internal import SwiftletArchive
internal import SwiftletDataset
internal import SwiftletFeatures
internal import SwiftletFiles
internal import SwiftletHDF5
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletTensor
internal import SwiftletTraining

/// Writes the files to begin with: `<output>/<target>/<number>-<name>`.
struct Seeds {
    let fixtures: String
    let output: String
    /// Larger files are slow to run and to mutate well.
    private static let largest = 64 << 10

    func write() throws {
        let made = "\(output)/made"
        try createDirectory(made)
        try makeModels(in: made)
        try makeCompileConfigs(in: made)
        try makeStates(in: made)
        try makeRequests(in: made)
        let files = try allFiles(in: fixtures) + allFiles(in: made)
        for target in FuzzTarget.all {
            let folder = "\(output)/\(target.name)"
            try createDirectory(folder)
            var count = 0
            for file in files
            where target.seeds.contains(where: { seed in
                file.hasSuffix(seed.suffix)
                    && (seed.folder.isEmpty || file.contains("/\(seed.folder)/"))
            }) {
                let bytes = try readFile(file)
                guard bytes.count <= Self.largest else { continue }
                try write(bytes, to: "\(folder)/\(count)-\(fileName(of: file))")
                count += 1
            }
            print("\(target.name): \(count) seeds")
        }
    }

    private func allFiles(in folder: String) throws -> [String] {
        try directoryContents(folder).flatMap { name in
            let path = "\(folder)/\(name)"
            return PathKind(path) == .directory ? try allFiles(in: path) : [path]
        }
    }

    /// Not synced, as it would be for a user: there are thousands.
    private func write(_ bytes: [UInt8], to path: String) throws {
        bytes.withUnsafeBytes { Scratch.write($0, to: path) }
    }

    private func write(_ json: JSON, to path: String) throws {
        try write(Array(json.text().utf8), to: path)
    }

    private func cases(_ folder: String, _ name: String) throws -> [JSON] {
        guard name.hasSuffix(".json"), name != "names.json" else { return [] }
        return try JSON(parsing: readFile("\(fixtures)/\(folder)/\(name)"))["cases"]?.array ?? []
    }

    /// Configurations of models: around every layer and operation that Keras computed something for, and
    /// those of whole files of all eras.
    private func makeModels(in folder: String) throws {
        var models: [JSON] = []
        for name in try directoryContents("\(fixtures)/layers") {
            models += try cases("layers", name).compactMap(LayerCases.model)
        }
        for name in try directoryContents("\(fixtures)/operations") {
            models += try cases("operations", name).compactMap { $0["model"] }
        }
        for path in try allFiles(in: fixtures) {
            if path.hasSuffix(".keras"), let archive = try? ZipArchive(path),
                let text = try? archive.read("config.json"), let json = try? JSON(parsing: text)
            {
                models.append(json)
            } else if path.hasSuffix(".h5"), let file = try? HDF5File(path),
                let text = try? file.root.attribute("model_config")?.strings?.first,
                let json = try? JSON(parsing: text)
            {
                models.append(json)
            } else if path.hasSuffix(".json"), !path.contains("/hostile/"),
                let json = try? JSON(parsing: readFile(path)), json["class_name"] != nil
            {
                models.append(json)
            }
        }
        for (index, model) in models.enumerated() {
            try write(model, to: "\(folder)/\(index).model.json")
        }
        let descriptions: [JSON] = [
            [
                "name": "digits", "input": [8, 8, 1],
                "layers": [
                    ["Conv2D": ["filters": 2, "kernel_size": 3, "activation": "relu"]], "Flatten",
                    ["Dense": ["units": 10, "activation": "softmax"]],
                ], "loss": "sparse_categorical_crossentropy",
                "optimizer": ["adam": ["learning_rate": 0.002]], "metrics": ["accuracy"],
            ],
            [
                "input": ["shape": [nil], "dtype": "int32", "name": "words"],
                "layers": [
                    ["Embedding": ["input_dim": 20, "output_dim": 3, "mask_zero": true]],
                    ["LSTM": ["units": 3]], ["Dense": ["units": 1]],
                ], "loss": "mse",
                "optimizer": ["sgd": ["learning_rate": ["cosine_decay": ["decay_steps": 5]]]],
            ],
        ]
        for (index, description) in descriptions.enumerated() {
            try write(description, to: "\(folder)/\(index).description.json")
        }
    }

    private func makeCompileConfigs(in folder: String) throws {
        var configs: [JSON] = []
        for name in try directoryContents("\(fixtures)/training") {
            for entry in try cases("training", name) {
                if let config = entry["compile_config"] {
                    configs.append(config)
                } else if name == "optimizers.json", let config = entry["config"] {
                    configs.append(["optimizer": config, "loss": "mse", "metrics": ["mae"]])
                } else if name == "losses.json" || name == "metrics.json",
                    let className = entry["class_name"], let config = entry["config"]
                {
                    let object: JSON = ["class_name": className, "config": config]
                    configs.append(
                        name == "losses.json"
                            ? ["optimizer": "sgd", "loss": object]
                            : ["optimizer": "sgd", "loss": "mse", "metrics": [object]])
                }
            }
        }
        for (index, config) in configs.enumerated() {
            try write(config, to: "\(folder)/\(index).compile.json")
        }
    }

    /// Files that only this program writes.
    private func makeStates(in folder: String) throws {
        var model = try Model([Input(2), Dense(2)])
        var options = FitOptions(epochs: 2, threads: 1)
        options.backup = TrainingBackup(
            "\(folder)/fit.state", everySeconds: 0, isRemovedAtEnd: false)
        let numbers = try Tensor([0, 1, 2, 3] as [Float], shape: [2, 2])
        model.compile(TrainingSetup(optimizer: .adam(), loss: .meanSquaredError))
        try model.fit(Dataset(x: numbers, y: numbers), options: options)
        let journal = try FeatureJournal("\(folder)/set.features")
        let set = try journal.begin(["set": "real", "image_list_sha256": "x"])
        for first in [0, 2] {
            try journal.append(
                FeatureBatch(features: numbers, logits: numbers), of: set, first: first)
        }
        try write(tar(["a.ppm": Array("P6 1 1 255\nabc".utf8)]), to: "\(folder)/pictures.tar")
    }

    private func makeRequests(in folder: String) throws {
        func tensor(_ name: String, _ type: String, _ shape: [Int], _ more: JSONObject) -> JSON {
            var tensor: JSONObject = [
                "name": .string(name), "datatype": .string(type),
                "shape": .array(shape.map { .int($0) }),
            ]
            for (key, value) in more { tensor[key] = value }
            return .object(tensor)
        }
        func sized(_ count: Int) -> JSONObject { ["parameters": ["binary_data_size": .int(count)]] }
        let path = "/v2/models/digits/infer"
        let requests = [
            RawRequest(
                path: path,
                [
                    "id": "1", "parameters": ["timeout": 1000, "binary_data_output": true],
                    "inputs": [
                        tensor("x", "FP32", [2, 2], ["data": [[1, 2.5], [-3, 4e3]]]),
                        tensor("n", "INT64", [2], ["data": [1, -7]]),
                        tensor("t", "BYTES", [2], ["data": ["a", "é"]]),
                        tensor("b", "BOOL", [2, 1], ["data": [[true], [false]]]),
                    ], "outputs": [["name": "y", "parameters": ["binary_data": false]]],
                ]),
            RawRequest(
                path: "/v2/models/digits/versions/1/infer",
                [
                    "inputs": [
                        tensor("x", "FP32", [1, 2], sized(8)), tensor("h", "FP16", [3], sized(6)),
                        tensor("t", "BYTES", [2, 1], sized(11)), tensor("b", "BOOL", [2], sized(2)),
                        tensor("u", "UINT64", [1], sized(8)),
                    ]
                ],
                binary: [
                    0, 0, 128, 63, 0, 0, 192, 127, 0, 60, 1, 0, 255, 255, 2, 0, 0, 0, 65, 66, 1, 0,
                    0, 0, 67, 1, 0, 255, 255, 255, 255, 255, 255, 255, 255,
                ]),
        ]
        for (index, request) in requests.enumerated() {
            try write(request.flat, to: "\(folder)/\(index).request")
        }
    }

    private func tar(_ files: [String: [UInt8]]) -> [UInt8] {
        var archive: [UInt8] = []
        for (name, bytes) in files {
            var header = [UInt8](repeating: 0, count: 512)
            func set(_ text: String, at start: Int) {
                for (index, byte) in text.utf8.enumerated() { header[start + index] = byte }
            }
            set(name, at: 0)
            set(String(bytes.count, radix: 8), at: 124)
            set("ustar", at: 257)
            header[156] = UInt8(ascii: "0")
            archive += header + bytes
            archive += [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
        }
        return archive + [UInt8](repeating: 0, count: 1024)
    }
}
