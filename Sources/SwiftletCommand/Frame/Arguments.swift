public import ArgumentParser
public import SwiftletDataset
package import SwiftletFeatures
public import SwiftletScores

extension ClassificationKind: ExpressibleByArgument {}
extension PredictionForm: ExpressibleByArgument {}
extension ScoreConvention: ExpressibleByArgument {}
extension ScoreTask: ExpressibleByArgument {}
extension ResizeMethod: ExpressibleByArgument {}
extension LPIPS.Version: ExpressibleByArgument {}

extension Shard: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
