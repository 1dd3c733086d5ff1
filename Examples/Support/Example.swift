public import Swiftlet

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What every example does beside its subject: arguments, a table of epochs, a page of curves.
public struct Example {
    public let title: String
    /// The first argument, or what the example usually takes.
    public let epochs: Int
    /// Where pictures and the page go: the second argument, or here.
    public let folder: String
    public private(set) var history = History()

    public init(_ title: String, epochs usual: Int) {
        let arguments = CommandLine.arguments
        self.title = title
        epochs = max(arguments.count > 1 ? Int(arguments[1]) ?? usual : usual, 1)
        folder = arguments.count > 2 ? arguments[2] : "."
        mkdir(folder, 0o755)
    }

    /// Adds an epoch to the history and prints it.
    public mutating func add(_ results: [(name: String, value: Double)]) {
        history.append(results)
        let numbers = results.map { "\($0.name) \(($0.value * 1000).rounded() / 1000)" }
        print("epoch \(history.epochs): " + numbers.joined(separator: ", "))
    }

    /// Writes the page with the curves and, if there are any, a sheet of pictures `[count, 8, 8, 1]` of 0 … 1.
    public func finish(pictures: Tensor? = nil) throws {
        var page = ReportPage(title: title, subtitle: "\(history.epochs) epochs")
        page.add(history: history.json)
        let name = title.lowercased().replacing(" ", with: "-")
        try page.write(to: "\(folder)/\(name).html")
        guard let pictures else { return print("\(folder)/\(name).html has the curves") }
        try ImageFile.writePNG(sheet(pictures), to: "\(folder)/\(name).png")
        print("\(folder)/\(name).html has the curves, \(folder)/\(name).png some pictures")
    }

    /// The first digits, four times as large, sixteen in a row.
    private func sheet(_ pictures: Tensor) throws -> Tensor {
        let (side, zoom, columns) = (8, 4, 16)
        let pixels = try pictures.elements(of: Float.self)
        let rows = max(min(pictures.shape[0] / columns, 6), 1)
        let (height, width) = (rows * side * zoom, columns * side * zoom)
        let values = (0..<height * width).map { index -> UInt8 in
            let (y, x) = (index / width / zoom, index % width / zoom)
            let digit = y / side * columns + x / side
            let place = digit * side * side + y % side * side + x % side
            let ink = place < pixels.count ? pixels[place] : 0
            return 255 - UInt8(min(max(ink, 0), 1) * 255)
        }
        return try Tensor(values, shape: Shape([height, width]))
    }
}

/// Numbers of mean 0 and variance 1; another stream for each purpose.
public func noise(_ rows: Int, _ width: Int, stream: Int) throws -> Tensor {
    let random = CounterRandom(seed: 1, stream: UInt64(stream))
    return try Tensor(
        (0..<rows * width).map { random.normal(at: $0) }, shape: Shape([rows, width]))
}

/// The rows of a tensor in another order, cut into batches; what is left over is dropped.
public func batches(of x: Tensor, size: Int, epoch: Int) throws -> [Tensor] {
    let order = CounterRandom(seed: 2, stream: UInt64(epoch)).permutation(of: x.shape[0])
    return try (0..<x.shape[0] / size).map {
        try x.rows(at: Array(order[$0 * size..<($0 + 1) * size]))
    }
}
