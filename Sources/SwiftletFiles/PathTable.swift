internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Paths of files that must not outlive the process, in memory that an end of it at any moment can
/// read: on whatever thread, in the midst of a change, when nothing can be allocated any more.
///
/// Changes are made by one thread at a time. A path that finds no place is left out.
struct PathTable: @unchecked Sendable {
    private typealias Text = UnsafeMutablePointer<CChar>

    /// Empty texts are free places. They are made when they are needed and stay.
    private let places: UnsafeMutablePointer<Text?>?
    private static let count = 1024

    init() {
        places = calloc(Self.count, MemoryLayout<Text?>.stride)?
            .assumingMemoryBound(to: Text?.self)
    }

    func insert(_ path: String) {
        path.withCString { path in
            let size = strlen(path) + 1
            guard size > 1, size <= Int(PATH_MAX), let text = free() else { return }
            // The first letter last: nobody reads half of a path.
            memcpy(text + 1, path + 1, size - 1)
            Self.store(path[0], first: text)
        }
    }

    func remove(_ path: String) {
        path.withCString { path in
            forEach { text in
                if strcmp(text, path) == 0 { Self.store(0, first: text) }
            }
        }
    }

    func unlinkAll() {
        forEach { text in
            if text[0] != 0 { unlink(text) }
        }
    }

    private static func store(_ letter: CChar, first text: Text) {
        UnsafeMutableRawPointer(text).assumingMemoryBound(to: Atomic<CChar>.self).pointee
            .store(letter, ordering: .releasing)
    }

    private func free() -> Text? {
        guard let places else { return nil }
        for index in 0..<Self.count {
            if let text = places[index] {
                if text[0] == 0 { return text }
                continue
            }
            let text = calloc(Int(PATH_MAX), 1)?.assumingMemoryBound(to: CChar.self)
            places[index] = text
            return text
        }
        return nil
    }

    private func forEach(_ body: (Text) -> Void) {
        guard let places else { return }
        for index in 0..<Self.count {
            guard let text = places[index] else { return }
            body(text)
        }
    }
}
