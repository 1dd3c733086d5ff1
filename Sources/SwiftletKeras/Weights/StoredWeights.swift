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
        var dependencies = LayerDependencies(root)
        for dataset in try root.allDatasets() {
            datasets[Self.today(try dependencies.renumbered(dataset.path))] = dataset
        }
        self.datasets = datasets
    }

    /// Keras 2.12 had another name for layers; sublayers began with an underscore.
    private static func today(_ path: String) -> String {
        path.split(separator: "/").map { part in
            part == "_layer_checkpoint_dependencies"
                ? "layers" : part.hasPrefix("_") ? String(part.dropFirst()) : String(part)
        }.joined(separator: "/")
    }

    /// The shape of the first weight of the first layer of a class; nil if there is none.
    func firstShape(of className: String) -> [Int]? {
        let layer = "layers/" + snakeCase(className)
        let places = ["", "/cell", "/layer", "/forward_layer/cell"]
        return places.lazy.compactMap { datasets["\(layer)\($0)/vars/0"] }.first?.shape.dimensions
    }

    func assigned(to specs: [ModelWeight]) throws -> WeightAssignment {
        var assignment = WeightAssignment()
        var rest = Set(datasets.keys.filter(Self.isWeight))
        var counts: [String: Int] = [:]
        for spec in specs {
            let index = counts[spec.group, default: 0]
            counts[spec.group] = index + 1
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
            let index = counts[spec.group, default: 0]
            counts[spec.group] = index + 1
            try dataset("\(spec.group)/vars/\(index)", model.tensor(spec))
        }
        for (index, tensor) in optimizer.enumerated() {
            try dataset("optimizer/vars/\(index)", tensor)
        }
    }
}
