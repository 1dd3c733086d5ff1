import Foundation
import SwiftletFiles
import SwiftletTensor

/// Files that other programs made; see `tools/make-data-fixtures`.
enum Fixtures {
    static let data = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "fixtures/data")

    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: data.appending(path: path)))
    }

    static func json(_ path: String) throws -> JSON {
        try JSON(parsing: bytes(path))
    }

    static func path(_ path: String) -> String { data.appending(path: path).path }
}

/// Numbers as a fixture's JSON lists them: `nan`, `inf` and `-inf` are texts.
func numbers(_ json: JSON?) -> [Double] {
    (json?.array ?? []).map { $0.double ?? Double($0.string ?? "") ?? .nan }
}

extension Tensor {
    /// The elements as `Double`, for comparison with a fixture.
    func doubles() throws -> [Double] { try converted(to: .float64).elements(of: Double.self) }
}

/// Equal bit for bit, except that any NaN equals any other.
func same(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
}
