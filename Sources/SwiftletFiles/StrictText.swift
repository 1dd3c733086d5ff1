extension String {
    /// The text of bytes that are UTF-8 throughout; nil of others.
    ///
    /// `String(validating:as:)` would say the same, but two threads that use it for the first time at
    /// once may turn for ever in the runtime of Swift 6.3
    /// (`swift_getCanonicalPrespecializedGenericMetadata`).
    package init?(strictUTF8 bytes: some Collection<UInt8>) {
        let text = String(decoding: bytes, as: UTF8.self)
        // Where bytes were no UTF-8, the text has others: it is UTF-8.
        let isSame =
            text.utf8.withContiguousStorageIfAvailable { text in
                bytes.withContiguousStorageIfAvailable { text.elementsEqual($0) }
            } ?? nil
        guard isSame ?? text.utf8.elementsEqual(bytes) else { return nil }
        self = text
    }
}
