public import SwiftletFiles
public import SwiftletGraph
internal import SwiftletTensor

/// Cells one behind the other as one: each takes the output of the one before.
public struct StackedRNNCells: RecurrentCell {
    public static let className = "StackedRNNCells"
    public var options: LayerOptions
    private let cells: [any RecurrentCell]

    init(_ cells: [any RecurrentCell], name: String? = nil) {
        options = LayerOptions(name: name)
        self.cells = cells
    }

    public init(config: LayerConfig) throws {
        options = try LayerOptions(config: config)
        guard let list = config.value("cells")?.array, !list.isEmpty else {
            throw ModelError.config(key: "cells", cause: "a list of cells expected")
        }
        cells = try list.map { try config.cell($0, key: "cells") }
    }

    // Keras 2's option reverse_state_order changes nothing where it works at all.
    public var config: JSONObject { ["cells": .array(cells.map { $0.serialized() })] }

    public func lower(_ call: CallArguments<Value>, in lowering: inout Lowering) throws -> [Value] {
        try lowerStep(call, in: &lowering)
    }

    package var givesFirstState: Bool { false }

    package func outputExtents(input: [Int]) throws -> [Int] {
        try cells.reduce(input) { try $1.outputExtents(input: $0) }
    }

    package func stateExtents(input: [Int]) throws -> [[Int]] {
        try inputs(input).enumerated().flatMap { position, input in
            try cells[position].stateExtents(input: input)
        }
    }

    /// The extents of every cell's input.
    private func inputs(_ first: [Int]) throws -> [[Int]] {
        var inputs = [first]
        for cell in cells.dropLast() {
            inputs.append(try cell.outputExtents(input: inputs[inputs.count - 1]))
        }
        return inputs
    }

    package func parameters(
        input: [Int], batch: Int, in lowering: inout Lowering
    ) throws -> CellParameters {
        var names = LayerNames(reserved: [])
        var groups = StoreGroups()
        let inputs = try inputs(input)
        return CellParameters(
            cells: try cells.enumerated().map { position, cell in
                // Names of cells may repeat where a person wrote the file.
                let name = names.unique(cell.displayName)
                return try lowering.within(cell, name: name, group: "cells/\(groups.next(cell))") {
                    try cell.parameters(input: inputs[position], batch: batch, in: &$0)
                }
            })
    }

    package func project(
        _ x: Value, with parameters: CellParameters, in graph: inout Graph
    ) throws -> Value {
        try cells[0].project(x, with: parameters.cells[0], in: &graph)
    }

    package func step(
        _ x: Value, states: [Value], with parameters: CellParameters, in graph: inout Graph
    ) throws -> (output: Value, states: [Value]) {
        var x = x
        var new: [Value] = []
        for (position, cell) in cells.enumerated() {
            var own = parameters.cells[position]
            if position > 0 {
                let shape = graph.shape(of: x).dimensions
                let steps = try graph.reshape(x, to: [shape[0], 1] + shape[1...])
                let projected = try cell.project(steps, with: own, in: &graph)
                let extents = graph.shape(of: projected).dimensions
                x = try graph.reshape(projected, to: [extents[0]] + extents[2...])
                own = own.forSteps { $0 }
            }
            // Which extents the input has does not matter to the number of states.
            let count = try cell.stateExtents(input: [1]).count
            let result = try cell.step(
                x, states: Array(states[new.count..<new.count + count]), with: own, in: &graph)
            x = result.output
            new += result.states
        }
        return (x, new)
    }
}

extension LayerConfig {
    /// A recurrent cell among a layer's configuration.
    func cell(_ json: JSON, key: String) throws -> any RecurrentCell {
        guard let cell = try registry.layer(from: json, depth: depth + 1) as? any RecurrentCell
        else {
            throw ModelError.config(
                key: key, cause: "\(json["class_name"]?.string ?? "something") is no recurrent cell"
            )
        }
        return cell
    }
}
