package import SwiftletFiles

extension JSON {
    /// The same tree with something else somewhere: another type, number, name, shape or reference, a
    /// member less or more. What a text of random bytes hardly ever reaches: sound JSON that is wrong.
    package func mutated(using random: inout SeededRandom) -> JSON {
        var tree = self
        // Ever fewer: most trees with many faults are refused for the first of them.
        for _ in 0..<[1, 1, 1, 1, 2, 2, 3, 5][random.below(8)] {
            let paths = tree.paths
            guard let path = random.pick(paths), let other = random.pick(paths) else { break }
            let donor = tree.value(at: other[...])
            tree.change(at: path[...]) { $0.replacement(donor: donor, using: &random) }
        }
        return tree
    }

    private static let numbers = [
        0, 1, -1, 2, 3, 7, 64, 127, 255, 256, 1000, 65_536, 1 << 20, 1 << 24, 1 << 31, 1 << 32,
        1 << 40,
        1 << 56, .max, .min,
    ]
    private static let words = [
        "", "x", "same", "valid", "causal", "channels_first", "channels_last", "relu", "softmax",
        "float16", "float64", "int64", "string", "bool", "mean", "sum", "tanh", "linear", "zeros",
        "Dense", "Conv2D", "LSTM", "InputLayer", "Functional", "Sequential", "None", "é\u{0}",
    ]

    private func replacement(donor: JSON, using random: inout SeededRandom) -> JSON? {
        switch random.below(10) {
        case 0: return nil
        case 1: return donor
        case 2:
            return random.pick([
                .null, .bool(true), .int(0), .int(-1), .double(0.5), .double(.nan),
                .double(.infinity),
                .string(""), .array([]), .object([:]), .array([self]), .array([self, self]),
            ])
        default: break
        }
        switch self {
        case .null, .bool:
            return random.pick([
                .bool(true), .bool(false), .null, .int(random.pick(Self.numbers) ?? 0), donor,
            ])
        case .int(let number):
            return random.pick([
                .int(number &+ 1), .int(number &- 1), .int(0 &- number), .int(number &* 2),
                .int(number / 2), .double(Double(number) + 0.5),
                .int(random.pick(Self.numbers) ?? 0),
                .null,
            ])
        case .double(let number):
            return random.pick([
                .double(-number), .double(number * 1e6), .double(0), .double(1), .double(.nan),
                .double(.infinity), .double(1e300), .int(1),
            ])
        case .string(let text):
            return random.pick([
                .string(random.pick(Self.words) ?? ""), .string(text + "x"),
                .string(String(text.dropLast())), .string(text.uppercased()), donor,
            ])
        case .array(var elements):
            switch random.below(5) {
            case 0: elements.reverse()
            case 1: elements += elements
            case 2: elements.append(donor)
            case 3: elements.shuffle(using: &random)
            default: elements.append(.int(random.pick(Self.numbers) ?? 0))
            }
            return .array(elements.count > 4096 ? [] : elements)
        case .object(var object):
            object[random.pick(object.keys) ?? "name"] = donor
            return .object(object)
        }
    }
}
