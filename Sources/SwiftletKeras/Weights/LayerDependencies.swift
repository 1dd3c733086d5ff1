internal import SwiftletHDF5

/// Layers in the `.weights.h5` files of Keras 2.12.
///
/// There a layer with weights counted twice, and was written the first time: the dense layers of a
/// model are `dense`, `dense_2`, `dense_4`. Today each counts once.
struct LayerDependencies {
    static let groupName: Substring = "_layer_checkpoint_dependencies"

    private let root: HDF5Group
    /// Today's names of the layers in each group of them.
    private var names: [String: [Substring: String]] = [:]

    init(_ root: HDF5Group) { self.root = root }

    /// The path of an object with today's numbers.
    mutating func renumbered(_ path: String) throws -> String {
        let parts = path.split(separator: "/")
        guard parts.contains(Self.groupName) else { return path }
        var result: [String] = []
        for (index, part) in parts.enumerated() {
            guard index > 0, parts[index - 1] == Self.groupName else {
                result.append(String(part))
                continue
            }
            let group = parts[..<index].joined(separator: "/")
            if names[group] == nil {
                names[group] = Self.today(try root.group(group).childNames())
            }
            result.append(names[group]?[part] ?? String(part))
        }
        return result.joined(separator: "/")
    }

    private static func today(_ names: [String]) -> [Substring: String] {
        let numbered = names.map { name -> (stem: Substring, number: Int, name: String) in
            guard let underscore = name.lastIndex(of: "_"),
                let number = Int(name[name.index(after: underscore)...])
            else { return (name[...], 0, name) }
            return (name[..<underscore], number, name)
        }
        var result: [Substring: String] = [:]
        for (_, layers) in Dictionary(grouping: numbered, by: \.stem) {
            for (count, layer) in layers.sorted(by: { $0.number < $1.number }).enumerated() {
                result[layer.name[...]] =
                    count == 0 ? String(layer.stem) : "\(layer.stem)_\(count)"
            }
        }
        return result
    }
}
