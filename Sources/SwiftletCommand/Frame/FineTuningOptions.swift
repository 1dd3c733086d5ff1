internal import ArgumentParser
internal import SwiftletFiles
internal import SwiftletLayers
internal import SwiftletTraining

/// What is changed about a model before it is trained further.
struct FineTuningOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Keep the weights of layers as they are, e.g. 'conv*' or 'resnet/*'.",
            discussion: "Patterns of names, or of paths in models inside; may be given repeatedly.",
            valueName: "pattern"))
    var freeze: [String] = []

    @Option(
        help: ArgumentHelp("Train layers after all, after --freeze.", valueName: "pattern"))
    var unfreeze: [String] = []

    @Option(
        help: ArgumentHelp(
            "Put a new classifier of so many classes in the place of the last dense layer.",
            valueName: "units"))
    var replaceHead: Int?

    @Option(
        help: ArgumentHelp(
            "Put the layers of a description (its layers: alone count) in that place.",
            valueName: "file.yaml"))
    var head: String?

    @Option(
        help: ArgumentHelp(
            "The last layer that stays, where the new head is not for the last dense layer.",
            valueName: "name"))
    var headAfter: String?

    @Option(
        help: ArgumentHelp(
            "Let the learning rate follow a schedule of Keras's.",
            discussion: """
                E.g. cosine_decay,decay_steps=1000,alpha=0.1. Steps are batches; the first rate is \
                --learning-rate, or the optimizer's.
                """,
            valueName: "schedule"))
    var schedule: String?

    func validate() throws {
        if replaceHead != nil, head != nil {
            throw ValidationError("--replace-head and --head exclude each other")
        }
        if headAfter != nil, replaceHead == nil, head == nil {
            throw ValidationError("--head-after needs --replace-head or --head")
        }
        if let replaceHead, replaceHead < 1 {
            throw ValidationError("--replace-head must be at least 1")
        }
        _ = try schedule.map { try Self.schedule($0, initial: 0.1) }
    }

    /// Changes the layers, whose weights have their values.
    func apply(to model: inout Model, from path: String, seed: UInt64) throws {
        try naming(path) {
            if let replaceHead {
                model = try model.replacingHead(after: headAfter, units: replaceHead, seed: seed)
            }
            if let head {
                let layers = try naming(head) { try Model.describedLayers(in: head) }
                model = try model.replacingHead(after: headAfter, with: layers, seed: seed)
            }
            for pattern in freeze { try model.setTrainable(false, matching: pattern) }
            for pattern in unfreeze { try model.setTrainable(true, matching: pattern) }
        }
    }

    /// Changes how a compiled model is trained.
    func applySchedule(to model: inout Model) throws {
        guard let schedule, var setup = try model.trainingSetup() else { return }
        let initial = setup.optimizer.learningRate.initialRate
        setup.optimizer.learningRate = try Self.schedule(schedule, initial: initial)
        model.compile(setup)
    }

    /// `cosine_decay,decay_steps=1000,alpha=0.1`.
    private static func schedule(_ text: String, initial: Double) throws -> LearningRate {
        let parts = text.split(separator: ",").map(String.init)
        var options: JSONObject = ["initial_learning_rate": .double(initial)]
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, let value = try? JSON(parsing: pair[1]) else {
                throw ValidationError("--schedule: 'name=number' expected, '\(part)' found")
            }
            options[pair[0]] = value
        }
        do {
            return try LearningRate(named: parts.first ?? "", options: options)
        } catch {
            throw ValidationError("--schedule: \(error)")
        }
    }
}
