internal import CKernels
internal import SwiftletTensor

/// Two images of one size, 8 or 16 bits per channel.
struct ImagePair {
    let name: String
    let height: Int
    let width: Int
    /// Channels as stored, alpha included.
    let storedChannels: Int
    /// Whether samples are 0 … 65535; they then count as 0 … 255, which leaves every score as it is
    /// with the data range 65535.
    let isDeep: Bool
    let reference: UnsafeRawPointer
    let candidate: UnsafeRawPointer

    /// Channels that count: an alpha channel (the second or the fourth) does not.
    var channels: Int { storedChannels == 2 ? 1 : storedChannels == 4 ? 3 : storedChannels }

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
                sl_score_image_plane(reference, isDeep, count, storedChannels, channel, first)
                sl_score_image_plane(candidate, isDeep, count, storedChannels, channel, second)
                sum += body(first, second)
            }
            return sum / Double(channels)
        }
    }
}
