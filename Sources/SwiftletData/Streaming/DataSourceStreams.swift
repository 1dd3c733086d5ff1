internal import SwiftletDataset
internal import SwiftletTensor

extension DataSource {
    /// Inputs with targets, read in order; the same samples as ``load(_:roles:placement:)`` gives.
    ///
    /// Arrays of `.npz` and HDF5 files, tables and pictures are unpacked as they are read; gzipped and
    /// CIFAR files first go to a temporary file without a name.
    package static func open(
        _ path: String, roles: DataRoles = DataRoles()
    ) throws(DataError) -> SampleSource {
        let place = DataPath(path)
        switch try DataFormat(place.file) {
        case .npz: return try source(NPZ(place.file), roles)
        case .hdf5: return try source(HDF5Arrays(place.file, object: place.object), roles)
        case .csv: return try TableSource(path, roles, needsTargets: true)
        case .folder:
            let (_, paths, labels) = try ImageFolder.classes(path)
            let y = try DataError.located(file: path) { () throws(DataError.Cause) in
                try DataError.Cause.wrapping { try Tensor(labels) }
            }
            try checkSingle(roles.inputs, "inputs", path)
            try checkSingle(roles.outputs, "targets", path)
            return try ArraySource(
                file: path, inputs: [("x", PictureRows(paths, shape: roles.imageShape))],
                targets: [("y", TensorRows(y, file: path))])
        default:
            let data = try load(path, roles: roles, placement: .disk)
            return try ArraySource(
                file: path,
                inputs: data.inputs.map { ($0.name, TensorRows($0.tensor, file: path)) },
                targets: data.targets.map { ($0.name, TensorRows($0.tensor, file: path)) })
        }
    }

    /// Inputs alone, read in order; the same as ``loadInputs(_:roles:)`` gives.
    package static func openInputs(
        _ path: String, roles: DataRoles = DataRoles()
    ) throws(DataError) -> SampleSource {
        let place = DataPath(path)
        func single(_ rows: any RowReader) throws(DataError) -> SampleSource {
            try checkSingle(roles.inputs, "inputs", path)
            return try ArraySource(file: path, inputs: [("x", rows)])
        }
        switch try DataFormat(place.file) {
        case .npz: return try inputs(NPZ(place.file), roles)
        case .hdf5: return try inputs(HDF5Arrays(place.file, object: place.object), roles)
        case .csv where roles.textInputs.isEmpty:
            try checkSingle(roles.inputs, "inputs", path)
            return try TableSource(path, roles, needsTargets: false)
        case .npy: return try single(NPY.rows(path))
        case .idx: return try single(TensorRows(IDX.readMapped(path), file: path))
        case .cifar: return try single(TensorRows(CIFAR.readMapped(path).x, file: path))
        case .folder:
            let names = try ImageFolder.names(in: path)
            let paths =
                names.isEmpty
                ? try ImageFolder.classes(path).paths : names.map { path + "/" + $0 }
            return try single(PictureRows(paths, shape: roles.imageShape))
        default:
            let tensors = try loadInputs(path, roles: roles)
            return try ArraySource(
                file: path, inputs: tensors.map { ($0.name, TensorRows($0.tensor, file: path)) })
        }
    }

    private static func source(
        _ arrays: some ArrayCollection, _ roles: DataRoles
    ) throws(DataError) -> SampleSource {
        let selection = try arrays.selection(roles)
        return try ArraySource(
            file: arrays.file, inputs: parts(selection.inputs, arrays),
            targets: parts(selection.targets, arrays),
            weights: selection.weights.map { name throws(DataError) in try arrays.rows(name) })
    }

    private static func inputs(
        _ arrays: some ArrayCollection, _ roles: DataRoles
    ) throws(DataError) -> SampleSource {
        try ArraySource(file: arrays.file, inputs: parts(arrays.inputSelection(roles), arrays))
    }

    private static func parts(
        _ pairs: [ArraySelection.Pair], _ arrays: some ArrayCollection
    ) throws(DataError) -> [ArraySource.Part] {
        var parts: [ArraySource.Part] = []
        for (role, name) in pairs { parts.append((role, try arrays.rows(name))) }
        return parts
    }
}
