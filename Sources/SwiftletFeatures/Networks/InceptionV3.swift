package import SwiftletLayers

/// The Inception-v3 that FID is defined with: that of TensorFlow's 2015 release, whose average
/// pooling leaves the padding out and whose last block pools by maximum.
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

    /// - Returns: a model of `[299, 299, 3]` in −1 … 1 whose outputs are the layer's features,
    ///   averaged over all positions but for spatial ones, and, if wanted, the logits without their bias. Layers are named as
    ///   in PyTorch's state dictionaries.
    package static func model(layer: Layer?, logits: Bool) throws -> Model {
        let input = Input(size, size, 3)
        var x = unit(input, 32, [3, 3], "Conv2d_1a_3x3", strides: 2, padding: .valid)
        x = unit(x, 32, [3, 3], "Conv2d_2a_3x3", padding: .valid)
        x = unit(x, 64, [3, 3], "Conv2d_2b_3x3")
        x = MaxPooling2D(3, strides: 2)(x)
        var taken: [Layer: Symbol] = [.firstPooling: x]
        x = unit(x, 80, [1, 1], "Conv2d_3b_1x1", padding: .valid)
        x = unit(x, 192, [3, 3], "Conv2d_4a_3x3", padding: .valid)
        x = MaxPooling2D(3, strides: 2)(x)
        taken[.secondPooling] = x
        x = blockA(x, "Mixed_5b", pooled: 32)
        x = blockA(x, "Mixed_5c", pooled: 64)
        x = blockA(x, "Mixed_5d", pooled: 64)
        x = blockB(x, "Mixed_6a")
        x = blockC(x, "Mixed_6b", 128)
        x = blockC(x, "Mixed_6c", 160)
        let branch = unit(x, 192, [1, 1], "Mixed_6d.branch1x1")
        taken[.spatial] = branch
        x = blockC(x, "Mixed_6d", 160, first: branch)
        x = blockC(x, "Mixed_6e", 192)
        taken[.beforeAuxiliary] = x
        x = blockD(x, "Mixed_7a")
        x = blockE(x, "Mixed_7b", AveragePooling2D(3, strides: 1, padding: .same)(x))
        x = blockE(x, "Mixed_7c", MaxPooling2D(3, strides: 1, padding: .same)(x))
        taken[.last] = x
        var outputs: [Symbol] = []
        if let layer, let features = taken[layer] {
            outputs.append(layer == .spatial ? features : GlobalAveragePooling2D()(features))
        }
        if logits {
            outputs.append(
                Dense(1008, usesBias: false, name: "fc")(GlobalAveragePooling2D()(x)))
        }
        return try Model(inputs: [input], outputs: outputs, name: "inception_v3")
    }

    /// Convolution, batch normalisation and ReLU.
    private static func unit(
        _ x: any SymbolConvertible, _ filters: Int, _ kernel: [Int], _ name: String,
        strides: Extent = 1, padding: Padding = .same
    ) -> Symbol {
        let convolved = Conv2D(
            filters, kernel: Extent(kernel), strides: strides, padding: padding, usesBias: false,
            name: name + ".conv")(x)
        return ReLU()(BatchNormalization(epsilon: 0.001, name: name + ".bn")(convolved))
    }

    private static func pooledAround(_ x: Symbol) -> Symbol {
        AveragePooling2D(3, strides: 1, padding: .same)(x)
    }

    private static func blockA(_ x: Symbol, _ name: String, pooled: Int) -> Symbol {
        let five = unit(x, 48, [1, 1], name + ".branch5x5_1")
        var double = unit(x, 64, [1, 1], name + ".branch3x3dbl_1")
        double = unit(double, 96, [3, 3], name + ".branch3x3dbl_2")
        return Concatenate()([
            unit(x, 64, [1, 1], name + ".branch1x1"),
            unit(five, 64, [5, 5], name + ".branch5x5_2"),
            unit(double, 96, [3, 3], name + ".branch3x3dbl_3"),
            unit(pooledAround(x), pooled, [1, 1], name + ".branch_pool"),
        ])
    }

    private static func blockB(_ x: Symbol, _ name: String) -> Symbol {
        var double = unit(x, 64, [1, 1], name + ".branch3x3dbl_1")
        double = unit(double, 96, [3, 3], name + ".branch3x3dbl_2")
        return Concatenate()([
            unit(x, 384, [3, 3], name + ".branch3x3", strides: 2, padding: .valid),
            unit(double, 96, [3, 3], name + ".branch3x3dbl_3", strides: 2, padding: .valid),
            MaxPooling2D(3, strides: 2)(x),
        ])
    }

    /// - Parameter first: the block's first branch, where it is needed elsewhere too.
    private static func blockC(
        _ x: Symbol, _ name: String, _ inner: Int, first: Symbol? = nil
    ) -> Symbol {
        var seven = unit(x, inner, [1, 1], name + ".branch7x7_1")
        seven = unit(seven, inner, [1, 7], name + ".branch7x7_2")
        seven = unit(seven, 192, [7, 1], name + ".branch7x7_3")
        var double = unit(x, inner, [1, 1], name + ".branch7x7dbl_1")
        double = unit(double, inner, [7, 1], name + ".branch7x7dbl_2")
        double = unit(double, inner, [1, 7], name + ".branch7x7dbl_3")
        double = unit(double, inner, [7, 1], name + ".branch7x7dbl_4")
        double = unit(double, 192, [1, 7], name + ".branch7x7dbl_5")
        return Concatenate()([
            first ?? unit(x, 192, [1, 1], name + ".branch1x1"), seven, double,
            unit(pooledAround(x), 192, [1, 1], name + ".branch_pool"),
        ])
    }

    private static func blockD(_ x: Symbol, _ name: String) -> Symbol {
        let three = unit(x, 192, [1, 1], name + ".branch3x3_1")
        var seven = unit(x, 192, [1, 1], name + ".branch7x7x3_1")
        seven = unit(seven, 192, [1, 7], name + ".branch7x7x3_2")
        seven = unit(seven, 192, [7, 1], name + ".branch7x7x3_3")
        return Concatenate()([
            unit(three, 320, [3, 3], name + ".branch3x3_2", strides: 2, padding: .valid),
            unit(seven, 192, [3, 3], name + ".branch7x7x3_4", strides: 2, padding: .valid),
            MaxPooling2D(3, strides: 2)(x),
        ])
    }

    private static func blockE(_ x: Symbol, _ name: String, _ pooled: Symbol) -> Symbol {
        let three = unit(x, 384, [1, 1], name + ".branch3x3_1")
        var double = unit(x, 448, [1, 1], name + ".branch3x3dbl_1")
        double = unit(double, 384, [3, 3], name + ".branch3x3dbl_2")
        return Concatenate()([
            unit(x, 320, [1, 1], name + ".branch1x1"),
            unit(three, 384, [1, 3], name + ".branch3x3_2a"),
            unit(three, 384, [3, 1], name + ".branch3x3_2b"),
            unit(double, 384, [1, 3], name + ".branch3x3dbl_3a"),
            unit(double, 384, [3, 1], name + ".branch3x3dbl_3b"),
            unit(pooled, 192, [1, 1], name + ".branch_pool"),
        ])
    }
}
