import SwiftletData
import SwiftletDataset
import SwiftletFiles
import SwiftletHDF5
import SwiftletTensor
import TestSupport
import Testing

private func source(_ name: String) -> String { Fixtures.path("sources/\(name)") }

@Suite struct DataSourceTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let path: String
        var roles = DataRoles()
        var x: [Double] = [0, 1, 2, 3, 4, 5]
        var y: [Double] = [0, 1, 2]
        var yShape: Shape = [3]
        var yType = DType.int32
        var weights: [Double]?
        var testDescription: String { path }
    }

    @Test(
        "one input, one target",
        arguments: [
            Row(path: "single.npz", weights: [1, 2, 0.5]),
            Row(path: "data.h5"),
            Row(path: "data.h5:/test", x: [100, 101, 102, 103], y: [0, 1], yShape: [2]),
            Row(path: "header.csv", yShape: [3, 1], weights: [1, 2, 0.5]),
            Row(path: "plain.csv", yShape: [3, 1]),
            Row(path: "regression.csv", y: [0.5, 1.5, 2.5], yShape: [3, 1], yType: .float32),
            Row(
                path: "targets.csv", y: [0, 0.5, 1, 1.5, 2, 2.5], yShape: [3, 2], yType: .float32),
            Row(
                path: "header.csv", roles: DataRoles(inputColumns: ["b"], targetColumns: ["a"]),
                x: [1, 3, 5], y: [0, 2, 4], yShape: [3, 1], weights: [1, 2, 0.5]),
            Row(
                path: "plain.csv", roles: DataRoles(targetColumns: ["0"]), x: [1, 0, 3, 1, 5, 2],
                y: [0, 2, 4], yShape: [3, 1]),
        ])
    func loads(_ row: Row) throws {
        let data = try DataSource.load(source(row.path), roles: row.roles)
        #expect(data.inputs.names == ["x"])
        #expect(data.targets.names == ["y"])
        #expect(data.x.dtype == .float32)
        #expect(try data.x.doubles() == row.x)
        #expect(data.y?.shape == row.yShape)
        #expect(data.y?.dtype == row.yType)
        #expect(try data.y?.doubles() == row.y)
        #expect(try data.sampleWeights?.doubles() == row.weights)
    }

    @Test func modelsNameTheirInputsAndOutputs() throws {
        let roles = DataRoles(inputs: ["left", "right"], outputs: ["output"])
        let named = try DataSource.load(source("named.npz"), roles: roles)
        #expect(named.inputs.names == ["left", "right"])
        #expect(try named.inputs["right"]?.doubles().first == 10)
        #expect(try named.targets["output"]?.doubles() == [0, 1, 2])

        let pair = DataRoles(inputs: ["left", "right"], outputs: ["a", "b"])
        let numbered = try DataSource.load(source("several.npz"), roles: pair)
        #expect(try numbered.inputs["right"]?.doubles().first == 10)
        #expect(try numbered.targets["b"]?.doubles() == [10, 11, 12])
        let unnamed = try DataSource.load(source("several.npz"))
        #expect(unnamed.inputs.names == ["x_0", "x_1"])
        #expect(unnamed.targets.names == ["y_0", "y_1"])

        for file in ["named.npz", "numbered.npz", "several.npz"] {
            let inputs = try DataSource.loadInputs(source(file), roles: roles)
            #expect(inputs.names == ["left", "right"])
            #expect(try inputs["right"]?.doubles().first == 10)
        }
    }

    @Test(
        "a model of one input",
        arguments: [
            "array.npy", "one.h5", "one.h5:/deep/in/images", "one.h5:/deep/in", "data.h5:/x",
        ])
    func loadsInputs(_ path: String) throws {
        let inputs = try DataSource.loadInputs(source(path), roles: DataRoles(inputs: ["pixels"]))
        #expect(inputs.names == ["pixels"])
        #expect(try inputs[0].tensor.doubles() == [0, 1, 2, 3, 4, 5])
    }

    @Test(
        arguments: [
            ("sets/t10k-images-idx3-ubyte.gz", [3, 2, 2], [7, 2, 1]),
            ("sets/data_batch_1.bin", [2, 32, 32, 3], [3, 9]),
            ("sets/classes", [3, 2, 3, 3], [0, 1, 1]),
        ] as [(String, [Int], [Double])])
    func pictures(path: String, shape: [Int], labels: [Double]) throws {
        let roles = DataRoles(inputs: ["image"], outputs: ["class"])
        let data = try DataSource.load(Fixtures.path(path), roles: roles)
        #expect(data.inputs["image"]?.shape.dimensions == shape)
        #expect(try data.targets["class"]?.doubles() == labels)
        let inputs = try DataSource.loadInputs(Fixtures.path(path), roles: roles)
        #expect(inputs["image"]?.isIdentical(to: data.x) == true)
    }

    @Test func onePictureIsABatch() throws {
        let inputs = try DataSource.loadInputs(Fixtures.path("images/gray.bmp"))
        // Two letters do not make a picture of a file; the name has to say so.
        #expect(inputs["x"]?.shape == [1, 5, 7, 1])
        #expect(
            try DataSource.loadInputs(Fixtures.path("images/rgb.png"))["x"]?.shape == [1, 5, 7, 3])
    }

    @Test(
        "what is missing is named",
        arguments: [
            ("array.npy", "no targets: one array has none; an .npz file holds x and y"),
            (
                "named.npz",
                "no inputs: x, x_0 … expected, the file has 'left', 'right', 'output'"
            ),
            ("numbered.npz", "no targets: y, y_0 … expected, the file has 'input_0', 'input_1'"),
            ("uneven.npz", "x has 3 samples, but y has 2"),
            ("data.h5:/none", "/none: no such object"),
            ("none.npz", "No such file or directory"),
            ("none.h5:/x", "No such file or directory"),
        ])
    func refuses(name: String, message: String) {
        let error = #expect(throws: DataError.self) { try DataSource.load(source(name)) }
        let path = source(name.hasPrefix("data.h5") ? "data.h5" : name)
        #expect(error?.description == "\(path): \(message)")
    }

    @Test func countsAreChecked() throws {
        let three = DataRoles(inputs: ["a", "b", "c"])
        let several = source("several.npz")
        let error = #expect(throws: DataError.self) {
            try DataSource.loadInputs(several, roles: three)
        }
        #expect(error?.description == "\(several): 3 inputs expected, 2 found: 'x_0', 'x_1'")
        let table = source("plain.csv")
        let one = #expect(throws: DataError.self) { try DataSource.loadInputs(table, roles: three) }
        #expect(one?.description == "\(table): 3 inputs expected, this kind of file holds one")
    }

    @Test(arguments: [
        ("a.npz", "not a zip archive, or cut off"), ("a.npy", "not a NumPy .npy file"),
        ("a.h5", "not an HDF5 file"), ("a.csv", "no numbers below the header"),
        ("a.bin", "not a binary CIFAR-10 or CIFAR-100 file"), ("a.idx", "not an IDX file"),
        ("a.png", "not a PNG, JPEG, WebP, BMP, PPM or PGM image"),
        (
            "a.pdf",
            "not a kind of data file that is known (.npz, .npy, .csv, .h5, IDX, CIFAR, images)"
        ),
    ])
    func foreignContent(name: String, message: String) throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/" + name
            try AtomicFile.write("none, of, it", to: path)
            let error = #expect(throws: DataError.self) { try DataSource.loadInputs(path) }
            #expect(error?.description == "\(path): \(message)")
        }
    }
}

