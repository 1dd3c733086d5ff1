// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "swiftlet",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "SwiftletTensor", targets: ["SwiftletTensor"])
    ],
    targets: [
        // C: inner loops and system libraries.
        .target(name: "CKernels"),
        .systemLibrary(
            name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
        .systemLibrary(
            name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),

        // Floor 0: values and files.
        .target(name: "SwiftletTensor", swiftSettings: strict),
        .target(name: "SwiftletFiles", swiftSettings: strict),

        // Floor 4: data.
        .target(
            name: "SwiftletData", dependencies: ["SwiftletTensor", "SwiftletFiles"],
            swiftSettings: strict),

        .testTarget(
            name: "SwiftletDataTests",
            dependencies: ["SwiftletData", "SwiftletFiles", "SwiftletTensor"],
            swiftSettings: strict),
        .testTarget(
            name: "SwiftletTensorTests", dependencies: ["SwiftletTensor"], swiftSettings: strict),
    ]
)
