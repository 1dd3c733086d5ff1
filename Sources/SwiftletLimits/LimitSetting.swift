extension Limits {
    /// One limit in words, such as `model-bytes=2GiB`.
    public struct Setting: Sendable, Equatable {
        public let quantity: Quantity
        public let value: Int

        /// Nil if there is no such limit or the value is no whole number from 0.
        public init?(_ text: String) {
            guard let equals = text.firstIndex(of: "="),
                let quantity = Quantity(rawValue: String(text[..<equals])),
                let count = Count(text[text.index(after: equals)...])
            else { return nil }
            self.quantity = quantity
            value = count.value
        }
    }

    /// A whole number from 0, of bytes mostly, such as `64MiB`.
    package struct Count: CustomStringConvertible {
        package let value: Int

        private static let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)]
        private static let shortUnits = [("K", 10), ("M", 20), ("G", 30), ("T", 40)]

        package init(_ value: Int) { self.value = value }

        package init?(_ text: some StringProtocol) {
            let unit = (Self.units + Self.shortUnits).first { text.hasSuffix($0.0) }
            guard let number = Int(text.dropLast(unit?.0.count ?? 0)), number >= 0 else {
                return nil
            }
            let (value, overflow) = number.multipliedReportingOverflow(by: 1 << (unit?.1 ?? 0))
            guard !overflow else { return nil }
            self.value = value
        }

        package var description: String {
            let unit = Self.units.last { value >= 1 << $0.1 && value % (1 << $0.1) == 0 }
            return unit.map { "\(value >> $0.1)\($0.0)" } ?? "\(value)"
        }
    }
}
