internal import SwiftletFiles
package import SwiftletLayers

/// The networks that LPIPS compares pictures with: torchvision's, up to the last layer that counts.
///
/// Layers are named as in torchvision's state dictionaries; the outputs are the maps after ReLU at
/// the places that LPIPS takes.
package enum PerceptualBackbone: String, CaseIterable {
    case alex, vgg, squeeze

    /// Channels of each output.
    package var channels: [Int] {
        switch self {
        case .alex: [64, 192, 384, 256, 256]
        case .vgg: [64, 128, 256, 512, 512]
        case .squeeze: [64, 128, 256, 384, 384, 512, 512]
        }
    }

    /// Which of them a state dictionary is, by shapes.
    init?(_ weights: TorchWeights) {
        guard let first = weights.shape("features.0.weight"), first.count == 4 else { return nil }
        if first == [64, 3, 11, 11] {
            self = .alex
        } else if weights.contains("features.3.squeeze.weight") {
            self = .squeeze
        } else if first == [64, 3, 3, 3], weights.contains("features.28.weight") {
            self = .vgg
        } else {
            return nil
        }
    }

    /// A model of `[height, width, 3]`, any size.
    package func model() throws -> Model {
        let input = Input(shape: [nil, nil, 3])
        let outputs =
            switch self {
            case .alex: Self.alexNet(input)
            case .vgg: Self.vgg16(input)
            case .squeeze: try Self.squeezeNet(input)
            }
        return try Model(inputs: [input], outputs: outputs, name: rawValue)
    }

    private static func unit(
        _ x: any SymbolConvertible, _ filters: Int, kernel: Int, _ name: String,
        strides: Extent = 1, padding: Padding = .same
    ) -> Symbol {
        Conv2D(
            filters, kernel: Extent([kernel, kernel]), strides: strides, padding: padding,
            activation: .relu, name: "features.\(name)")(x)
    }

    private static func alexNet(_ input: Input) -> [Symbol] {
        let a = unit(
            ZeroPadding2D(2)(input), 64, kernel: 11, "0", strides: 4, padding: .valid)
        let b = unit(MaxPooling2D(3, strides: 2)(a), 192, kernel: 5, "3")
        let c = unit(MaxPooling2D(3, strides: 2)(b), 384, kernel: 3, "6")
        let d = unit(c, 256, kernel: 3, "8")
        return [a, b, c, d, unit(d, 256, kernel: 3, "10")]
    }

    private static func vgg16(_ input: Input) -> [Symbol] {
        var x: any SymbolConvertible = input
        var index = 0
        var outputs: [Symbol] = []
        for (filters, count) in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)] {
            if let last = outputs.last {
                x = MaxPooling2D(2)(last)
                index += 1
            }
            for _ in 0..<count {
                x = unit(x, filters, kernel: 3, "\(index)")
                index += 2
            }
            outputs.append(x.symbol)
        }
        return outputs
    }

    /// Version 1.1. Its pooling rounds extents up: a row and a column of zeros behind, which cannot
    /// be the maximum of what ReLU gives.
    private static func squeezeNet(_ input: Input) throws -> [Symbol] {
        let behind: JSONObject = ["padding": [[0, 1], [0, 1]]]
        func pooled(_ x: Symbol) throws -> Symbol {
            let padding = try ZeroPadding2D(config: LayerConfig(behind, registry: .standard))
            return MaxPooling2D(3, strides: 2)(padding(x))
        }
        func fire(_ x: Symbol, _ index: Int, _ squeezed: Int, _ expanded: Int) -> Symbol {
            let inner = unit(x, squeezed, kernel: 1, "\(index).squeeze")
            return Concatenate()([
                unit(inner, expanded, kernel: 1, "\(index).expand1x1"),
                unit(inner, expanded, kernel: 3, "\(index).expand3x3"),
            ])
        }
        let a = unit(input, 64, kernel: 3, "0", strides: 2, padding: .valid)
        let b = try fire(fire(pooled(a), 3, 16, 64), 4, 16, 64)
        let c = try fire(fire(pooled(b), 6, 32, 128), 7, 32, 128)
        let d = try fire(pooled(c), 9, 48, 192)
        let e = fire(d, 10, 48, 192)
        let f = fire(e, 11, 64, 256)
        return [a, b, c, d, e, f, fire(f, 12, 64, 256)]
    }
}
