/// NumPy's `RandomState` (the Mersenne Twister), as far as it draws subsets: for scores that are to
/// be those of a library to the last digit.
struct NumPyRandom {
    private var words: [UInt32]
    private var place = 624

    init(seed: UInt32) {
        words = [seed]
        for index in 1..<624 {
            let last = words[index - 1]
            words.append(1_812_433_253 &* (last ^ last >> 30) &+ UInt32(index))
        }
    }

    private mutating func next() -> UInt32 {
        if place == 624 {
            for index in 0..<624 {
                let joined = words[index] & 0x8000_0000 | words[(index + 1) % 624] & 0x7fff_ffff
                words[index] =
                    words[(index + 397) % 624] ^ joined >> 1 ^ (joined & 1 == 1 ? 0x9908_b0df : 0)
            }
            place = 0
        }
        var word = words[place]
        place += 1
        word ^= word >> 11
        word ^= word << 7 & 0x9d2c_5680
        word ^= word << 15 & 0xefc6_0000
        return word ^ word >> 18
    }

    /// `RandomState.permutation(count)`, whose first places `choice` without replacement takes.
    mutating func permutation(of count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) {
            let largest = UInt32(last)
            let mask = UInt32.max >> largest.leadingZeroBitCount
            var chosen = next() & mask
            while chosen > largest { chosen = next() & mask }
            order.swapAt(last, Int(chosen))
        }
        return order
    }
}
