"""Bidirectional and TimeDistributed."""

from .spec import L, case

TOLERANCE = 1e-4


def bidirectional(what, inner, inputs=(2, 5, 3), **arguments):
    return case("Bidirectional", what, inputs, layer=inner, tolerance=TOLERANCE, **arguments)


def modes():
    for mode in ("concat", "sum", "mul", "ave", None):
        for kind in ("LSTM", "GRU", "SimpleRNN"):
            yield bidirectional(f"{kind} {mode}", L(kind, units=3), merge_mode=mode)
        yield bidirectional(f"LSTM sequences {mode}", L("LSTM", units=3, return_sequences=True),
                            merge_mode=mode)


def over_steps(what, inner, inputs, **arguments):
    return case("TimeDistributed", what, inputs, layer=inner, **arguments)


CASES = list(modes()) + [
    bidirectional("GRU state", L("GRU", units=3, return_state=True)),
    bidirectional("LSTM sequences and state",
                  L("LSTM", units=3, return_sequences=True, return_state=True)),
    bidirectional("LSTM masked right", L("LSTM", units=3, return_sequences=True), (3, 5, 2),
                  masks="right"),
    bidirectional("LSTM masked left", L("LSTM", units=3), (3, 5, 2), masks="left"),
    bidirectional("GRU masked holes", L("GRU", units=3, return_sequences=True), (3, 5, 2),
                  masks="holes", merge_mode="sum"),
    bidirectional("LSTM initial state", L("LSTM", units=3), [(2, 5, 3)] + [(2, 3)] * 4,
                  states=True),
    bidirectional("backward layer", L("LSTM", units=3, return_sequences=True),
                  backward_layer=L("LSTM", units=3, return_sequences=True, go_backwards=True,
                                   activation="relu")),
    bidirectional("unlike layers", L("LSTM", units=3, return_sequences=True),
                  backward_layer=L("GRU", units=2, return_sequences=True, go_backwards=True)),
    over_steps("Dense", L("Dense", units=4, activation="relu"), (2, 3, 5)),
    over_steps("Dense masked", L("Dense", units=4), (2, 3, 5), masks="right"),
    over_steps("Conv2D", L("Conv2D", filters=3, kernel_size=2, padding="same"), (2, 3, 4, 3, 2)),
    over_steps("MaxPooling2D", L("MaxPooling2D"), (2, 3, 4, 5, 2)),
    over_steps("Flatten", L("Flatten"), (2, 3, 2, 2, 2)),
    over_steps("BatchNormalization", L("BatchNormalization"), (2, 3, 4), training=True),
    over_steps("LSTM", L("LSTM", units=3), (2, 3, 4, 2), tolerance=TOLERANCE),
    over_steps("nested", L("TimeDistributed", layer=L("Dense", units=2)), (2, 3, 4, 5)),
]
