import CKernels
import Testing

/// A convolution's geometry along up to three axes, as the kernels take it.
struct ConvolutionCase: Sendable, CustomTestStringConvertible {
    var batch = 1
    var input: [Int]
    var kernel: [Int]
    var stride: [Int] = []
    var dilation: [Int] = []
    /// Before and after, along each axis.
    var padding: [(Int, Int)] = []
    var channels: Int
    var filters: Int
    var groups = 1

    var testDescription: String {
        "\(batch)×\(input)×\(channels) k\(kernel) s\(stride) d\(dilation) p\(padding)"
            + " → \(filters)\(groups > 1 ? " in \(groups) groups" : "")"
    }

    func convolution(cpu: sl_cpu) -> sl_convolution {
        var result = sl_convolution()
        result.cpu = cpu
        (result.batch, result.channels) = (batch, channels)
        (result.filters, result.groups) = (filters, groups)
        let axes = (0..<3).map { position -> (Int, Int, Int, Int, Int, Int) in
            let axis = position - (3 - input.count)
            guard axis >= 0 else { return (1, 1, 1, 1, 1, 0) }
            let stride = self.stride.isEmpty ? 1 : self.stride[axis]
            let dilation = self.dilation.isEmpty ? 1 : self.dilation[axis]
            let padding = self.padding.isEmpty ? (0, 0) : self.padding[axis]
            let reach = (kernel[axis] - 1) * dilation + 1
            let room = input[axis] + padding.0 + padding.1 - reach
            let output = room < 0 ? 0 : room / stride + 1
            return (input[axis], output, kernel[axis], stride, dilation, padding.0)
        }
        result.input = (axes[0].0, axes[1].0, axes[2].0)
        result.output = (axes[0].1, axes[1].1, axes[2].1)
        result.kernel = (axes[0].2, axes[1].2, axes[2].2)
        result.stride = (axes[0].3, axes[1].3, axes[2].3)
        result.dilation = (axes[0].4, axes[1].4, axes[2].4)
        result.padding = (axes[0].5, axes[1].5, axes[2].5)
        return result
    }
}

extension sl_convolution {
    static func volume(_ extent: (Int, Int, Int)) -> Int { extent.0 * extent.1 * extent.2 }

    var inputCount: Int { batch * Self.volume(input) * channels }
    var outputCount: Int { batch * Self.volume(output) * filters }
    var kernelCount: Int { Self.volume(kernel) * channels / groups * filters }

    /// Calls `body` with the indices of an input, a kernel and an output element for each product
    /// of the definition: plain loops.
    func forEachTerm(_ body: (_ input: Int, _ kernel: Int, _ output: Int) -> Void) {
        let (groupChannels, groupFilters) = (channels / groups, filters / groups)
        for image in 0..<batch {
            for position in 0..<Self.volume(output) {
                let o = Self.split(position, output)
                for tap in 0..<Self.volume(kernel) {
                    let t = Self.split(tap, kernel)
                    let d = o.0 * stride.0 + t.0 * dilation.0 - padding.0
                    let h = o.1 * stride.1 + t.1 * dilation.1 - padding.1
                    let w = o.2 * stride.2 + t.2 * dilation.2 - padding.2
                    guard (0..<input.0).contains(d), (0..<input.1).contains(h),
                        (0..<input.2).contains(w)
                    else { continue }
                    let pixel = ((image * input.0 + d) * input.1 + h) * input.2 + w
                    for filter in 0..<filters {
                        let group = filter / groupFilters
                        for channel in 0..<groupChannels {
                            body(
                                pixel * channels + group * groupChannels + channel,
                                (tap * groupChannels + channel) * filters + filter,
                                (image * Self.volume(output) + position) * filters + filter)
                        }
                    }
                }
            }
        }
    }

    private static func split(_ index: Int, _ extent: (Int, Int, Int)) -> (Int, Int, Int) {
        (
            index / (extent.1 * extent.2), index / extent.2 % extent.1, index % extent.2
        )
    }
}

