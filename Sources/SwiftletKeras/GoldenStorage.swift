internal import SwiftletHDF5
internal import SwiftletLayers
internal import SwiftletTensor

/// Where files keep a model's ``Golden``: in a group of an HDF5 file, or in a small HDF5 file that is
/// a member of a `.keras` one. Keras opens the files as ever, since it looks at neither.
enum GoldenStorage {
    static let member = "swiftlet_golden.h5"
    static let group = "swiftlet_golden"

    /// Whether an object of an HDF5 file belongs to it.
    static func isPart(_ path: String) -> Bool {
        path.hasPrefix("/\(group)/") || path.hasPrefix("\(group)/")
    }

    /// Nil if the file has none.
    static func golden(in root: HDF5Group) throws -> Golden? {
        guard root.contains(group) else { return nil }
        let group = try root.group(group)
        func list(_ name: String) throws -> [Tensor] {
            var tensors: [Tensor] = []
            while group.contains("\(name)_\(tensors.count)") {
                tensors.append(try group.dataset("\(name)_\(tensors.count)").read())
            }
            return tensors
        }
        return Golden(
            inputs: try list("input"), outputs: try list("output"),
            tolerance: try group.attribute("tolerance")?.doubles().first ?? 1e-4)
    }

    static func golden(in package: KerasPackage) throws -> Golden? {
        guard package.contains(member) else { return nil }
        return try golden(in: HDF5File(package.file(member)).root)
    }

    static func write(_ golden: Golden?, to writer: HDF5Writer) throws {
        guard let golden else { return }
        try writer.group(group)
        try writer.attribute("tolerance", of: group, Tensor(scalar: golden.tolerance))
        for (index, tensor) in golden.inputs.enumerated() {
            try writer.dataset("\(group)/input_\(index)", tensor, compression: 6)
        }
        for (index, tensor) in golden.outputs.enumerated() {
            try writer.dataset("\(group)/output_\(index)", tensor, compression: 6)
        }
    }
}
