internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletTensor

/// What a command did, for other programs.
struct JSONOutput: ParsableArguments {
    @Option(
        name: .customLong("json"),
        help: ArgumentHelp("Write what was done as JSON.", valueName: "file"))
    var path: String?

    func check() throws { try checkDestination(path) }

    func write(_ members: JSONObject) throws {
        guard let path else { return }
        try AtomicFile.write(JSON.object(members).text(pretty: true) + "\n", to: path)
    }
}

/// An array that was written, as a line for people and as JSON.
struct WrittenArray {
    let name: String
    let dtype: DType
    let shape: Shape

    init(_ name: String, _ tensor: Tensor) {
        self.init(name: name, dtype: tensor.dtype, shape: tensor.shape)
    }

    init(name: String, dtype: DType, shape: Shape) {
        (self.name, self.dtype, self.shape) = (name, dtype, shape)
    }

    var line: String { "\(name)  \(dtype)  \(shape)" }

    var json: JSON {
        [
            "name": .string(name), "dtype": .string("\(dtype)"),
            "shape": .array(shape.dimensions.map(JSON.int)),
        ]
    }
}

extension [WrittenArray] {
    var json: JSON { .array(map(\.json)) }
}
