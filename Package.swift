// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

func library(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

// The floors of the house, lowest first; each imports only what lies below it.
var targets: [Target] = []

// Homebrew keeps headers where only pkg-config finds them.
var hdf5Header: [Target.Dependency] = []
#if os(macOS)
    targets.append(
        .systemLibrary(name: "CHDF5Header", pkgConfig: "hdf5", providers: [.brew(["hdf5"])]))
    hdf5Header.append("CHDF5Header")
#endif

// C: inner loops and system libraries.
targets += [
    .target(name: "CKernels"),
    .target(name: "CConfinement"),
    // Loads Open MPI, of which it needs the header; nothing is linked.
    .target(name: "CMPI", cSettings: [.define("SWIFTLET_MPI", .when(traits: ["MPI"]))]),
    tests("CKernelsTests", "CKernels"),
    // Opens libhdf5, of which it needs the header; nothing is linked.
    .target(
        name: "CHDF5", dependencies: hdf5Header,
        linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .systemLibrary(
        name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
]

// Fixtures and temporary directories for the tests.
targets += [
    .target(name: "CAllocations", path: "Tests/CAllocations"),
    .target(
        name: "TestSupport", dependencies: ["CAllocations"], path: "Tests/TestSupport",
        swiftSettings: strict),
]

// Damage for tests of robustness.
targets.append(
    .target(
        name: "Mutation",
        dependencies: [
            "SwiftletFiles", "SwiftletGraph", "SwiftletKeras", "SwiftletLayers", "SwiftletLimits",
            "SwiftletRuntime", "SwiftletTensor",
        ], path: "Tests/Mutation", swiftSettings: strict))

// C, for data: image codecs and the sets that ship with the library.
targets += [
    .systemLibrary(
        name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(
        name: "CTurboJPEG", pkgConfig: "libturbojpeg",
        providers: [.apt(["libturbojpeg0-dev"]), .brew(["jpeg-turbo"])]),
    .systemLibrary(
        name: "CWebP", pkgConfig: "libwebpdemux",
        providers: [.apt(["libwebp-dev"]), .brew(["webp"])]),
    .target(name: "CPNGCodec", dependencies: ["CPNG"]),
    .target(name: "CBundledData"),
    .target(
        name: "CLAPACK", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
]

// Floor 0: the machine, values and files.
targets += [
    library("SwiftletMachine"),
    library("SwiftletLimits", "SwiftletMachine"),
    library("SwiftletTensor", "CKernels", "SwiftletLimits", "SwiftletMachine"),
    library("SwiftletFiles", "SwiftletLimits", "SwiftletMachine"),
    tests("SwiftletTensorTests", "SwiftletLimits", "SwiftletTensor"),
    tests("SwiftletFilesTests", "SwiftletFiles", "SwiftletMachine", "TestSupport"),
]

// Floor 1: operations.
targets += [
    library("SwiftletGraph", "CKernels", "SwiftletLimits", "SwiftletTensor"),
    tests(
        "SwiftletGraphTests", "SwiftletFiles", "SwiftletGraph", "SwiftletTensor", "TestSupport"),
]

// Floor 1: containers.
targets += [
    library("SwiftletNumPy", "SwiftletFiles", "SwiftletTensor"),
    library("SwiftletArchive", "CZlib", "SwiftletFiles", "SwiftletLimits", "SwiftletMachine"),
    tests(
        "SwiftletArchiveTests", "SwiftletArchive", "SwiftletFiles", "SwiftletLimits", "TestSupport"),
    library(
        "SwiftletHDF5", "CConfinement", "CHDF5", "CZlib", "SwiftletFiles", "SwiftletLimits",
        "SwiftletMachine", "SwiftletTensor"),
    tests(
        "SwiftletHDF5Tests", "CHDF5", "SwiftletArchive", "SwiftletFiles",
        "SwiftletHDF5", "SwiftletLimits", "SwiftletTensor", "TestSupport"),
]

// Floor 1: samples.
targets += [
    library("SwiftletDataset", "SwiftletTensor"),
    tests("SwiftletDatasetTests", "SwiftletDataset", "SwiftletTensor"),
]

// Floor 2: layers and models.
targets += [
    library(
        "SwiftletLayers", "SwiftletFiles", "SwiftletGraph", "SwiftletLimits", "SwiftletTensor"),
    tests(
        "SwiftletLayersTests", "SwiftletData", "SwiftletFiles", "SwiftletGraph", "SwiftletLayers",
        "SwiftletTensor", "TestSupport"),
]

// Floor 3: compiling and running models.
targets += [
    library(
        "SwiftletRuntime", "SwiftletGraph", "SwiftletLayers", "SwiftletLimits", "SwiftletTensor"),
    tests(
        "SwiftletRuntimeTests", "SwiftletGraph", "SwiftletLayers", "SwiftletRuntime",
        "SwiftletTensor", "TestSupport"),
]

// A program that predicts for long, for a test and for tools/soak.
targets.append(
    .executableTarget(
        name: "soak", dependencies: ["SwiftletLayers", "SwiftletRuntime", "SwiftletTensor"],
        path: "Tests/Soak", swiftSettings: strict))

// Floor 2: files of weights that other frameworks write.
targets += [
    library(
        "SwiftletWeights", "SwiftletArchive", "SwiftletFiles", "SwiftletNumPy", "SwiftletTensor"),
    tests(
        "SwiftletWeightsTests", "SwiftletArchive", "SwiftletFiles", "SwiftletNumPy",
        "SwiftletTensor", "SwiftletWeights", "TestSupport"),
]

// Floor 3: Keras files.
targets += [
    library(
        "SwiftletKeras", "SwiftletArchive", "SwiftletFiles", "SwiftletHDF5", "SwiftletLayers",
        "SwiftletLimits", "SwiftletTensor", "SwiftletWeights"),
    tests(
        "SwiftletKerasTests", "Mutation", "SwiftletArchive", "SwiftletData", "SwiftletDataset",
        "SwiftletFiles", "SwiftletGraph", "SwiftletHDF5", "SwiftletKeras", "SwiftletLayers",
        "SwiftletLimits", "SwiftletRuntime", "SwiftletTensor", "TestSupport"),
]

// Floor 4: training.
targets += [
    library(
        "SwiftletTraining", "CKernels", "SwiftletDataset", "SwiftletFiles", "SwiftletGraph",
        "SwiftletLayers", "SwiftletTensor"),
    tests(
        "SwiftletTrainingTests", "CKernels", "SwiftletData", "SwiftletDataset", "SwiftletFiles",
        "SwiftletGraph", "SwiftletLayers", "SwiftletTensor", "SwiftletTraining", "TestSupport"),
]

// Floor 4: data.
targets += [
    library(
        "SwiftletData", "CBundledData", "CPNGCodec", "CTurboJPEG", "CWebP",
        "SwiftletArchive",
        "SwiftletDataset", "SwiftletFiles", "SwiftletHDF5", "SwiftletLimits", "SwiftletNumPy",
        "SwiftletTensor"),
    tests(
        "SwiftletDataTests", "SwiftletArchive", "SwiftletData", "SwiftletDataset", "SwiftletFiles",
        "SwiftletHDF5", "SwiftletLimits", "SwiftletTensor", "TestSupport"),
]

// Floor 4: scores.
targets += [
    library(
        "SwiftletScores", "CKernels", "CLAPACK", "SwiftletDataset", "SwiftletFiles",
        "SwiftletLayers", "SwiftletRuntime", "SwiftletTensor"),
    tests(
        "SwiftletScoresTests", "SwiftletData", "SwiftletDataset", "SwiftletFiles", "SwiftletLayers",
        "SwiftletRuntime", "SwiftletScores", "SwiftletTensor", "TestSupport"),
]

// Floor 5: rows of files through models, in parts.
targets += [
    library(
        "SwiftletStreaming", "CKernels", "SwiftletArchive", "SwiftletData", "SwiftletDataset",
        "SwiftletFiles", "SwiftletGraph", "SwiftletHDF5", "SwiftletLayers", "SwiftletLimits",
        "SwiftletRuntime", "SwiftletScores", "SwiftletTensor", "SwiftletTraining"),
    tests(
        "SwiftletStreamingTests", "Mutation", "SwiftletArchive", "SwiftletData", "SwiftletDataset",
        "SwiftletFiles", "SwiftletHDF5", "SwiftletLayers", "SwiftletRuntime", "SwiftletScores",
        "SwiftletStreaming", "SwiftletTensor", "TestSupport"),
]

// Floor 5: networks that scores look through.
targets += [
    library(
        "SwiftletFeatures", "CKernels", "SwiftletArchive", "SwiftletData", "SwiftletFiles",
        "SwiftletKeras", "SwiftletLayers", "SwiftletRuntime", "SwiftletTensor", "SwiftletWeights"),
    tests(
        "SwiftletFeaturesTests", "SwiftletData", "SwiftletFeatures", "SwiftletFiles",
        "SwiftletLayers", "SwiftletRuntime", "SwiftletTensor", "SwiftletWeights", "TestSupport"),
]

// Floor 5: reports.
targets += [
    library("SwiftletReport", "SwiftletFiles", "SwiftletScores"),
    tests(
        "SwiftletReportTests", "SwiftletData", "SwiftletFiles", "SwiftletReport",
        "SwiftletScores", "SwiftletTensor", "TestSupport"),
]

// Floor 2: ranks that are processes.
targets.append(library("SwiftletMPI", "CMPI", "SwiftletGraph"))

// Floor 6: what users import.
targets += [
    library(
        "Swiftlet", "SwiftletData", "SwiftletDataset", "SwiftletFiles", "SwiftletGraph",
        "SwiftletHDF5", "SwiftletKeras", "SwiftletLayers", "SwiftletLimits", "SwiftletReport",
        "SwiftletRuntime", "SwiftletScores", "SwiftletStreaming",
        "SwiftletTensor", "SwiftletTraining"),
    tests("SwiftletTests", "Swiftlet", "TestSupport"),
]

// Floor 6: for other languages; the header is the declaration, which the compiler holds the code to.
var products: [Product] = []
#if compiler(>=6.3)
    targets += [
        .target(name: "CSwiftlet"),
        library(
            "SwiftletC", "CSwiftlet", "SwiftletFiles", "SwiftletHDF5", "SwiftletKeras",
            "SwiftletLayers", "SwiftletLimits", "SwiftletMachine", "SwiftletRuntime",
            "SwiftletTensor"),
    ]
    // For C and what calls C; `tools/package` makes the library that is installed of it.
    products.append(.library(name: "swiftlet-c", type: .dynamic, targets: ["SwiftletC"]))
#endif

// Floor 5: answers to requests, whichever way they come.
targets += [
    library(
        "SwiftletServing", "SwiftletFiles", "SwiftletGraph", "SwiftletLayers", "SwiftletLimits",
        "SwiftletMachine", "SwiftletRuntime", "SwiftletTensor"),
    tests(
        "SwiftletServingTests", "Mutation", "SwiftletFiles", "SwiftletGraph", "SwiftletKeras",
        "SwiftletLayers",
        "SwiftletLimits", "SwiftletRuntime", "SwiftletServing", "SwiftletTensor", "TestSupport"),
]

// Floor 6: the same over HTTP.
func served(_ product: String, _ package: String) -> Target.Dependency {
    .product(name: product, package: package, condition: .when(traits: ["Serve"]))
}

targets += [
    library(
        "SwiftletServer", "SwiftletServing", served("Hummingbird", "hummingbird"),
        served("HTTPTypes", "swift-http-types"), served("Logging", "swift-log"),
        served("NIOCore", "swift-nio"), served("NIOHTTPTypes", "swift-nio-extras"),
        served("ServiceLifecycle", "swift-service-lifecycle"))
]

// Programs of a page that show how the library is used; they see only what is public.
targets.append(
    .target(
        name: "ExampleSupport", dependencies: ["Swiftlet"], path: "Examples/Support",
        swiftSettings: strict))
targets += [
    ("example-adversaries", "Adversaries"), ("example-autoencoder", "Autoencoder"),
    ("example-digits", "Digits"), ("example-folders", "Folders"),
    ("example-forecast", "Forecast"), ("example-regression", "Regression"),
    ("example-transfer", "Transfer"),
    ("example-variational-autoencoder", "VariationalAutoencoder"),
].map { name, folder in
    .executableTarget(
        name: name, dependencies: ["ExampleSupport", "Swiftlet"], path: "Examples/\(folder)",
        swiftSettings: strict)
}

// An application with a model in it.
targets.append(
    .executableTarget(
        name: "example-server",
        dependencies: [
            "Swiftlet", served("Hummingbird", "hummingbird"), served("NIOPosix", "swift-nio"),
        ], path: "Examples/Server", swiftSettings: strict))

// Floor 7: the command line. With the Swift runtime inside it starts in three quarters of the time; what that
// consists of, Swift does not name in the objects.
let runtimeLibraries = [
    "CoreFoundation", "_FoundationICU", "_FoundationCShims", "_FoundationCollections",
]
let runtimeInside: [LinkerSetting] =
    [.unsafeFlags(["-static-stdlib", "-use-ld=lld"], .when(platforms: [.linux]))]
    + runtimeLibraries.map { .linkedLibrary($0, .when(platforms: [.linux])) }

targets += [
    .target(name: "CMemoryGuard"),
    .executableTarget(
        name: "SwiftletCommand",
        dependencies: [
            "CKernels", "CLAPACK", "CMemoryGuard", "CPNG", "CWebP", "CZlib",
            "SwiftletArchive", "SwiftletData", "SwiftletDataset",
            "SwiftletFeatures",
            "SwiftletFiles", "SwiftletGraph", "SwiftletHDF5", "SwiftletKeras", "SwiftletLayers",
            "SwiftletLimits", "SwiftletMPI", "SwiftletMachine", "SwiftletReport",
            "SwiftletRuntime", "SwiftletScores", "SwiftletServing", "SwiftletStreaming",
            "SwiftletTensor",
            "SwiftletTraining", "SwiftletWeights",
            .target(name: "SwiftletServer", condition: .when(traits: ["Serve"])),
            .product(
                name: "ArgumentParser", package: "swift-argument-parser",
                condition: .when(traits: ["Command"])),
            .product(name: "Yams", package: "Yams", condition: .when(traits: ["Command"])),
        ], swiftSettings: strict, linkerSettings: runtimeInside),
    tests(
        "SwiftletCommandTests", "SwiftletData", "SwiftletDataset",
        "SwiftletFiles", "SwiftletHDF5", "SwiftletKeras", "SwiftletLayers", "SwiftletTensor",
        "TestSupport", "soak"),
]

// Every reader under libFuzzer; `tools/fuzz/run` builds it with the flags that it needs.
if Context.environment["SWIFTLET_FUZZ"] != nil {
    targets.append(
        .executableTarget(
            name: "swiftlet-fuzz",
            dependencies: [
                "Mutation", "SwiftletArchive", "SwiftletData", "SwiftletDataset",
                "SwiftletFeatures",
                "SwiftletFiles", "SwiftletHDF5", "SwiftletKeras", "SwiftletLayers",
                "SwiftletLimits",
                "SwiftletNumPy", "SwiftletServing",
                "SwiftletTensor", "SwiftletTraining", "SwiftletWeights",
            ], path: "tools/fuzz/Targets", swiftSettings: strict))
}

let package = Package(
    name: "swiftlet",
    platforms: [.macOS(.v15)],
    products: products + [
        // Everything: train, save, load, predict, score.
        .library(name: "Swiftlet", targets: ["Swiftlet"]),
        // Only to open models and run them: zlib, and libhdf5 where a file is written.
        .library(
            name: "SwiftletRuntime",
            targets: ["SwiftletRuntime", "SwiftletLayers", "SwiftletTensor"]),
        .library(
            name: "SwiftletKeras",
            targets: ["SwiftletHDF5", "SwiftletKeras", "SwiftletLayers", "SwiftletTensor"]),
        // Training on several machines, with the trait `MPI`.
        .library(name: "SwiftletMPI", targets: ["SwiftletMPI"]),
        .executable(name: "swiftlet", targets: ["SwiftletCommand"]),
    ],
    traits: [
        .trait(
            name: "Command",
            description: "The command swiftlet. Who uses the libraries alone says `traits: []`."),
        .trait(
            name: "Serve",
            description: "`swiftlet serve`: models over HTTP; fetches and builds Hummingbird.",
            enabledTraits: ["Command"]),
        .trait(
            name: "MPI",
            description: "Training on several machines under `mpirun`; compiles with mpi.h."),
        .default(enabledTraits: ["Command"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        // Only with the trait `Serve`.
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
    ],
    targets: targets
)
