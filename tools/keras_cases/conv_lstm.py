"""ConvLSTM along one, two and three axes, and the layers around them."""

from .spec import L, case

TOLERANCE = 1e-4
INPUTS = {1: (2, 3, 5, 2), 2: (2, 3, 4, 5, 2), 3: (1, 2, 3, 4, 3, 2)}


def row(rank, what, inputs=None, **arguments):
    arguments.setdefault("filters", 3)
    arguments.setdefault("kernel_size", 2)
    arguments.setdefault("recurrent_activation", "sigmoid")  # Keras 2 has another default
    return case(f"ConvLSTM{rank}D", what, inputs or INPUTS[rank], tolerance=TOLERANCE,
                **arguments)


def common(rank):
    yield row(rank, "last")
    yield row(rank, "same sequences", padding="same", kernel_size=3, return_sequences=True)
    yield row(rank, "state", return_state=True, return_sequences=True)
    yield row(rank, "strides", strides=2)
    yield row(rank, "channels first", (2, 3, 2) + (4,) * rank, data_format="channels_first",
              return_sequences=True, return_state=True, cpu=False)


CASES = [c for rank in (1, 2, 3) for c in common(rank)] + [
    row(2, "dilation", dilation_rate=2),
    row(2, "no bias", use_bias=False),
    row(2, "no forget bias", unit_forget_bias=False),
    row(2, "activations", activation="relu", recurrent_activation="tanh"),
    row(2, "backwards sequences", go_backwards=True, return_sequences=True),
    row(2, "uneven", kernel_size=[3, 2], strides=[2, 1], padding="same"),
    row(2, "dropout", dropout=0.3, recurrent_dropout=0.2),
    row(2, "stateful", stateful=True),
    row(1, "masked", (3, 4, 5, 2), masks="holes", return_sequences=True,
        files=False),  # Masking makes a mask of all axes but the last
    row(1, "initial state", [(2, 3, 5, 2), (2, 5, 3), (2, 5, 3)], padding="same", states=True,
        return_state=True),
    row(1, "regularized", kernel_regularizer="l2", recurrent_regularizer="l1",
        bias_regularizer="l2", kernel_constraint="max_norm"),
    case("Bidirectional", "ConvLSTM1D", (2, 3, 5, 2), tolerance=TOLERANCE,
         layer=L("ConvLSTM1D", filters=2, kernel_size=2, recurrent_activation="sigmoid",
                 return_sequences=True)),
    case("TimeDistributed", "ConvLSTM1D", (2, 2, 3, 4, 2), tolerance=TOLERANCE,
         layer=L("ConvLSTM1D", filters=2, kernel_size=2, recurrent_activation="sigmoid")),
]
