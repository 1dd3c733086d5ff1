public import ArgumentParser
public import SwiftletScores

extension ClassificationKind: ExpressibleByArgument {}
