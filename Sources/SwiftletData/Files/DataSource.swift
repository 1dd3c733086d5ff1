public import SwiftletDataset
internal import SwiftletFiles
internal import SwiftletTensor

/// Data files of every kind that is known, told apart by content and, where that does not tell, by
/// name.
///
/// | path | inputs | targets |
/// |---|---|---|
/// | `.npz`, `.h5`, `.h5:/group` | the model's input names, `x`, `x_0` …, `input_0` … | `y`, `y_0` …, the model's output names |
/// | `.csv`, `.tsv` | the remaining columns | see ``DataRoles/targetColumns`` |
/// | IDX (`…-images-idx3-ubyte`, `.gz`) | the images | the file with `labels` in its name beside it |
/// | CIFAR (`.bin`) | the pictures | the labels |
/// | folder | pictures in subfolders | the subfolders, sorted, are the classes |
/// | `.npy`, a dataset `.h5:/path`, folder of pictures, one picture | the array | none |
public enum DataSource {
    /// Inputs with targets, for training and evaluation.
    ///
    /// - Parameter placement: where the samples are kept.
    /// - Throws: ``DataError`` that names the file, the place in it and the cause.
    public static func load(
        _ path: String, roles: DataRoles = DataRoles(), placement: DataPlacement = .memory
    ) throws(DataError) -> Dataset {
        let place = DataPath(path)
        let isMapped = placement == .disk
        switch try DataFormat(place.file) {
        case .npz where isMapped: return try MappedNPZ(place.file).dataset(roles)
        case .npz: return try NPZ(place.file).dataset(roles)
        case .hdf5 where isMapped:
            return try MappedHDF5(place.file, object: place.object).dataset(roles)
        case .hdf5: return try HDF5Arrays(place.file, object: place.object).dataset(roles)
        case .csv where isMapped: return try CSV.datasetMapped(path, roles)
        case .csv:
            let table = try CSV.read(path)
            return try DataError.located(file: path) { () throws(DataError.Cause) in
                try table.dataset(roles)
            }
        case .idx:
            guard let labels = IDX.labelsPath(forImages: path) else {
                throw DataError(
                    file: path, .missing("targets: an IDX file of images-idx3 has them beside it"))
            }
            let images = isMapped ? try IDX.readMapped(path) : try IDX.read(path)
            return try renamed(images, IDX.read(labels), roles, path)
        case .cifar:
            let data = isMapped ? try CIFAR.readMapped(path) : try CIFAR.read(path)
            return try renamed(data.x, data.y, roles, path)
        case .folder:
            let data = try ImageFolder.readClasses(
                path, shape: roles.imageShape, placement: placement
            ).dataset
            return try renamed(data.x, data.y, roles, path)
        case .npy, .image:
            throw DataError(
                file: path, .missing("targets: one array has none; an .npz file holds x and y"))
        }
    }

    /// Inputs alone, for predictions: one tensor per name in `roles.inputs`, if there are any.
    public static func loadInputs(
        _ path: String, roles: DataRoles = DataRoles()
    ) throws(DataError) -> NamedTensors {
        let place = DataPath(path)
        let inputs: NamedTensors
        switch try DataFormat(place.file) {
        case .npz: return try NPZ(place.file).inputs(roles)
        case .hdf5: return try HDF5Arrays(place.file, object: place.object).inputs(roles)
        case .csv where !roles.textInputs.isEmpty: return try TextTable(path, roles).inputs(roles)
        case .csv:
            let table = try CSV.read(path)
            inputs = try DataError.located(file: path) { () throws(DataError.Cause) in
                try table.inputs(roles)
            }
        case .npy: inputs = ["x": try NPY.read(path)]
        case .idx: inputs = ["x": try IDX.read(path)]
        case .cifar: inputs = ["x": try CIFAR.read(path).x]
        case .image:
            let picture = try ImageFile.read(path)
            inputs = try DataError.located(file: path) { () throws(DataError.Cause) in
                try DataError.Cause.wrapping {
                    ["x": try picture.reshaped(to: Shape([1] + picture.shape))]
                }
            }
        case .folder:
            let hasPictures = try !ImageFolder.names(in: path).isEmpty
            inputs = [
                "x": hasPictures
                    ? try ImageFolder.read(path, shape: roles.imageShape)
                    : try ImageFolder.readClasses(path, shape: roles.imageShape).dataset.x
            ]
        }
        try checkSingle(roles.inputs, "inputs", path)
        return NamedTensors([(name: roles.inputs.first ?? "x", tensor: inputs[0].tensor)])
    }

    private static func renamed(
        _ x: Tensor, _ y: Tensor?, _ roles: DataRoles, _ path: String
    ) throws(DataError) -> Dataset {
        try checkSingle(roles.inputs, "inputs", path)
        try checkSingle(roles.outputs, "targets", path)
        let targets = y.map { [(name: roles.outputs.first ?? "y", tensor: $0)] } ?? []
        return try DataError.located(file: path) { () throws(DataError.Cause) in
            try DataError.Cause.wrapping {
                try Dataset(
                    inputs: [roles.inputs.first ?? "x": x], targets: NamedTensors(targets))
            }
        }
    }

    static func checkSingle(
        _ names: [String], _ what: String, _ path: String
    ) throws(DataError) {
        guard names.count <= 1 else {
            throw DataError(
                file: path,
                .mismatch("\(names.count) \(what) expected, this kind of file holds one"))
        }
    }
}
