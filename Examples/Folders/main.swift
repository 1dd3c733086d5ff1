// How alike two folders of pictures are (FID, KID, precision, recall, density, coverage):
// `swift run -c release example-folders [–] [folder] [features.keras real generated]`.
//
// The features are what the network gives for a picture: for FID as papers have it, Inception-v3 without its
// classifier. Without folders, real digits are compared with other real ones and with blurred ones.
import ExampleSupport
import Swiftlet

let example = Example("Folders", epochs: 1)
let given = Array(CommandLine.arguments.dropFirst(3))
let scores = ImageSetScores(metrics: [.fid, .kid, .prdc])

if given.count == 3 {
    let network = try Predictor(Model(contentsOf: given[0]))
    try compare(network, given[1], given[2], scale: 1)
} else {
    let digits = try Digits.load().train
    let half = digits.count / 2
    let (folder, count) = (example.folder, digits.count)
    try PictureFolder.write(digits.x.rows(0..<half), to: folder + "/real")
    try PictureFolder.write(digits.x.rows(half..<count), to: folder + "/others")
    try PictureFolder.write(blurred(digits.x.rows(half..<count)), to: folder + "/blurred")
    let eyes = try DigitEyes(Digits.load())
    for generated in ["others", "blurred"] {
        try compare(eyes.predictor, folder + "/real", "\(folder)/\(generated)", scale: 1 / 255)
    }
}

func compare(_ network: Predictor, _ real: String, _ generated: String, scale: Float) throws {
    func features(_ folder: String) throws -> Tensor {
        let pictures = try ImageFolder.read(folder)
        let pixels = try pictures.elements(of: UInt8.self).map { Float($0) * scale }
        return try network(Tensor(pixels, shape: pictures.shape))
    }
    var scores = scores
    scores.kidSubsetSize = 200
    let report = try scores.results(real: features(real), generated: features(generated))
    print(real, "and", generated)
    for name in ["fid", "kid", "precision", "recall", "density", "coverage"] {
        print("  \(name)", report[name] ?? .nan)
    }
}

/// Every pixel with its neighbours to the left and right.
func blurred(_ pictures: Tensor) throws -> Tensor {
    let values = try pictures.elements(of: Float.self)
    let sums = values.indices.map { index in
        let (left, right) = (max(index - 1, 0), min(index + 1, values.count - 1))
        return (values[left] + values[index] + values[right]) / 3
    }
    return try Tensor(sums, shape: pictures.shape)
}
