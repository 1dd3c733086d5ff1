import SwiftletGraph
import SwiftletTensor

private let warpReferences = ["turned", "far away", "in perspective", "doubled"].flatMap { map in
    Warp.Edge.allCases.flatMap { edge in
        [false, true].map { isBilinear in
            ReferenceCase(
                name: "\(map) \(edge.rawValue) \(isBilinear ? "bilinear" : "nearest")",
                tolerance: 2e-6
            ) { graph, x in
                try graph.apply(
                    Warp(edge: edge, fill: 2.5, isBilinear: isBilinear), x[0], x[1])
            }
        }
    }
}

private let countReferences = [
    ReferenceCase(name: "bucketize") { graph, x in
        try graph.apply(Bucketize(boundaries: [-1.5, 0, 0.25, 2]), x[0])
    },
    ReferenceCase(name: "count categories") { graph, x in
        try graph.apply(CountCategories(depth: 6, isBinary: false), x[0])
    },
    ReferenceCase(name: "categories that occur") { graph, x in
        try graph.apply(CountCategories(depth: 6, isBinary: true), x[0])
    },
    ReferenceCase(name: "weights of categories", tolerance: 1e-6) { graph, x in
        try graph.apply(CountCategories(depth: 6, isBinary: false), x[0], x[1])
    },
]

private let textReferences = [
    ReferenceCase(name: "fingerprint") { graph, x in
        try graph.apply(HashText(.fingerprint, buckets: 1 << 40), x[0])
    },
    ReferenceCase(name: "siphash") { graph, x in
        try graph.apply(HashText(.sipHash(3, 1 << 50), buckets: 1 << 40), x[0])
    },
    ReferenceCase(name: "number text") { graph, x in try graph.apply(NumberText(), x[0]) },
    ReferenceCase(name: "cross hash") { graph, x in
        try graph.apply(CrossHash(buckets: 1 << 40), x[0], x[1])
    },
    ReferenceCase(name: "lower") { graph, x in
        try graph.apply(StandardizeText(lowers: true, stripsPunctuation: false), x[0])
    },
    ReferenceCase(name: "strip punctuation") { graph, x in
        try graph.apply(StandardizeText(lowers: false, stripsPunctuation: true), x[0])
    },
    ReferenceCase(name: "lower and strip") { graph, x in
        try graph.apply(StandardizeText(lowers: true, stripsPunctuation: true), x[0])
    },
    ReferenceCase(name: "words") { graph, x in
        try graph.apply(SplitText(TextSplitting(.whitespace), length: 4), x[0])
    },
    ReferenceCase(name: "characters") { graph, x in
        try graph.apply(SplitText(TextSplitting(.characters), length: 70), x[0])
    },
    ReferenceCase(name: "pairs") { graph, x in
        try graph.apply(SplitText(TextSplitting(.whitespace, widths: [1, 2]), length: 7), x[0])
    },
]

let preprocessingReferenceCases = warpReferences + countReferences + textReferences
