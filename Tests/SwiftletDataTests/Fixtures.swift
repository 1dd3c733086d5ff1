import SwiftletFiles
import SwiftletTensor
import TestSupport

/// Files that other programs made; see `tools/make-data-fixtures`.
enum Fixtures {
    static func path(_ name: String) -> String { fixture("data/" + name) }
    static func bytes(_ name: String) throws -> [UInt8] { try readFile(path(name)) }
    static func json(_ name: String) throws -> JSON { try JSON(parsing: bytes(name)) }
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
