package import SwiftletLayers

/// Inception-v3, as FID is defined with it and as Keras has it.
///
/// - SeeAlso: Szegedy et al. 2015, arXiv:1512.00567; Heusel et al. 2017, arXiv:1706.08500.
package enum InceptionV3 {
    package static let size = 299

    /// Where features are taken, by their number.
    package enum Layer: Int, Sendable, CaseIterable {
        case firstPooling = 64
        case secondPooling = 192
        case beforeAuxiliary = 768
        case last = 2048
        /// Seven channels of an inner branch at all 17 × 17 positions: what spatial FID compares.
        case spatial = 2023
    }

    /// - SeeAlso: Nash et al. 2021, arXiv:2103.03841.
    static let spatialChannels = 7

    /// How the networks in use differ.
    package enum Variant: Sendable {
        /// TensorFlow's release of 2015: the last block pools by maximum. Layers are named as in
        /// PyTorch's state dictionaries; the logits have no bias.
        case fid
        /// Keras's: batch normalisation has no scale. Layers are named as Keras counts them, the first
        /// without a number or with 1; the second output is a softmax's.
        case keras(firstNumber: Int)
    }

    /// - Returns: a model of `[299, 299, 3]` in −1 … 1 whose outputs are the layer's features,
    ///   averaged over all positions but for spatial ones, and, if wanted, the logits or
    ///   probabilities.
    package static func model(
        _ variant: Variant = .fid, layer: Layer?, logits: Bool
    ) throws -> Model {
        let input = Input(size, size, 3)
        var network = Builder(variant: variant)
        let (taken, last) = network.body(input)
        var outputs: [Symbol] = []
        if let layer, let features = taken[layer] {
            outputs.append(layer == .spatial ? features : GlobalAveragePooling2D()(features))
        }
        if logits {
            let pooled = GlobalAveragePooling2D()(last)
            switch variant {
            case .fid: outputs.append(Dense(1008, usesBias: false, name: "fc")(pooled))
            case .keras:
                outputs.append(Dense(1000, activation: .softmax, name: "predictions")(pooled))
            }
        }
        return try Model(inputs: [input], outputs: outputs, name: "inception_v3")
    }
}

/// Puts the blocks together, in the order in which Keras counts its layers.
private struct Builder {
    let variant: InceptionV3.Variant
    private var count = 0

    init(variant: InceptionV3.Variant) { self.variant = variant }

    mutating func body(_ input: Input) -> (taken: [InceptionV3.Layer: Symbol], last: Symbol) {
        var x = unit(input, 32, [3, 3], "Conv2d_1a_3x3", strides: 2, padding: .valid)
        x = unit(x, 32, [3, 3], "Conv2d_2a_3x3", padding: .valid)
        x = unit(x, 64, [3, 3], "Conv2d_2b_3x3")
        x = MaxPooling2D(3, strides: 2)(x)
        var taken: [InceptionV3.Layer: Symbol] = [.firstPooling: x]
        x = unit(x, 80, [1, 1], "Conv2d_3b_1x1", padding: .valid)
        x = unit(x, 192, [3, 3], "Conv2d_4a_3x3", padding: .valid)
        x = MaxPooling2D(3, strides: 2)(x)
        taken[.secondPooling] = x
        x = blockA(x, "Mixed_5b", pooled: 32)
        x = blockA(x, "Mixed_5c", pooled: 64)
        x = blockA(x, "Mixed_5d", pooled: 64)
        x = blockB(x, "Mixed_6a")
        x = blockC(x, "Mixed_6b", 128).output
        x = blockC(x, "Mixed_6c", 160).output
        (taken[.spatial], x) = blockC(x, "Mixed_6d", 160)
        x = blockC(x, "Mixed_6e", 192).output
        taken[.beforeAuxiliary] = x
        x = blockD(x, "Mixed_7a")
        x = blockE(x, "Mixed_7b", pooledAround(x))
        if case .fid = variant {
            x = blockE(x, "Mixed_7c", MaxPooling2D(3, strides: 1, padding: .same)(x))
        } else {
            x = blockE(x, "Mixed_7c", pooledAround(x))
        }
        taken[.last] = x
        return (taken, x)
    }

    /// Convolution, batch normalisation and ReLU.
    private mutating func unit(
        _ x: any SymbolConvertible, _ filters: Int, _ kernel: [Int], _ name: String,
        strides: Extent = 1, padding: Padding = .same
    ) -> Symbol {
        var names = (convolution: name + ".conv", normalization: name + ".bn")
        var scales = true
        if case .keras(let firstNumber) = variant {
            let suffix = count + firstNumber == 0 ? "" : "_\(count + firstNumber)"
            names = ("conv2d" + suffix, "batch_normalization" + suffix)
            scales = false
        }
        count += 1
        let convolved = Conv2D(
            filters, kernel: Extent(kernel), strides: strides, padding: padding, usesBias: false,
            name: names.convolution)(x)
        let normalized = BatchNormalization(
            epsilon: 0.001, scales: scales, name: names.normalization)(convolved)
        return ReLU()(normalized)
    }

