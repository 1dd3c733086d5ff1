import SwiftletFiles
import SwiftletHDF5
import SwiftletTensor
import TestSupport
import Testing

/// Arrays read piece by piece are those read at once.
@Suite struct BandTests {
    @Test(arguments: ["everything.h5", "latest.h5", "user-block.h5"])
    func asAtOnce(_ name: String) throws {
        var count = 0
        for dataset in try HDF5File(fixture("hdf5/" + name)).root.allDatasets() {
            guard let whole = try? dataset.read(), whole.dtype != .string, whole.rank > 0 else {
                continue
            }
            var bytes: [UInt8] = []
            var rows = 0
            try dataset.forEachBand { band in
                #expect(band.dtype == whole.dtype)
                #expect(Array(band.shape.dropFirst()) == Array(whole.shape.dropFirst()))
                rows += band.shape[0]
                band.withUnsafeBytes { bytes += $0 }
            }
            #expect(rows == whole.shape[0], "\(dataset.path)")
            #expect(whole.withUnsafeBytes { $0.elementsEqual(bytes) }, "\(dataset.path)")
            count += 1
        }
        #expect(count > 0)
    }
}
