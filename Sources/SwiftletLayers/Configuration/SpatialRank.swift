/// The number of spatial axes of a layer that comes for one, two and three of them.
public protocol SpatialRank: Sendable {
    static var count: Int { get }
}

/// Steps: `[batch, steps, channels]`.
public enum OneAxis: SpatialRank { public static let count = 1 }

/// Images: `[batch, height, width, channels]`.
public enum TwoAxes: SpatialRank { public static let count = 2 }

/// Volumes: `[batch, depth, height, width, channels]`.
public enum ThreeAxes: SpatialRank { public static let count = 3 }