let convolutionCases: [ConvolutionCase] = [
    ConvolutionCase(input: [1], kernel: [1], channels: 1, filters: 1),
    ConvolutionCase(batch: 3, input: [9], kernel: [3], channels: 5, filters: 17),
    ConvolutionCase(
        batch: 2, input: [11], kernel: [4], stride: [3], padding: [(2, 1)], channels: 6, filters: 9),
    ConvolutionCase(
        batch: 2, input: [12], kernel: [3], dilation: [2], padding: [(4, 0)], channels: 4,
        filters: 3),
    ConvolutionCase(batch: 2, input: [6, 7], kernel: [1, 1], channels: 8, filters: 20),
    ConvolutionCase(
        batch: 2, input: [7, 6], kernel: [1, 1], stride: [2, 2], channels: 8, filters: 33),
    ConvolutionCase(
        input: [8, 8], kernel: [3, 3], padding: [(1, 1), (1, 1)], channels: 3, filters: 16),
    ConvolutionCase(
        batch: 2, input: [9, 7], kernel: [3, 3], stride: [2, 2], padding: [(0, 1), (1, 1)],
        channels: 16, filters: 18),
    ConvolutionCase(
        input: [13, 12], kernel: [7, 7], stride: [2, 2], padding: [(3, 3), (2, 3)], channels: 3,
        filters: 10),
    ConvolutionCase(
        input: [10, 9], kernel: [3, 2], stride: [1, 2], dilation: [2, 3],
        padding: [(2, 2), (0, 3)],
        channels: 5, filters: 7),
    ConvolutionCase(
        input: [9, 9], kernel: [3, 3], stride: [4, 6], dilation: [2, 4], padding: [(3, 5), (2, 4)],
        channels: 4, filters: 5),
    ConvolutionCase(input: [5, 5], kernel: [2, 2], stride: [3, 3], channels: 4, filters: 12),
    ConvolutionCase(
        input: [4, 5], kernel: [3, 3], padding: [(5, 4), (6, 0)], channels: 2, filters: 3),
    ConvolutionCase(input: [3, 3], kernel: [5, 2], channels: 2, filters: 3),
    ConvolutionCase(
        input: [4, 5, 6], kernel: [2, 3, 3], stride: [1, 2, 1], padding: [(1, 0), (1, 1), (0, 2)],
        channels: 3, filters: 6),
    ConvolutionCase(
        input: [6, 6], kernel: [3, 3], padding: [(1, 1), (1, 1)], channels: 70, filters: 9),
    ConvolutionCase(
        batch: 2, input: [5, 6], kernel: [3, 3], stride: [2, 1], padding: [(1, 1), (1, 1)],
        channels: 12, filters: 18, groups: 3),
    ConvolutionCase(
        input: [5, 6], kernel: [1, 1], channels: 6, filters: 40, groups: 2),
    ConvolutionCase(
        batch: 2, input: [7, 11], kernel: [3, 3], padding: [(1, 1), (1, 1)], channels: 64,
        filters: 64, groups: 64),
    ConvolutionCase(
        batch: 2, input: [7, 8], kernel: [3, 3], stride: [2, 2], padding: [(0, 1), (0, 1)],
        channels: 37, filters: 37, groups: 37),
    ConvolutionCase(
        input: [8, 15], kernel: [5, 3], dilation: [1, 2], padding: [(2, 2), (2, 2)], channels: 67,
        filters: 67, groups: 67),
    ConvolutionCase(
        input: [6, 7], kernel: [3, 3], padding: [(1, 1), (1, 1)], channels: 9, filters: 27,
        groups: 9),
    ConvolutionCase(
        input: [4, 6, 7], kernel: [3, 2, 3], stride: [2, 1, 2], padding: [(1, 1), (0, 1), (1, 1)],
        channels: 5, filters: 5, groups: 5),
    ConvolutionCase(
        input: [5], kernel: [2], stride: [4], channels: 3, filters: 3, groups: 3),
    // One channel, few filters: vectors run along the line.
    ConvolutionCase(
        batch: 2, input: [9, 45], kernel: [5, 5], padding: [(2, 2), (2, 2)], channels: 1, filters: 6
    ),
    ConvolutionCase(
        input: [7, 33], kernel: [3, 3], stride: [2, 1], padding: [(0, 1), (3, 0)], channels: 1,
        filters: 8),
    ConvolutionCase(
        input: [6, 20], kernel: [5, 7], dilation: [2, 1], padding: [(4, 4), (3, 3)], channels: 1,
        filters: 3),
    ConvolutionCase(
        batch: 3, input: [300], kernel: [25], padding: [(12, 12)], channels: 1, filters: 1),
    ConvolutionCase(
        input: [2, 12, 19], kernel: [1, 6, 4], padding: [(0, 0), (5, 5), (1, 2)], channels: 1,
        filters: 4),
    // Lines of ten outputs are one tile of as many rows.
    ConvolutionCase(input: [14, 14], kernel: [5, 5], channels: 6, filters: 16),
    // Few filters: sums run along the channels.
    ConvolutionCase(
        batch: 2, input: [6, 7], kernel: [3, 3], padding: [(1, 1), (1, 1)], channels: 45,
        filters: 1),
    ConvolutionCase(input: [9, 5], kernel: [1, 1], channels: 350, filters: 4),
    ConvolutionCase(
        batch: 2, input: [9, 8], kernel: [3, 3], stride: [2, 2], padding: [(0, 1), (0, 1)],
        channels: 3, filters: 32),
    // Patches read in place: lines of several tiles, dilated ones, images without an inner line.
    ConvolutionCase(
        input: [25, 37], kernel: [7, 7], stride: [2, 2], padding: [(3, 3), (3, 3)], channels: 3,
        filters: 64),
    ConvolutionCase(
        batch: 2, input: [6, 29], kernel: [3, 3], dilation: [2, 1], padding: [(2, 2), (1, 1)],
        channels: 2, filters: 40),
    ConvolutionCase(
        batch: 3, input: [2, 19], kernel: [5, 3], padding: [(2, 2), (1, 0)], channels: 4,
        filters: 17),
    // Depthwise: groups of several vectors, of one, and parts of one; most pixels at once.
    ConvolutionCase(
        input: [5, 21], kernel: [5, 5], padding: [(2, 2), (2, 2)], channels: 120, filters: 120,
        groups: 120),
    ConvolutionCase(
        batch: 2, input: [6, 23], kernel: [3, 3], stride: [2, 2], padding: [(0, 1), (0, 1)],
        channels: 24, filters: 24, groups: 24),
    ConvolutionCase(
        input: [3, 40], kernel: [3, 7], dilation: [1, 2], padding: [(1, 1), (6, 6)], channels: 96,
        filters: 96, groups: 96),
    // Depthwise by lines: seven taps, odd numbers of lines, one height tap, dilated height, a stride
    // along one axis only, images narrower than their kernel.
    ConvolutionCase(
        batch: 2, input: [9, 11], kernel: [7, 7], padding: [(3, 3), (3, 3)], channels: 40,
        filters: 40, groups: 40),
    ConvolutionCase(
        batch: 2, input: [23], kernel: [5], stride: [2], padding: [(4, 1)], channels: 33,
        filters: 33, groups: 33),
    ConvolutionCase(
        input: [11, 9], kernel: [3, 5], stride: [2, 1], padding: [(2, 0), (0, 4)], channels: 70,
        filters: 70, groups: 70),
    ConvolutionCase(
        input: [10, 13], kernel: [3, 7], stride: [1, 2], dilation: [2, 1],
        padding: [(2, 2), (3, 3)], channels: 17, filters: 17, groups: 17),
    ConvolutionCase(
        batch: 3, input: [5, 4], kernel: [5, 5], padding: [(2, 2), (2, 2)], channels: 64,
        filters: 64, groups: 64),
    ConvolutionCase(
        input: [7, 5], kernel: [3, 7], stride: [3, 1], padding: [(1, 1), (6, 6)], channels: 16,
        filters: 16, groups: 16),
    // Transposed to few channels, which is added up line by line.
    ConvolutionCase(
        batch: 2, input: [12, 14], kernel: [3, 3], stride: [2, 2], padding: [(0, 1), (0, 1)],
        channels: 3, filters: 32),
    ConvolutionCase(
        input: [9, 11], kernel: [5, 4], stride: [3, 2], dilation: [2, 1],
        padding: [(3, 2), (1, 4)], channels: 1, filters: 9),
    ConvolutionCase(
        batch: 2, input: [40, 700], kernel: [3, 3], stride: [1, 1], padding: [(1, 1), (1, 1)],
        channels: 4, filters: 8),
    ConvolutionCase(batch: 2, input: [31], kernel: [4], stride: [5], channels: 2, filters: 40),
    // Columns that end in half a vector.
    ConvolutionCase(input: [6, 7], kernel: [1, 1], channels: 30, filters: 24),
    ConvolutionCase(input: [6, 7], kernel: [2, 2], channels: 30, filters: 38),
]
