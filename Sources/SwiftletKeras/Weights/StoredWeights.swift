internal import SwiftletHDF5
internal import SwiftletLayers
internal import SwiftletTensor

/// A `.weights.h5` file: variables by the path of the object that owns them.
struct StoredWeights {
    private let root: HDF5Group
    /// Every dataset by its path in today's words.
    private let datasets: [String: HDF5Dataset]

    init(_ file: HDF5File) throws {
        root = file.root
        var datasets: [String: HDF5Dataset] = [:]
        for dataset in try root.allDatasets() { datasets[Self.today(dataset.path)] = dataset }
        self.datasets = datasets
    }

    /// Keras 2.12 had another name for layers; sublayers began with an underscore.
    private static func today(_ path: String) -> String {
        path.split(separator: "/").map { part in
            part == "_layer_checkpoint_dependencies"
                ? "layers" : part.hasPrefix("_") ? String(part.dropFirst()) : String(part)
        }.joined(separator: "/")
    }

    func assigned(to specs: [ModelWeight]) throws -> WeightAssignment {
        var assignment = WeightAssignment()
        var rest = Set(datasets.keys.filter(Self.isWeight))
        var counts: [String: Int] = [:]
        for spec in specs {
            let first = counts[spec.group, default: 0]
            let index = first + spec.storedAfter.count
            counts[spec.group] = index + 1
            for copy in first..<index { rest.remove(Self.today("\(spec.group)/vars/\(copy)")) }
            let path = Self.today("\(spec.group)/vars/\(index)")
            if let dataset = datasets[path] {
                rest.remove(path)
                try assignment.assign(dataset.read(), to: spec)
            } else {
                assignment.mismatch.missing.append(spec.path)
            }
        }
        assignment.mismatch.unused = rest.sorted()
        return assignment
    }

    /// Not the optimizer's, metrics' or random generators' variables.
    private static func isWeight(_ path: String) -> Bool {
        path.hasPrefix("layers/") && !path.contains("seed_generator/")
    }

    /// The optimizer's variables in order.
    func optimizerVariables() throws -> [Tensor] {
        var tensors: [Tensor] = []
        while let dataset = datasets["optimizer/vars/\(tensors.count)"] {
            tensors.append(try dataset.read())
        }
        return tensors
    }
}

extension HDF5Writer {
    /// Writes the weights by object, and the optimizer's variables in order.
    func storedWeights(_ model: PreparedModel, optimizer: [Tensor]) throws {
        try group("vars")
        try group("layers")
        var counts: [String: Int] = [:]
        for spec in model.shapes.weights {
            var index = counts[spec.group, default: 0]
            for copy in spec.storedAfter {
                if let original = model.shapes.weights.first(where: { $0.path == copy }) {
                    try dataset("\(spec.group)/vars/\(index)", model.tensor(original))
                }
                index += 1
            }
            counts[spec.group] = index + 1
            try dataset("\(spec.group)/vars/\(index)", model.tensor(spec))
        }
        for group in Set(counts.keys).sorted() {
            // Keras 2 looks for the parts of attention under names of its own.
            let name = group.split(separator: "/").last.map(String.init) ?? ""
            if Self.attentionParts.contains(name) { try link(group, as: "_" + name) }
        }
        for (index, tensor) in optimizer.enumerated() {
            try dataset("optimizer/vars/\(index)", tensor)
        }
    }

    private static let attentionParts: Set = [
        "query_dense", "key_dense", "value_dense", "output_dense",
    ]
}
