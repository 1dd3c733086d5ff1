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
