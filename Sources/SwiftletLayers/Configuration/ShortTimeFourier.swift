internal import SwiftletFiles
internal import SwiftletTensor

/// The first values of a kernel `[frame, 1, frequencies]` that takes the frequencies of a frame;
/// Keras's initializer `STFT`.
public struct ShortTimeFourier: Sendable, Hashable {
    enum Scaling: String, CaseIterable { case density, spectrum }

    /// Cosines, or sines.
    let isReal: Bool
    let window: FourierWindow
    let scaling: Scaling?
    let isPeriodic: Bool

    private enum Side: String, CaseIterable { case real, imag }

    init(isReal: Bool, window: FourierWindow, scaling: Scaling?, isPeriodic: Bool) {
        (self.isReal, self.window) = (isReal, window)
        (self.scaling, self.isPeriodic) = (scaling, isPeriodic)
    }

    init(config: LayerConfig) throws {
        let side: Side = try config.choice("side")
        isReal = side == .real
        window = try FourierWindow(config: config, "window")
        let isScaled = config.json["scaling"]?.isNull != true
        scaling = isScaled ? try config.choice("scaling", default: .density) : nil
        isPeriodic = try config.bool("periodic", default: false)
    }

    var config: JSONObject {
        [
            "side": .string((isReal ? Side.real : .imag).rawValue), "window": window.json,
            "periodic": .bool(isPeriodic),
            "scaling": scaling.map { .string($0.rawValue) } ?? .null,
        ]
    }

    /// - Throws: ``ModelError/config(key:cause:)`` for an unknown window or one of another length.
    func values(_ shape: Shape) throws -> [Float] {
        guard shape.rank == 3, shape[1] == 1 else {
            throw ModelError.config(
                key: "initializer", cause: "STFT is for [frame, 1, frequencies], not \(shape)")
        }
        let (frame, bins) = (shape[0], shape[2])
        guard var factors = window.values(frame, isPeriodic: isPeriodic), factors.count == frame
        else {
            throw ModelError.config(
                key: "window", cause: "the window \(window.json.text().prefix(40)) is not known")
        }
        if window != .none {
            let sum =
                switch scaling {
                case .density: factors.reduce(0) { $0 + $1 * $1 }.squareRoot()
                case .spectrum: factors.reduce(0) { $0 + abs($1) }
                case nil: 1.0
                }
            factors = factors.map { $0 / sum }
        }
        // Odd lengths count one turn less, as in Keras.
        return fourierKernel(
            frame: frame, bins: bins, period: (bins - 1) * 2, window: factors, isReal: isReal)
    }
}
