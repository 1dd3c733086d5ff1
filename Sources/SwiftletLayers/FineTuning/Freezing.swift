extension Network {
    /// Sets whether training changes the layers that are named, here and in models inside.
    ///
    /// - Parameter path: that of this network and a slash; empty for a whole model.
    /// - Returns: the paths of those layers.
    mutating func setTrainable(
        _ isTrainable: Bool, matching pattern: Glob, path: String = ""
    ) -> [String] {
        var found: [String] = []
        for index in entries.indices {
            let place = path + entries[index].name
            if pattern.matches(entries[index].name) || pattern.matches(place) {
                found.append(place)
                entries[index].layer = entries[index].layer.withAll(isTrainable: isTrainable)
            } else if var inner = entries[index].layer as? Network {
                // A layer cannot be trained inside of a model that is not: the others there get
                // what the model had.
                if isTrainable, !inner.isTrainable {
                    for index in inner.entries.indices {
                        inner.entries[index].layer = inner.entries[index].layer.withAll(
                            isTrainable: false)
                    }
                }
                let names = inner.setTrainable(isTrainable, matching: pattern, path: place + "/")
                guard !names.isEmpty else { continue }
                found += names
                inner.isTrainable = inner.isTrainable || isTrainable
                entries[index].layer = inner
            }
        }
        return found
    }
}

extension Layer {
    /// The layer, and where it is a model all layers in it, as Keras sets `trainable`.
    fileprivate func withAll(isTrainable: Bool) -> any Layer {
        var layer = self
        layer.isTrainable = isTrainable
        guard var network = layer as? Network else { return layer }
        for index in network.entries.indices {
            network.entries[index].layer = network.entries[index].layer.withAll(
                isTrainable: isTrainable)
        }
        return network
    }
}

extension Model {
    /// Freezes layers, or lets them be trained again: Keras's `trainable`.
    ///
    /// ```swift
    /// try model.setTrainable(false, matching: "*")
    /// try model.setTrainable(true, matching: "conv5_*")
    /// ```
    ///
    /// What an optimizer remembers of other weights than those that are trained now is forgotten.
    ///
    /// - Parameter pattern: of layers' names, or of their paths in models inside (`resnet/conv1_*`):
    ///   `*` stands for any characters, `?` for one, `[ab]` for one of some.
    /// - Returns: the paths of the layers that match.
    /// - Throws: ``ModelError/structure(_:)`` if none does.
    @discardableResult
    public mutating func setTrainable(
        _ isTrainable: Bool, matching pattern: String
    ) throws -> [String] {
        func trained() throws -> [String] {
            try network.shapes().weights.filter(\.isOptimized).map(\.path)
        }
        let before = try trained()
        let found = network.setTrainable(isTrainable, matching: Glob(pattern))
        guard !found.isEmpty else {
            throw ModelError.structure("no layer is named like '\(pattern)'")
        }
        if try trained() != before { compilation?.optimizerState = [] }
        return found
    }
}
