internal import SwiftletFiles
internal import SwiftletTensor

/// Many pictures as one tensor `[pictures, height, width, channels]`.
struct PictureStack {
    let paths: [String]
    let placement: DataPlacement

    /// Pictures of one size, as they are stored.
    ///
    /// - Throws: ``DataError`` if they differ in size, channels or depth.
    ///
    /// - Parameter known: the picture that all are to be like; nil for the first one.
    func alike(to known: Tensor? = nil) throws(DataError) -> Tensor {
        let first = if let known { known } else { try ImageFile.read(paths[0]) }
        return try tensor(of: first.shape, first.dtype) { (path) throws(DataError) in
            let picture =
                known == nil && path == paths[0] ? first : try ImageFile.read(path)
            guard picture.shape == first.shape, picture.dtype == first.dtype else {
                throw DataError(
                    file: path,
                    .mismatch(
                        "\(described(picture)), but \(fileName(of: paths[0])) is "
                            + described(first)))
            }
            return picture
        }
    }

    /// Pictures as they are if all have that shape, else resized.
    ///
    /// - Parameter known: the first picture, if it has been read.
    func brought(to shape: [Int], like known: Tensor? = nil) throws(DataError) -> Tensor {
        let first = if let known { known } else { try ImageFile.read(paths[0]) }
        if first.shape.dimensions == shape {
            do {
                return try alike(to: first)
            } catch {
                guard case .mismatch = error.cause else { throw error }
            }
        }
        return try resized(to: shape)
    }

    /// Pictures `[height, width, channels]` of 0 … 255 in float32: resized as Keras's
    /// `image_dataset_from_directory` does (bilinear, pixel centres on pixel centres), gray ones made
    /// colours and the reverse.
    func resized(to shape: [Int]) throws(DataError) -> Tensor {
        guard shape.count == 3, shape.allSatisfy({ $0 > 0 }) else {
            throw DataError(
                file: directory(of: paths[0]),
                .mismatch(
                    "pictures cannot have the shape \(shape): height, width and channels expected"))
        }
        let form = try DataError.located(file: paths[0]) { () throws(DataError.Cause) in
            try DataError.Cause.wrapping { try Shape(shape) }
        }
        return try tensor(of: form, .float32) { (path) throws(DataError) in
            let picture = try ImageFile.read(path)
            guard picture.dtype == .uint8 else {
                throw DataError(
                    file: path,
                    .unsupported("\(described(picture)) where \(form) is needed; a change of depth")
                )
            }
            return try DataError.located(file: path) { () throws(DataError.Cause) in
                try DataError.Cause.wrapping { try picture.fitted(to: form) }
            }
        }
    }

    private func tensor(
        of shape: Shape, _ dtype: DType, _ picture: (String) throws(DataError) -> Tensor
    ) throws(DataError) -> Tensor {
        if placement == .disk {
            var spool = try TensorSpool(source: directory(of: paths[0]))
            for path in paths {
                try spool.append(picture(path))
            }
            return try spool.finish(shape: [paths.count] + shape, dtype: dtype)
        }
        do {
            let size = shape.elementCount * dtype.size
            return try Tensor(shape: Shape([paths.count] + shape), dtype: dtype) { output in
                for (index, path) in paths.enumerated() {
                    try picture(path).withUnsafeBytes {
                        UnsafeMutableRawBufferPointer(
                            rebasing: output[index * size..<(index + 1) * size]
                        ).copyMemory(from: $0)
                    }
                }
            }
        } catch let error as DataError {
            throw error
        } catch let error as TensorError {
            throw DataError(file: directory(of: paths[0]), .tensor(error))
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private func described(_ picture: Tensor) -> String {
        let depth = picture.dtype == .uint8 ? "" : ", 16 bits"
        let colour = picture.shape[2] == 1 ? "gray" : "RGB"
        return "\(picture.shape[1]) × \(picture.shape[0]) \(colour)\(depth)"
    }
}

extension Tensor {
    /// A picture of uint8 in another size and with other channels, in float32.
    fileprivate func fitted(to form: Shape) throws -> Tensor {
        let (height, width, channels) = (form[0], form[1], form[2])
        let pixels = try floats()
        let rows = Self.places(shape[0], to: height)
        let columns = Self.places(shape[1], to: width)
        let own = shape[2]
        var output: [Float] = []
        output.reserveCapacity(form.elementCount)
        var colours = [Float](repeating: 0, count: own)
        for row in rows {
            let (top, bottom) = (row.low * shape[1] * own, row.high * shape[1] * own)
            for column in columns {
                for channel in 0..<own {
                    let (left, right) = (column.low * own + channel, column.high * own + channel)
                    let above =
                        pixels[top + left]
                        + (pixels[top + right] - pixels[top + left]) * column.share
                    let below =
                        pixels[bottom + left]
                        + (pixels[bottom + right] - pixels[bottom + left]) * column.share
                    colours[channel] = above + (below - above) * row.share
                }
                if own == channels {
                    output += colours
                } else if own == 1 {
                    output += repeatElement(colours[0], count: channels)
                } else {
                    let gray = 0.299 * colours[0] + 0.587 * colours[1] + 0.114 * colours[2]
                    output += repeatElement(gray, count: channels)
                }
            }
        }
        return try Tensor(output, shape: form)
    }

    /// The two positions that each position of the result lies between, and how far from the first.
    private static func places(
        _ old: Int, to new: Int
    ) -> [(low: Int, high: Int, share: Float)] {
        let ratio = Float(old) / Float(new)
        return (0..<new).map { index in
            let place = (Float(index) + 0.5) * ratio - 0.5
            let floor = place.rounded(.down)
            return (
                max(Int(floor), 0), min(Int(place.rounded(.up)), old - 1), place - floor
            )
        }
    }
}
