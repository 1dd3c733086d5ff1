internal import SwiftletFiles
internal import SwiftletLimits

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension HDF5Isolation {
    /// A file's content as libhdf5 reads it in a helper process, in plain form.
    func plainCopy(of file: MappedFile) throws(HDF5Error) -> HDF5Session {
        let copy: MappedFile
        do {
            copy = try run(file)
        } catch let error as HDF5Error {
            throw error
        } catch let error as FileError {
            throw HDF5Error(error)
        } catch let error as LimitError {
            throw HDF5Error(file.name, .limit(error))
        } catch {
            throw HDF5Error(file.name, .damaged("\(error)"))
        }
        do {
            return try HDF5Session(copy, verifiesChecksums: true, isolation: nil)
        } catch {
            throw HDF5Error(file.name, .helper(.badCopy))
        }
    }

    /// A program that is named as the helper and is none must not start itself over and over.
    private static let mark = "SWIFTLET_HDF5_HELPER"

    private func run(_ file: MappedFile) throws -> MappedFile {
        guard getenv(Self.mark) == nil else {
            throw HDF5Error(file.name, .helper(.notAHelper(program: program)))
        }
        let limits = IsolationLimits(fileSize: file.count)
        let source = try file.opened()
        let spool = try SpoolFile(name: file.name)
        var answer = try Pipe(name: file.name)
        let request = HelperRequest.copy(
            source.start..<source.start + source.count, Limits.current,
            requiresConfinement: requiresConfinement)
        var helper: ChildProcess
        do {
            helper = try ChildProcess(
                program, request.arguments,
                descriptors: [
                    nil, answer.writingNumber, nil, source.descriptor.number, spool.number,
                ],
                environment: Self.environment)
        } catch {
            throw HDF5Error(file.name, .helper(.cannotStart(program: program, error.cause)))
        }
        answer.closeWriting()
        let patience = patience ?? limits.patience
        let deadline = ContinuousClock.now + .seconds(patience)
        let words = try answer.read(
            from: &helper, limit: IsolationLimits.answerBytes, until: deadline)
        guard words.count < IsolationLimits.answerBytes else {
            throw HDF5Error(file.name, .helper(.nonsense))
        }
        guard let ending = helper.wait(until: deadline) else {
            helper.kill()
            try Limits.checkTime()
            throw HDF5Error(file.name, .helper(.timedOut(seconds: patience)))
        }
        let status: Int32
        switch ending {
        case .signalled(let signal): throw HDF5Error(file.name, .helper(.died(signal: signal)))
        case .unknown: throw HDF5Error(file.name, .helper(.unknown))
        case .exited(let number): status = number
        }
        switch HelperAnswer(words) {
        case .done where status == 0: return try spool.finishWrittenElsewhere()
        case .refused(let object, let cause): throw HDF5Error(file.name, object: object, cause)
        case nil where !words.isEmpty: throw HDF5Error(file.name, .helper(.nonsense))
        default: throw HDF5Error(file.name, .helper(.noAnswer(status: status)))
        }
    }

    /// Nothing that changes how libhdf5 works; only where the program finds its libraries.
    private static var environment: [String] {
        let kept = ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"]
        return ["\(mark)=1"]
            + kept.compactMap { name in getenv(name).map { "\(name)=\(String(cString: $0))" } }
    }
}
