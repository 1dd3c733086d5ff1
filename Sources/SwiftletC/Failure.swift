// swift-format-ignore-file: AlwaysUseLowerCamelCase
internal import CSwiftlet
internal import SwiftletFiles
internal import SwiftletKeras
internal import SwiftletLayers
internal import SwiftletTensor

/// What a call answers when it cannot do what it was asked.
struct Failure: Error {
    let status: Int
    let text: String

    static func argument(_ text: String) -> Failure {
        Failure(status: SWIFTLET_BAD_ARGUMENT, text: text)
    }

    static func input(_ text: String) -> Failure {
        Failure(status: SWIFTLET_BAD_INPUT, text: text)
    }

    private init(status: some BinaryInteger, text: String) {
        self.status = Int(status)
        self.text = text
    }

    init(_ error: any Error) {
        let text = "\(error)"
        switch error {
        case let error as Failure: self = error
        case let error as KerasFileError:
            var isRefused = false
            if case .file = error.cause { isRefused = true }
            self.init(status: isRefused ? SWIFTLET_BAD_FILE : SWIFTLET_BAD_MODEL, text: text)
        case ModelError.input: self = .input(text)
        default: self.init(status: SWIFTLET_FAILED, text: text)
        }
    }
}

/// Runs the body of a function of the interface; what it throws becomes the status and the message.
func answering(_ body: () throws -> Void) -> swiftlet_status {
    do {
        try body()
        return swiftlet_status(SWIFTLET_OK)
    } catch {
        let failure = Failure(error)
        var text = oneLine(failure.text)
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { message_keep($0.baseAddress, $0.count) }
        }
        return swiftlet_status(failure.status)
    }
}

@c @implementation
public func swiftlet_message() -> UnsafePointer<CChar>? { message_kept() }
