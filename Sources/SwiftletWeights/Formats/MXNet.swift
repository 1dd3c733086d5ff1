internal import SwiftletFiles
internal import SwiftletTensor

/// MXNet's `.params`: a list of arrays and a list of their names (`arg:conv0_weight`).
enum MXNet {
    private static let listMagic: UInt64 = 0x112
    private static let version1: UInt32 = 0xf993_fac8
    private static let version2: UInt32 = 0xf993_fac9
    private static let version3: UInt32 = 0xf993_faca
    private static let largestRank = 32

    static func isParameters(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 24 && UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)) == listMagic
    }

    static func read(_ file: MappedFile) throws -> [NamedArray] {
        let stored = Stored(file)
        return try file.withUnsafeBytes { bytes throws(WeightFileError.Cause) in
            var reader = ByteReader(bytes, from: 16)
            let count = try reader.size()
            guard count <= reader.remaining / 4 else { throw .damaged("\(count) arrays") }
            var arrays: [NamedArray] = []
            for index in 0..<count {
                arrays.append(try array(&reader, index: index, in: stored))
            }
            let names = try reader.size()
            guard names == count || names == 0 else {
                throw .damaged("\(count) arrays and \(names) names")
            }
            for index in 0..<names {
                arrays[index] = arrays[index].renamed(try text(reader.take(reader.size())))
            }
            return arrays
        }
    }

    private static func array(
        _ reader: inout ByteReader, index: Int, in stored: Stored
    ) throws(WeightFileError.Cause) -> NamedArray {
        let name = String(index)
        let magic = try reader.littleEndian(UInt32.self)
        var extents: [Int]
        switch magic {
        case version2, version3:
            guard try reader.littleEndian(Int32.self) == 0 else {
                throw .unsupported("sparse array \(index)")
            }
            extents = try wideShape(&reader)
        case version1: extents = try wideShape(&reader)
        case 0...UInt32(largestRank):  // the oldest form begins with its rank
            extents = []
            for _ in 0..<magic { extents.append(Int(try reader.littleEndian(UInt32.self))) }
        default: throw .damaged("array \(index) begins with \(magic)")
        }
        let shape = try Layout.shape(extents, name)
        if extents.isEmpty, magic != version3 {  // an array that was never filled
            return NamedArray(name: name, try empty(name))
        }
        _ = try reader.take(8)  // the device it was on
        let code = try reader.littleEndian(Int32.self)
        guard let dtype = types[code] else { throw .unsupported("array \(index) of type \(code)") }
        let start = reader.position
        _ = try reader.take(shape.elementCount * dtype.size)
        let part = stored.part(start..<reader.position)
        let layout = Layout(shape: shape, dtype: dtype, strides: shape.strides)
        return NamedArray(name: name, shape: shape, dtype: dtype) { try layout.read(from: part) }
    }

    private static func empty(_ name: String) throws(WeightFileError.Cause) -> Tensor {
        do {
            return try Tensor(zeros: [0])
        } catch {
            throw .damaged("array \(name): \(error)")
        }
    }

    private static func wideShape(
        _ reader: inout ByteReader
    ) throws(WeightFileError.Cause) -> [Int] {
        let rank = try reader.littleEndian(Int32.self)
        guard (0...Int32(largestRank)).contains(rank) else { throw .damaged("rank \(rank)") }
        var extents: [Int] = []
        for _ in 0..<rank {
            guard let extent = Int(exactly: try reader.littleEndian(Int64.self)) else {
                throw .damaged("an extent")
            }
            extents.append(extent)
        }
        return extents
    }

    private static let types: [Int32: DType] = [
        0: .float32, 1: .float64, 2: .float16, 3: .uint8, 4: .int32, 5: .int8, 6: .int64,
        7: .bool, 8: .int16, 9: .uint16, 10: .uint32, 11: .uint64, 12: .bfloat16,
    ]
}
