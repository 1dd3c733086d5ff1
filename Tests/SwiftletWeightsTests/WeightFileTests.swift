import SwiftletArchive
import SwiftletFiles
import SwiftletTensor
import SwiftletWeights
import TestSupport
import Testing

private func file(_ name: String) -> String { fixture("weights/\(name)") }

/// Files that PyTorch, safetensors, TensorFlow, NumPy and Keras wrote; see `tools/make-weight-fixtures`.
@Suite struct WeightFileTests {
    /// All of them hold the weights of the same network.
    @Test(
        "the same arrays in every format",
        arguments: [
            "state-legacy.pth", "state.safetensors", "parts.safetensors.index.json",
        ])
    func sameArrays(_ name: String) throws {
        let wanted = try #require(try WeightFile(file("state.pth")))
        let found = try #require(try WeightFile(file(name)))
        let arrays = Dictionary(found.arrays.map { ($0.name, $0) }) { first, _ in first }
        // The twelve weights of the network, and PyTorch's count of batches.
        #expect(wanted.arrays.count == 13)
        #expect(arrays.count == wanted.arrays.count)
        for array in wanted.arrays {
            let other = try #require(arrays[array.name])
            #expect(try array.read().isIdentical(to: other.read()), "\(array.name)")
        }
    }

    @Test func nestedDictionariesAreJoined() throws {
        let found = try #require(try WeightFile(file("checkpoint.pt")))
        #expect(found.format == .torch)
        #expect(found.arrays.map(\.name).contains("state_dict.module.conv.weight"))
    }

    @Test func typesAndStrides() throws {
        let found = try #require(try WeightFile(file("types.pt")))
        var tensors: [String: Tensor] = [:]
        for array in found.arrays { tensors[array.name] = try array.read() }
        func check(_ name: String, _ dtype: DType, _ shape: [Int], _ values: [Double]) throws {
            let tensor = try #require(tensors[name])
            #expect(tensor.dtype == dtype)
            #expect(tensor.shape.dimensions == shape)
            #expect(try tensor.doubles() == values)
        }
        try check("half", .float16, [2, 3], [0, 1, 2, 3, 4, 5])
        try check("brain", .bfloat16, [6], [0, 1, 2, 3, 4, 5])
        try check("whole", .int64, [6], [-3, -2, -1, 0, 1, 2])
        try check("truth", .bool, [2], [1, 0])
        try check("small", .uint8, [], [3])
        try check("wide", .float64, [1], [1.5])
        // arange(12).reshape(3, 4).t()[1:]
        try check("turned", .float32, [3, 3], [1, 5, 9, 2, 6, 10, 3, 7, 11])
        try check("shared", .float32, [3, 2], [1, 1, 1, 1, 1, 1])
        #expect(tensors.count == 8)
    }

    @Test func variablesOfTensorFlow() throws {
        for name in ["saved", "checkpoint/ckpt", "checkpoint", "checkpoint/ckpt.index"] {
            let found = try #require(try WeightFile(file(name)))
            #expect(found.format == .tensorFlow)
            let kernel = try #require(
                found.arrays.first { $0.name.hasPrefix("layer_with_weights-0/kernel/") })
            #expect(kernel.shape.dimensions == [3, 3, 2, 4])
        }
    }

    @Test(arguments: ["a.safetensors", "a.npz"])
    func writes(_ name: String) throws {
        let arrays = [
            (name: "a/kernel", tensor: try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])),
            (name: "a/count", tensor: try Tensor(scalar: Int64(7))),
            (name: "b/half", tensor: try Tensor([1, 2] as [Float]).converted(to: .bfloat16)),
            (name: "empty", tensor: try Tensor(zeros: [0, 3])),
        ]
        try withTemporaryDirectory { directory in
            let path = directory + "/" + name
            let format = try #require(WeightFile.format(ofName: path))
            try WeightFile.write(arrays, to: path, as: format)
            let again = try #require(try WeightFile(path))
            #expect(Set(again.arrays.map(\.name)) == Set(arrays.map(\.name)))
            for (name, tensor) in arrays {
                let array = try #require(again.arrays.first { $0.name == name })
                #expect(try array.read().isIdentical(to: tensor))
            }
        }
    }

    @Test func otherFilesAreNone() throws {
        #expect(try WeightFile(file("model.json")) == nil)
        #expect(try WeightFile(file("legacy.h5")) == nil)
    }
}

/// What must not be read, whatever it asks for; see `tools/references/hostile_weights.py`.
@Suite struct HostileWeightTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let file, cause: String
        let mentions: [String]
        var testDescription: String { "\(file): \(cause)" }

        static let all: [Row] = {
            let index = try? JSON(parsing: readFile(fixture("weights/hostile/index.json")))
            return (index?["files"]?.array ?? []).compactMap { row in
                guard let file = row["file"]?.string, let cause = row["cause"]?.string else {
                    return nil
                }
                return Row(
                    file: file, cause: cause,
                    mentions: row["mentions"]?.array?.compactMap(\.string) ?? [])
            }
        }()
    }

    @Test func tableIsThere() { #expect(Row.all.count > 30) }

    @Test(arguments: Row.all)
    func isRefused(_ row: Row) throws {
        let path = file("hostile/\(row.file)")
        do {
            let found = try WeightFile(path)
            for array in found?.arrays ?? [] { _ = try array.read() }
            // A pickle may be sound and hold nothing.
            #expect(found == nil || found?.arrays.isEmpty == true, "was read")
        } catch let error as WeightFileError {
            let text = "\(error)"
            #expect(text.hasPrefix(path) && text.count < 500 && !text.contains("\n"))
            for word in row.mentions { #expect(text.contains(word), "\(text)") }
        }
        #expect(PathKind("hacked") == .missing)
    }

    /// Every byte of a small file may be anything: nothing traps.
    @Test(
        arguments: [
            "state.pth", "state-legacy.pth", "state.safetensors", "net.params",
            "checkpoint/ckpt.index",
            "numbered.npz", "npz.keras",
        ])
    func damagedBytes(_ name: String) throws {
        let whole = try readFile(file(name))
        try withTemporaryDirectory { directory in
            let suffix = name.split(separator: ".").last.map(String.init) ?? ""
            if name.hasSuffix(".index") {
                let data = try readFile(file("checkpoint/ckpt.data-00000-of-00001"))
                try AtomicFile.write(data, to: directory + "/x.data-00000-of-00001")
            }
            let path = "\(directory)/x.\(suffix)"
            let random = CounterRandom(seed: 3, stream: 4)
            for round in 0..<300 {
                var bytes = whole
                for change in 0..<3 {
                    let draw = random.bits(at: round * 3 + change)
                    bytes[Int(draw >> 8) % bytes.count] = UInt8(truncatingIfNeeded: draw)
                }
                if round % 4 == 0 {
                    bytes.removeLast(Int(random.bits(at: 10_000 + round) >> 8) % bytes.count)
                }
                try AtomicFile.write(bytes, to: path)
                guard let found = try? WeightFile(path) else { continue }
                for array in found.arrays { _ = try? array.read() }
            }
        }
    }
}
