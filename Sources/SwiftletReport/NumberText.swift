#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Numbers as people read them.
enum NumberText {
    /// With so many decimals, rounded half away from zero.
    static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite else { return special(value) }
        let scale = pow(10, Double(decimals))
        let scaled = (abs(value) * scale).rounded()
        guard scaled < 1e15 else { return "\(value)" }
        let digits = String(Int(scaled))
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return sign + padded }
        return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }

    /// With at least `digits` significant ones; very small and very large ones with an exponent.
    static func significant(_ value: Double, digits: Int = 4) -> String {
        guard value.isFinite else { return special(value) }
        if value == 0 { return "0" }
        let exponent = Int(log10(abs(value)).rounded(.down))
        if value == value.rounded(), abs(value) < 1e9 { return String(Int(value)) }
        if exponent < -4 || exponent >= 9 {
            return fixed(value / pow(10, Double(exponent)), decimals: digits - 1) + "e\(exponent)"
        }
        return fixed(value, decimals: max(0, digits - 1 - exponent))
    }

    /// As short as it can be: for the ticks of an axis, which are round numbers.
    static func tick(_ value: Double) -> String {
        let text = significant(value, digits: 4)
        guard text.contains("."), !text.contains("e") else { return text }
        let trimmed = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
        return String(trimmed.reversed())
    }

    /// A share between 0 and 1 with four decimals, anything else by its significant digits.
    static func score(_ value: Double) -> String {
        abs(value) <= 1 && (abs(value) >= 1e-3 || value == 0)
            ? fixed(value, decimals: 4) : significant(value, digits: 5)
    }

    /// A count: whole without decimals, a weighted one with two.
    static func count(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15
            ? String(Int(value)) : fixed(value, decimals: 2)
    }

    /// Whole seconds as `1:02:03` or `2:03`.
    static func time(seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "?" }
        let whole = Int(max(0, seconds).rounded())
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        let tail = "\(rest < 10 ? "0" : "")\(rest)"
        guard hours > 0 else { return "\(minutes):\(tail)" }
        return "\(hours):\(minutes < 10 ? "0" : "")\(minutes):\(tail)"
    }

    private static func special(_ value: Double) -> String {
        value.isNaN ? "–" : value < 0 ? "−∞" : "∞"
    }
}
