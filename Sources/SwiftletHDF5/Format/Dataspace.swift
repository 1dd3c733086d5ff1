internal import SwiftletTensor

/// Section IV.A.2.b: the extents of an array.
struct Dataspace {
    /// `[0]` where the space is declared to hold nothing.
    let shape: Shape
    /// The largest extents that the array may grow to; nil for no limit.
    let largest: [Int?]

    static let mostDimensions = 32

    init(_ fields: Fields) throws(Refusal) {
        var fields = fields
        let version = try fields.byte()
        let rank = try fields.byte()
        let flags = try fields.byte()
        let type: Int
        switch version {
        case 1:
            try fields.skip(5)
            type = rank == 0 ? 0 : 1
        case 2: type = try fields.byte()
        default: throw .unsupported("version \(version) of a dataspace")
        }
        guard type < 2 else {
            guard type == 2 else { throw .damaged("a dataspace of unknown type") }
            shape = [0]
            largest = [0]
            return
        }
        guard rank <= Self.mostDimensions, type == 1 || rank == 0 else {
            throw .damaged("an array of \(rank) dimensions")
        }
        var extents: [Int] = []
        for _ in 0..<rank { extents.append(Int(clamping: try fields.uint(fields.lengthSize))) }
        do {
            shape = try Shape(extents)
        } catch {
            throw .damaged("\(error)")
        }
        var largest: [Int?] = extents
        if flags & 1 != 0 {
            for axis in 0..<rank {
                largest[axis] = Int(exactly: try fields.uint(fields.lengthSize))
            }
        }
        self.largest = largest
    }
}

extension Fields {
    var lengthSize: Int { reading.lengthSize }
}
