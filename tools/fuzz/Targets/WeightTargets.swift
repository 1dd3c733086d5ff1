internal import SwiftletFiles
internal import SwiftletWeights

extension FuzzTarget {
    static var weights: [FuzzTarget] {
        [
            weightFile("safetensors", .bytes, ".safetensors"),
            weightFile("mxnet", .bytes, ".params"),
            weightFile("pickle", .bytes, ".pkl"), weightFile("torch", .zip, ".pth", ".pt"),
            weightFile("npz", .zip, ".npz"),
            // The index alone: its data file is as the fixture has it.
            FuzzTarget("checkpoint", seeds: [("weights", ".index")]) { scratch in
                _ = [UInt8](repeating: 1, count: 4096).withUnsafeBytes {
                    scratch.write($0, as: "weights.data-00000-of-00001")
                }
                return { bytes in
                    _ = scratch.write(bytes, as: "weights.index")
                    try readArrays(scratch.path("weights"))
                }
            },
        ]
    }

    private static func weightFile(
        _ name: String, _ mutation: Mutation, _ suffixes: String...
    ) -> FuzzTarget {
        FuzzTarget(name, mutation, seeds: suffixes.map { ("weights", $0) }) { scratch in
            { try readArrays(scratch.write($0, as: "weights\(suffixes[0])")) }
        }
    }

    private static func readArrays(_ path: String) throws {
        for array in try WeightFile(path)?.arrays ?? [] { _ = try? array.read() }
    }
}
