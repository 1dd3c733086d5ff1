internal import CKernels
internal import SwiftletTensor

/// Two images of one size.
struct ImagePair {
    let name: String
    let height: Int
    let width: Int
    /// Bytes, words of 0 … 65535, which count as 0 … 255, since that leaves every score as it is
    /// with the data range 65535, or doubles of 0 … 255.
    let samples: sl_score_samples
    let reference: Side
    let candidate: Side

    struct Side {
        let pixels: UnsafeRawPointer
        /// Alpha included.
        let storedChannels: Int
    }

    /// Channels that count.
    var channels: Int { Self.counted(reference.storedChannels) }

    /// An alpha channel, the second or the fourth, does not count.
    static func counted(_ stored: Int) -> Int { stored == 2 ? 1 : stored == 4 ? 3 : stored }

    /// Calls `body` with every channel's two planes of height · width values 0 … 255, and returns
    /// the mean of what it returns.
    func meanOverChannels(
        _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) -> Double
    ) -> Double {
        let count = height * width
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * count) { planes in
            guard let first = planes.baseAddress else { return .nan }
            let second = first + count
            var sum = 0.0
            for channel in 0..<channels {
                for (side, plane) in [(reference, first), (candidate, second)] {
                    sl_score_image_plane(
                        side.pixels, samples, count, side.storedChannels, channel, plane)
                }
                sum += body(first, second)
            }
            return sum / Double(channels)
        }
    }
}
