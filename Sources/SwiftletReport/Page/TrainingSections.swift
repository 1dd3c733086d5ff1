package import SwiftletFiles

extension ReportPage {
    /// What a `TrainingRecorder` wrote down: learning rate and gradient norms over the epochs, and how the
    /// values of each weight were spread.
    ///
    /// - Parameter recording: `[{"learning_rate", "gradient_norms": {layer: norm}, "weights": {path: {"low",
    ///   "high", "counts"}}}, …]`, a member per epoch.
    package mutating func add(recording: JSON) {
        guard let epochs = recording.array, !epochs.isEmpty else { return }
        let rates = epochs.map { $0["learning_rate"]?.double ?? .nan }
        var figures = [
            Chart.learningCurve("learning rate", training: rates, validation: nil).figure
        ]
        if let norms = Chart.gradientNorms(epochs) { figures.append(norms.figure) }
        addSection("Steps") { Self.add(figures, to: &$0) }
        let weights = epochs.last?["weights"]?.object?.keys ?? []
        let spreads = weights.compactMap { Chart.weightSpread($0, epochs)?.figure }
        guard !spreads.isEmpty else { return }
        addSection("Weights") { Self.add(spreads, to: &$0) }
    }

    /// A learning-rate range test: `{"rates": […], "losses": […], "smoothed": […], "suggestion": …}`.
    package mutating func add(rateSearch: JSON) {
        func numbers(_ key: String) -> [Double] {
            rateSearch[key]?.array?.map { $0.double ?? .nan } ?? []
        }
        let chart = Chart.rateSearch(
            rates: numbers("rates"), losses: numbers("losses"), smoothed: numbers("smoothed"),
            suggestion: rateSearch["suggestion"]?.double)
        addSection("Loss by learning rate") { Self.add([chart.figure], to: &$0) }
    }

    private static func add(_ figures: [String], to page: inout Markup) {
        page.add("div", ["class": "figures"]) { section in
            for figure in figures { section.add(markup: figure) }
        }
    }
}
