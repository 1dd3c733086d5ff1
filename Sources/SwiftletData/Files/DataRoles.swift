/// Which arrays or columns of a data file are a model's inputs and which its targets.
///
/// Without any names the file's own tell: `x` or `x_0`, `x_1` …, `y` or `y_0`, `y_1` …, and
/// `sample_weight`.
public struct DataRoles: Sendable {
    /// The model's inputs in order; they become the names of the dataset's inputs.
    public var inputs: [String]
    /// Those of the inputs that are texts, where a file does not tell texts and numbers apart.
    public var textInputs: Set<String> = []
    /// The model's outputs in order; they become the names of the dataset's targets.
    public var outputs: [String]
    /// For tables: the columns that are inputs; nil for all that are not anything else.
    public var inputColumns: [String]?
    /// For tables: the columns that are targets; nil for those named `y`, `y_0` …, `target`,
    /// `label` or `class`, or else the last one.
    public var targetColumns: [String]?

    /// For folders of pictures: height, width and channels that all are brought to where one differs, as
    /// Keras's `image_dataset_from_directory` does; nil leaves them as they are.
    public var imageShape: [Int]?

    public init(
        inputs: [String] = [], outputs: [String] = [], inputColumns: [String]? = nil,
        targetColumns: [String]? = nil
    ) {
        self.inputs = inputs
        self.outputs = outputs
        self.inputColumns = inputColumns
        self.targetColumns = targetColumns
    }
}

/// Where the samples of a data file are kept while they are used.
public enum DataPlacement: Sendable {
    case memory
    /// On the disk: where they are in the file if it holds them plainly, else unpacked into a temporary file
    /// without a name. For data that are larger than memory; the numbers are the same.
    case disk
}
