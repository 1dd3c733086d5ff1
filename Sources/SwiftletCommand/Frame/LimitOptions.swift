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

    private static let units = [
        ("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("K", 10), ("M", 20), ("G", 30),
        ("T", 40),
    ]

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="),
            let quantity = Limits.Quantity(rawValue: String(argument[..<equals])),
            let value = Self.value(argument[argument.index(after: equals)...])
        else { return nil }
        self.quantity = quantity
        self.value = value
    }

    private static func value(_ text: Substring) -> Int? {
        let unit = units.first { text.hasSuffix($0.0) }
        guard let number = Int(text.dropLast(unit?.0.count ?? 0)), number >= 0 else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: 1 << (unit?.1 ?? 0))
        return overflow ? nil : value
    }
}
