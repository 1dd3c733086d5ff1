public import ArgumentParser
public import SwiftletScores

extension ClassificationKind: ExpressibleByArgument {}
extension ScoreTask: ExpressibleByArgument {}