    /// The mean of what lies around; the padding does not count.
    private func pooledAround(_ x: Symbol) -> Symbol {
        AveragePooling2D(3, strides: 1, padding: .same)(x)
    }

    private mutating func blockA(_ x: Symbol, _ name: String, pooled: Int) -> Symbol {
        let one = unit(x, 64, [1, 1], name + ".branch1x1")
        var five = unit(x, 48, [1, 1], name + ".branch5x5_1")
        five = unit(five, 64, [5, 5], name + ".branch5x5_2")
        var double = unit(x, 64, [1, 1], name + ".branch3x3dbl_1")
        double = unit(double, 96, [3, 3], name + ".branch3x3dbl_2")
        double = unit(double, 96, [3, 3], name + ".branch3x3dbl_3")
        let around = unit(pooledAround(x), pooled, [1, 1], name + ".branch_pool")
        return Concatenate()([one, five, double, around])
    }

    private mutating func blockB(_ x: Symbol, _ name: String) -> Symbol {
        let three = unit(x, 384, [3, 3], name + ".branch3x3", strides: 2, padding: .valid)
        var double = unit(x, 64, [1, 1], name + ".branch3x3dbl_1")
        double = unit(double, 96, [3, 3], name + ".branch3x3dbl_2")
        double = unit(
            double, 96, [3, 3], name + ".branch3x3dbl_3", strides: 2, padding: .valid)
        return Concatenate()([three, double, MaxPooling2D(3, strides: 2)(x)])
    }

    /// Also gives its first branch.
    private mutating func blockC(
        _ x: Symbol, _ name: String, _ inner: Int
    ) -> (first: Symbol, output: Symbol) {
        let one = unit(x, 192, [1, 1], name + ".branch1x1")
        var seven = unit(x, inner, [1, 1], name + ".branch7x7_1")
        seven = unit(seven, inner, [1, 7], name + ".branch7x7_2")
        seven = unit(seven, 192, [7, 1], name + ".branch7x7_3")
        var double = unit(x, inner, [1, 1], name + ".branch7x7dbl_1")
        double = unit(double, inner, [7, 1], name + ".branch7x7dbl_2")
        double = unit(double, inner, [1, 7], name + ".branch7x7dbl_3")
        double = unit(double, inner, [7, 1], name + ".branch7x7dbl_4")
        double = unit(double, 192, [1, 7], name + ".branch7x7dbl_5")
        let around = unit(pooledAround(x), 192, [1, 1], name + ".branch_pool")
        return (one, Concatenate()([one, seven, double, around]))
    }

    private mutating func blockD(_ x: Symbol, _ name: String) -> Symbol {
        var three = unit(x, 192, [1, 1], name + ".branch3x3_1")
        three = unit(three, 320, [3, 3], name + ".branch3x3_2", strides: 2, padding: .valid)
        var seven = unit(x, 192, [1, 1], name + ".branch7x7x3_1")
        seven = unit(seven, 192, [1, 7], name + ".branch7x7x3_2")
        seven = unit(seven, 192, [7, 1], name + ".branch7x7x3_3")
        seven = unit(seven, 192, [3, 3], name + ".branch7x7x3_4", strides: 2, padding: .valid)
        return Concatenate()([three, seven, MaxPooling2D(3, strides: 2)(x)])
    }

    private mutating func blockE(_ x: Symbol, _ name: String, _ pooled: Symbol) -> Symbol {
        let one = unit(x, 320, [1, 1], name + ".branch1x1")
        let three = unit(x, 384, [1, 1], name + ".branch3x3_1")
        let wide = unit(three, 384, [1, 3], name + ".branch3x3_2a")
        let high = unit(three, 384, [3, 1], name + ".branch3x3_2b")
        var double = unit(x, 448, [1, 1], name + ".branch3x3dbl_1")
        double = unit(double, 384, [3, 3], name + ".branch3x3dbl_2")
        let doubleWide = unit(double, 384, [1, 3], name + ".branch3x3dbl_3a")
        let doubleHigh = unit(double, 384, [3, 1], name + ".branch3x3dbl_3b")
        let around = unit(pooled, 192, [1, 1], name + ".branch_pool")
        return Concatenate()([one, wide, high, doubleWide, doubleHigh, around])
    }
}
