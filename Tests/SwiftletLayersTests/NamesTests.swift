import SwiftletLayers
import Testing

@Suite struct NamesTests {
    @Test(arguments: [
        ("Conv2D", "conv2d"), ("Conv2DTranspose", "conv2d_transpose"), ("ReLU", "re_lu"),
        ("PReLU", "p_re_lu"), ("LSTM", "lstm"), ("GRUCell", "gru_cell"),
        ("ConvLSTM2D", "conv_lstm2d"), ("InputLayer", "input_layer"), ("Dense", "dense"),
        ("MaxPooling2D", "max_pooling2d"), ("GlobalAveragePooling1D", "global_average_pooling1d"),
        ("ELU", "elu"), ("StackedRNNCells", "stacked_rnn_cells"), ("SimpleRNN", "simple_rnn"),
        ("BatchNormalization", "batch_normalization"),
    ])
    func snakeCaseAsKeras(_ row: (String, String)) {
        #expect(snakeCase(row.0) == row.1)
    }
}
