/// What a misspelt word was probably meant to be.
package enum Suggestion {
    /// The name among `names` that is nearest to `word`; nil if none is near.
    ///
    /// - Complexity: O(length of `word` × length of all names).
    package static func nearest(to word: String, among names: some Sequence<String>) -> String? {
        // A word of which a third is wrong is another word.
        let word = Array(word.lowercased().unicodeScalars.prefix(longest))
        var best: (name: String, distance: Int)?
        for name in names {
            let letters = Array(name.lowercased().unicodeScalars.prefix(longest))
            let most = max(1, max(word.count, letters.count) / 3)
            let distance = distance(from: word, to: letters)
            if distance <= most, distance < best?.distance ?? .max { best = (name, distance) }
        }
        return best?.name
    }

    /// The end of an error about `word`: `; did you mean "adam"?`, or nothing.
    package static func hint(for word: String, among names: some Sequence<String>) -> String {
        nearest(to: word, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
    }

    private static let longest = 64

    /// Letters to insert, delete, replace or swap with the next one (optimal string alignment).
    private static func distance(from a: [Unicode.Scalar], to b: [Unicode.Scalar]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for row in a.indices {
            var current = [row + 1]
            for column in b.indices {
                let replaced = last[column] + (a[row] == b[column] ? 0 : 1)
                var least = min(replaced, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, a[row] == b[column - 1], a[row - 1] == b[column] {
                    least = min(least, beforeLast[column - 1] + 1)
                }
                current.append(least)
            }
            (beforeLast, last) = (last, current)
        }
        return last[b.count]
    }
}
