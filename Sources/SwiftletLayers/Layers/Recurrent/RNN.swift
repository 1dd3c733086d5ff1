public import SwiftletFiles
public import SwiftletGraph

/// A cell, or a stack of them, walked along the time axis: `[batch, time, features]` → `[batch,
/// units]`, or with `returnsSequences` `[batch, time, units]`.
public struct RNN: RecurrentLayer {
    public static let className = "RNN"
    public var options: LayerOptions
    private let cell: any RecurrentCell
    private var recurrence: RecurrentOptions

    /// - Parameter cells: such as ``LSTMCell``; several are stacked.
    /// - Throws: ``ModelError/config(key:cause:)`` for layers that are no cells.
    public init(
        _ cells: [any Layer], returnsSequences: Bool = false, returnsState: Bool = false,
        goesBackwards: Bool = false, isStateful: Bool = false, name: String? = nil
    ) throws {
        options = LayerOptions(name: name)
        let known = cells.compactMap { $0 as? any RecurrentCell }
        guard let first = known.first, known.count == cells.count else {
            throw ModelError.config(key: "cell", cause: "recurrent cells expected")
        }
        cell = known.count == 1 ? first : StackedRNNCells(known)
        recurrence = RecurrentOptions(
            returnsSequences: returnsSequences, returnsState: returnsState,
            goesBackwards: goesBackwards, isStateful: isStateful)
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        guard let json = config.value("cell") else {
            throw ModelError.config(key: "cell", cause: "missing")
        }
        if let list = json.array {
            guard !list.isEmpty else {
                throw ModelError.config(key: "cell", cause: "a list without cells")
            }
            cell = StackedRNNCells(try list.map { try config.cell($0, key: "cell") })
        } else {
            cell = try config.cell(json, key: "cell")
        }
        recurrence = try RecurrentOptions(config: config)
    }

    public var config: JSONObject {
        var config: JSONObject = ["cell": cell.serialized()]
        recurrence.write(to: &config)
        return config
    }

    public var returnsSequences: Bool { recurrence.returnsSequences }
    public var returnsState: Bool { recurrence.returnsState }

    public var reversed: Self {
        var copy = self
        copy.recurrence.goesBackwards.toggle()
        return copy
    }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        try recurrence.lower(
            cell, named: cell.displayName, call, maskRule: options.maskRule, in: &lowering)
    }
}