@Suite struct DataDestinationTests {
    @Test(arguments: ["npz", "h5", "hdf5", "npy", "csv"]) func writes(_ suffix: String) throws {
        let output = try Tensor([0.5, -1, 2, 3] as [Float], shape: [2, 2])
        let isSingle = suffix == "npy" || suffix == "csv"
        var outputs: NamedTensors = ["output_0": output]
        if !isSingle { outputs["output_1"] = try Tensor([1, 2] as [Int64]) }
        try withTemporaryDirectory { directory in
            let path = directory + "/p." + suffix
            try DataDestination(path, arrayCount: outputs.count).write(outputs)
            let names = isSingle ? ["x"] : ["output_0", "output_1"]
            let again: NamedTensors =
                switch suffix {
                case "npz": try NPZ.read(path)
                case "h5", "hdf5":
                    try NamedTensors(
                        names.map { ($0, try HDF5File(path).root.dataset($0).read()) })
                default: try DataSource.loadInputs(path)
                }
            #expect(again.names == names)
            #expect(zip(again.tensors, outputs.tensors).allSatisfy { $0.isIdentical(to: $1) })
        }
    }

    @Test func unsuitableNamesAreRefusedAtOnce() {
        let two = #expect(throws: DataError.self) { try DataDestination("p.csv", arrayCount: 2) }
        #expect(two?.description == "p.csv: .csv holds one array, not 2; use .npz")
        let other = #expect(throws: DataError.self) { try DataDestination("p.json", arrayCount: 1) }
        #expect(other?.description == "p.json: not the name of a .npz, .npy, .csv or .h5 file")
    }
}
