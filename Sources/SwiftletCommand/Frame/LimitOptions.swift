internal import ArgumentParser
internal import SwiftletLimits

/// What files may ask for; see ``Limits``.
struct LimitOptions: ParsableArguments {
    @Option(
        name: .customLong("limit"),
        help: ArgumentHelp(
            """
            Refuse files that ask for more: tensor-bytes, model-bytes, decompressed-bytes, text-bytes, \
            layers, operations, nesting, archive-entries, decompression-ratio, image-pixels, time \
            (seconds). May be given several times.
            """, valueName: "name=value"))
    var settings: [LimitSetting] = []

    var limits: Limits {
        var limits = Limits()
        for setting in settings { limits[setting.quantity] = setting.value }
        return limits
    }
}

/// One limit, such as `model-bytes=2GiB`.
struct LimitSetting: ExpressibleByArgument {
    let quantity: Limits.Quantity
    let value: Int

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="),
            let quantity = Limits.Quantity(rawValue: String(argument[..<equals])),
            let count = ByteCount(argument: String(argument[argument.index(after: equals)...]))
        else { return nil }
        self.quantity = quantity
        value = count.bytes
    }
}

/// A number, of bytes mostly, such as `64MiB`.
struct ByteCount: ExpressibleByArgument {
    let bytes: Int

    private static let units = [
        ("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("K", 10), ("M", 20), ("G", 30),
        ("T", 40),
    ]

    init(bytes: Int) { self.bytes = bytes }

    init?(argument: String) {
        let unit = Self.units.first { argument.hasSuffix($0.0) }
        guard let number = Int(argument.dropLast(unit?.0.count ?? 0)), number >= 0 else {
            return nil
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << (unit?.1 ?? 0))
        guard !overflow else { return nil }
        self.bytes = bytes
    }

    var defaultValueDescription: String {
        let unit = Self.units.prefix(4).last { bytes >= 1 << $0.1 && bytes % (1 << $0.1) == 0 }
        return unit.map { "\(bytes >> $0.1)\($0.0)" } ?? "\(bytes)"
    }
}
