/// Sections IV.A.2.e and f: what elements that were never written read as.
enum FillValue {
    /// The bytes of the value; nil for zeros.
    static func bytes(of header: ObjectHeader, _ reading: Reading) throws(Refusal) -> [UInt8]? {
        if let message = header.first(.fillValue) {
            return try new(try header.content(message, reading))
        }
        if let message = header.first(.oldFillValue) {
            var fields = try header.content(message, reading)
            return try value(&fields)
        }
        return nil
    }

    private static func new(_ content: Fields) throws(Refusal) -> [UInt8]? {
        var fields = content
        let version = try fields.byte()
        switch version {
        case 1, 2:
            try fields.skip(2)
            let isDefined = try fields.byte() != 0
            return isDefined ? try value(&fields) : nil
        case 3:
            let hasValue = try fields.byte() & 0x20 != 0
            return hasValue ? try value(&fields) : nil
        default: throw .unsupported("version \(version) of a fill value")
        }
    }

    private static func value(_ fields: inout Fields) throws(Refusal) -> [UInt8]? {
        // Old libraries wrote −1 for a value that is not defined.
        let size = try fields.int(4)
        guard size > 0, size != 0xffff_ffff else { return nil }
        return Array(try fields.bytes(size))
    }
}
