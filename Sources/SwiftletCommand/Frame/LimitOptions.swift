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
        for given in settings { limits[given.setting.quantity] = given.setting.value }
        return limits
    }
}

/// One limit, such as `model-bytes=2GiB`.
struct LimitSetting: ExpressibleByArgument {
    let setting: Limits.Setting

    init?(argument: String) {
        guard let setting = Limits.Setting(argument) else { return nil }
        self.setting = setting
    }
}

/// A number, of bytes mostly, such as `64MiB`.
struct ByteCount: ExpressibleByArgument {
    let bytes: Int

    init(bytes: Int) { self.bytes = bytes }

    init?(argument: String) {
        guard let count = Limits.Count(argument) else { return nil }
        bytes = count.value
    }

    var defaultValueDescription: String { "\(Limits.Count(bytes))" }
}
