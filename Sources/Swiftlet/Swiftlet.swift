// One import for whoever trains, runs and scores models, and writes layers of their own.
@_exported public import SwiftletData
@_exported public import SwiftletDataset
@_exported public import SwiftletFiles
@_exported public import SwiftletGraph
@_exported public import SwiftletHDF5
@_exported public import SwiftletKeras
@_exported public import SwiftletLayers
@_exported public import SwiftletLimits
@_exported public import SwiftletReport
@_exported public import SwiftletRuntime
@_exported public import SwiftletScores
@_exported public import SwiftletStreaming
@_exported public import SwiftletTensor
@_exported public import SwiftletTraining
