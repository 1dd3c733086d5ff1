package import SwiftletData
package import SwiftletDataset
internal import SwiftletTensor

extension DataSource {
    /// The inputs of a few samples of a file with targets, in the order of their numbers here.
    package static func inputs(
        at rows: [Int], of path: String, roles: DataRoles
    ) throws -> NamedTensors {
        let source = try open(path, roles: roles)
        var found: [Int: [Tensor]] = [:]
        var position = 0
        for row in Set(rows).sorted() {
            guard row < source.count else {
                throw DataError(file: path, .missing("row \(row)"))
            }
            try source.skip(row - position)
            found[row] = try source.read(1).inputs
            position = row + 1
        }
        let names = roles.inputs.isEmpty ? ["x"] : roles.inputs
        var inputs = NamedTensors()
        for (index, name) in names.enumerated() {
            let parts = rows.compactMap {
                found[$0].flatMap { $0.indices.contains(index) ? $0[index] : nil }
            }
            guard let first = parts.first, parts.count == rows.count, first.dtype != .string,
                parts.allSatisfy({ $0.shape == first.shape && $0.dtype == first.dtype })
            else { continue }
            inputs[name] = try Tensor(
                shape: first.shape.replacing(axis: 0, with: parts.count), dtype: first.dtype
            ) { bytes in
                for (place, part) in parts.enumerated() {
                    let size = part.elementCount * part.dtype.size
                    part.withUnsafeBytes {
                        UnsafeMutableRawBufferPointer(
                            rebasing: bytes[place * size..<(place + 1) * size]
                        ).copyMemory(from: $0)
                    }
                }
            }
        }
        return inputs
    }
}
