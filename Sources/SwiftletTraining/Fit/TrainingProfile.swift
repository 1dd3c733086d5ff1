public import SwiftletFiles
internal import SwiftletGraph

/// Where the time of training steps goes.
public struct TrainingProfile: Sendable {
    public enum Phase: String, Sendable, CaseIterable {
        case forward, backward, loss, optimizer
        /// Waiting for the samples of a batch.
        case data
    }

    /// All that one layer's operations of one kind took.
    public struct Row: Sendable {
        public let phase: Phase
        /// The layer's path; empty where it is no layer's.
        public let layer: String
        public let operation: String
        public fileprivate(set) var time: Duration
        /// Operations made, over all steps.
        public fileprivate(set) var calls: Int
    }

    /// In the order in which they first came.
    public fileprivate(set) var rows: [Row] = []
    /// Steps measured: all but the first, which also plans.
    public fileprivate(set) var steps = 0

    public var time: Duration { rows.reduce(.zero) { $0 + $1.time } }

    /// Forward and backward time of each layer.
    public var layers: [(layer: String, forward: Duration, backward: Duration)] {
        var result: [(layer: String, forward: Duration, backward: Duration)] = []
        for row in rows where row.phase == .forward || row.phase == .backward {
            let index = result.firstIndex { $0.layer == row.layer } ?? result.count
            if index == result.count { result.append((row.layer, .zero, .zero)) }
            if row.phase == .forward {
                result[index].forward += row.time
            } else {
                result[index].backward += row.time
            }
        }
        return result
    }

    /// `{"steps": …, "ms_per_step": …, "phases": {…}, "rows": [{"phase", "layer", "operation", "ms",
    /// "calls"}, …]}`, milliseconds per step.
    public var json: JSON {
        func milliseconds(_ time: Duration) -> JSON {
            .double(Self.milliseconds(time) / Double(max(steps, 1)))
        }
        var phases = JSONObject()
        for phase in Phase.allCases {
            let own = rows.filter { $0.phase == phase }.reduce(Duration.zero) { $0 + $1.time }
            phases[phase.rawValue] = milliseconds(own)
        }
        return [
            "steps": .int(steps), "ms_per_step": milliseconds(time), "phases": .object(phases),
            "rows": .array(
                rows.map {
                    [
                        "phase": .string($0.phase.rawValue), "layer": .string($0.layer),
                        "operation": .string($0.operation), "ms": milliseconds($0.time),
                        "calls": .int($0.calls),
                    ]
                }),
        ]
    }

    private static func milliseconds(_ time: Duration) -> Double {
        Double(time.components.seconds) * 1e3 + Double(time.components.attoseconds) * 1e-15
    }
}

/// Takes the times of a training's steps.
public final class TrainingProfiler: Callback {
    private let clock = StepClock()

    public init() {}

    public var profile: TrainingProfile { clock.profile }

    public func trainingBegins(_ run: TrainingRun) { run.observeSteps(with: clock) }
    public var job: String? { nil }
}

/// Adds up what steps take, operation by operation.
final class StepClock {
    private(set) var profile = TrainingProfile()
    private var places: [Key: Int] = [:]
    private var last = ContinuousClock.now
    private var begun = 0

    private struct Key: Hashable {
        let phase: TrainingProfile.Phase
        let layer: String
        let operation: String
    }

    func beginStep() {
        begun += 1
        if begun > 1 { profile.steps += 1 }
        restart()
    }

    /// What happened since the last time is nobody's.
    func restart() { last = .now }

    func took(_ phase: TrainingProfile.Phase, _ operation: String, layer: String = "") {
        let now = ContinuousClock.now
        add(Key(phase: phase, layer: layer, operation: operation), now - last)
        last = .now
    }

    /// An operation of the graph, by the label of its node.
    func took(_ step: Program.StepDescription) {
        let mark = Graph.gradientMark
        if step.label.hasPrefix(mark) {
            let layer = String(step.label.dropFirst(mark.count))
            took(layer == StepGraph.lossLabel ? .loss : .backward, step.operation, layer: layer)
        } else {
            let isLoss = step.label == StepGraph.lossLabel || step.label.isEmpty
            took(isLoss ? .loss : .forward, step.operation, layer: step.label)
        }
    }

    private func add(_ key: Key, _ time: Duration) {
        guard begun > 1 else { return }
        guard let place = places[key] else {
            places[key] = profile.rows.count
            profile.rows.append(
                TrainingProfile.Row(
                    phase: key.phase, layer: key.layer, operation: key.operation, time: time,
                    calls: 1))
            return
        }
        profile.rows[place].time += time
        profile.rows[place].calls += 1
    }
}
