extension Limits {
    /// One limit in words, such as `model-bytes=2GiB`.
    public struct Setting: Sendable, Equatable {
        public let quantity: Quantity
        public let value: Int

        private static let units = [
            ("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("K", 10), ("M", 20), ("G", 30),
            ("T", 40),
        ]

        /// Nil if there is no such limit or the value is no whole number from 0.
        public init?(_ text: String) {
            guard let equals = text.firstIndex(of: "="),
                let quantity = Quantity(rawValue: String(text[..<equals])),
                let value = Self.value(text[text.index(after: equals)...])
            else { return nil }
            self.quantity = quantity
            self.value = value
        }

        private static func value(_ text: Substring) -> Int? {
            let unit = units.first { text.hasSuffix($0.0) }
            guard let number = Int(text.dropLast(unit?.0.count ?? 0)), number >= 0 else {
                return nil
            }
            let (value, overflow) = number.multipliedReportingOverflow(by: 1 << (unit?.1 ?? 0))
            return overflow ? nil : value
        }
    }
}
