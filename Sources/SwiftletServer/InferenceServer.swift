#if Serve
    internal import Hummingbird
    internal import Logging
    internal import NIOCore
    internal import ServiceLifecycle
    package import SwiftletServing

    /// The service over HTTP/1.1, until it is told to end.
    package struct InferenceServer: Sendable {
        private let service: InferenceService
        private let options: ServerOptions
        private let log: @Sendable (String) -> Void

        /// - Parameter log: takes lines for whoever runs the server.
        package init(
            _ service: InferenceService, _ options: ServerOptions,
            log: @escaping @Sendable (String) -> Void
        ) {
            (self.service, self.options, self.log) = (service, options, log)
        }

        /// Serves until `end` says so; then requests in hand are answered and no more are taken.
        ///
        /// - Parameters:
        ///   - end: a stream whose first element, or end, asks for the server's end.
        ///   - listening: called with the port once connections are taken.
        /// - Throws: what is wrong with the address.
        package func run(
            until end: AsyncStream<Void>, listening: @escaping @Sendable (_ port: Int) -> Void
        ) async throws {
            let logger = Logger(label: "swiftlet") { _ in LineLog(log: log) }
            let application = Application(
                responder: Responder(service: service),
                server: .http1(
                    configuration: .init(
                        idleTimeout: .seconds(60),
                        httpDecoderConfiguration: .init(
                            maxHeaderFieldSize: options.mostHeaderBytes,
                            maxHeaderListSize: options.mostHeaderBytes, maxHeaderFieldCount: 100))),
                configuration: .init(
                    address: .hostname(options.host, port: options.port), serverName: "swiftlet",
                    backlog: 1024,
                    availableConnectionsDelegate: .maximum(
                        options.mostConnections, logger: logger)),
                onServerRunning: { channel in
                    listening(channel.localAddress?.port ?? options.port)
                },
                logger: logger)
            // Nobody's slowness holds up the end for longer than a request may take.
            var configuration = ServiceGroupConfiguration(services: [application], logger: logger)
            configuration.maximumGracefulShutdownDuration =
                service.options.timeout + .seconds(15)
            let group = ServiceGroup(configuration: configuration)
            let waiting = Task {
                for await _ in end { break }
                service.close()
                await group.triggerGracefulShutdown()
            }
            defer { waiting.cancel() }
            try await group.run()
        }
    }

    package struct ServerOptions: Sendable {
        package var host: String
        /// 0 for any that is free.
        package var port: Int
        /// Connections at once; further ones wait in the system's queue.
        package var mostConnections = 1024
        package var mostHeaderBytes = 16 << 10

        package init(host: String, port: Int) { (self.host, self.port) = (host, port) }
    }

    /// Warnings and errors of the libraries below, as lines.
    private struct LineLog: LogHandler {
        let log: @Sendable (String) -> Void
        var metadata = Logger.Metadata()
        var logLevel = Logger.Level.error

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { log("\(event.message)") }
    }
#endif
