internal import ArgumentParser
internal import SwiftletFiles

struct New: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Write a commented description of a network to start from.",
        discussion: """
            `swiftlet train` takes the file as it is; every line may be changed.

            Example:
              swiftlet new cnn --output digits.yaml
            """)

    @Argument(help: "mlp, cnn, lstm or autoencoder.")
    var kind: Starter

    @Option(help: ArgumentHelp("Where it goes; KIND.yaml otherwise.", valueName: "file.yaml"))
    var output: String?

    @Flag(help: "Replace a file that is there.")
    var force = false

    func run() throws {
        let path = output ?? "\(kind.rawValue).yaml"
        try checkDestination(path)
        guard force || PathKind(path) == .missing else {
            throw CommandError(path, "is there already; --force replaces it")
        }
        try AtomicFile.write(kind.text, to: path)
        print("\(path): train it with  swiftlet train \(path) --data DATA --output model.keras")
    }
}

/// A network to start from.
enum Starter: String, CaseIterable, ExpressibleByArgument {
    case mlp, cnn, lstm, autoencoder

    /// The description, with comments.
    var text: String {
        switch self {
        case .mlp: Self.mlpText
        case .cnn: Self.cnnText
        case .lstm: Self.lstmText
        case .autoencoder: Self.autoencoderText
        }
    }

    private static let mlpText = """
        # A multilayer perceptron: numbers in, one of several classes out.
        #
        #   swiftlet train mlp.yaml --data digits.npz --validation-split 0.2 --epochs 20 \\
        #       --early-stopping --patience 5 --restore-best --output mlp.keras
        #
        # The data: x, one row of numbers (or one picture) per sample; y, class numbers from 0.
        name: mlp

        # The shape of one sample, without the batch. [13] for a table of 13 columns.
        input: [8, 8]

        # Every layer of Keras by its name, with Keras's options.
        layers:
          - Flatten                       # not needed for rows of numbers
          - Rescaling: {scale: 0.0625}    # brings 0…16 to 0…1; Normalization: learns it from data
          - Dense: {units: 64, activation: relu}
          - Dropout: {rate: 0.2}          # against over-fitting; leave it out where there is none
          - Dense: {units: 64, activation: relu}
          - Dense: {units: 10, activation: softmax}   # as many units as classes

        # For two classes: units: 1, activation: sigmoid and binary_crossentropy. For a number:
        # units: 1, no activation, mean_squared_error and [mae].
        loss: sparse_categorical_crossentropy
        optimizer: {adam: {learning_rate: 0.001}}
        metrics: [accuracy]

        """

    private static let cnnText = """
        # A convolutional network: pictures in, one of several classes out.
        #
        #   swiftlet train cnn.yaml --data digits.npz --validation-split 0.2 --epochs 20 \\
        #       --checkpoint cnn-best.keras --checkpoint-best val_accuracy --output cnn.keras
        #
        # The data: x, pictures [height, width, channels]; y, class numbers from 0. Folders of
        # pictures, one per class, do as well.
        name: cnn

        # Height, width and channels: 1 for grey, 3 for colour.
        input: [8, 8, 1]

        layers:
          - Rescaling: {scale: 0.0625}    # 0…16 to 0…1; 0.00392156862 for bytes
          - Conv2D: {filters: 32, kernel_size: 3, padding: same, use_bias: false}
          - BatchNormalization
          - Activation: {activation: relu}
          - MaxPooling2D                  # halves height and width
          - Conv2D: {filters: 64, kernel_size: 3, padding: same, use_bias: false}
          - BatchNormalization
          - Activation: {activation: relu}
          - GlobalAveragePooling2D        # one number per channel, whatever the pictures' size
          - Dropout: {rate: 0.3}
          - Dense: {units: 10, activation: softmax}   # as many units as classes

        loss: sparse_categorical_crossentropy

        # The learning rate falls along half a cosine: decay_steps is epochs times batches per epoch.
        optimizer:
          adamw:
            weight_decay: 0.01
            learning_rate:
              cosine_decay: {initial_learning_rate: 0.003, decay_steps: 1000}
        metrics: [accuracy]

        """

    private static let lstmText = """
        # A recurrent network: series in, one of several classes out.
        #
        #   swiftlet train lstm.yaml --data series.npz --validation-split 0.2 --epochs 20 \\
        #       --reduce-on-plateau --output lstm.keras
        #
        # The data: x, series [steps, numbers per step]; y, class numbers from 0.
        name: lstm

        # Steps and numbers per step; null for series of any length. For texts as word numbers:
        #   input: {shape: [null], dtype: int32}
        # and as the first layer
        #   - Embedding: {input_dim: 10000, output_dim: 64, mask_zero: true}
        input: [8, 8]

        layers:
          - Rescaling: {scale: 0.0625}
          - Bidirectional: {layer: {class_name: LSTM, config: {units: 32, return_sequences: true}}}
          - LSTM: {units: 32, dropout: 0.1}
          - Dense: {units: 10, activation: softmax}   # units: 1 without activation to forecast

        loss: sparse_categorical_crossentropy   # mean_squared_error to forecast a number
        optimizer: {adam: {learning_rate: 0.002, clipnorm: 1.0}}   # clipping tames long series
        metrics: [accuracy]

        """

    private static let autoencoderText = """
        # An autoencoder: pictures in, the same pictures out, through a narrow middle.
        #
        #   swiftlet train autoencoder.yaml --data pictures.npz --validation-split 0.1 --epochs 30 \\
        #       --early-stopping --patience 3 --output autoencoder.keras
        #
        # The data: x and y, the same pictures. To remove noise, give noisy ones as x.
        name: autoencoder

        input: [8, 8, 1]

        layers:
          # The encoder.
          - Conv2D: {filters: 16, kernel_size: 3, strides: 2, padding: same, activation: relu}
          - Conv2D: {filters: 32, kernel_size: 3, strides: 2, padding: same, activation: relu}
          - Flatten
          - Dense: {units: 8, name: code}     # so few numbers have to tell the picture
          # The decoder, its mirror image.
          - Dense: {units: 128, activation: relu}
          - Reshape: {target_shape: [2, 2, 32]}
          - Conv2DTranspose: {filters: 16, kernel_size: 3, strides: 2, padding: same, activation: relu}
          - Conv2DTranspose: {filters: 1, kernel_size: 3, strides: 2, padding: same}

        # For pictures of 0…1: activation: sigmoid in the last layer and binary_crossentropy.
        loss: mean_squared_error
        optimizer: {adam: {learning_rate: 0.002}}
        metrics: [mae]

        """
}
