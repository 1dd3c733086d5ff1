"""LSTM, GRU and SimpleRNN with every option that changes their result."""

from .spec import case

TOLERANCE = 1e-4
STATES = {"LSTM": 2, "GRU": 1, "SimpleRNN": 1}


def common(name):
    def row(what, inputs=(2, 5, 3), **arguments):
        arguments.setdefault("units", 4)
        return case(name, what, inputs, tolerance=TOLERANCE, **arguments)

    states = [(2, 4)] * STATES[name]
    yield row("last")
    yield row("sequences", return_sequences=True)
    yield row("state", return_state=True)
    yield row("sequences and state", return_sequences=True, return_state=True)
    yield row("backwards", go_backwards=True)
    yield row("backwards sequences", go_backwards=True, return_sequences=True)
    yield row("no bias", use_bias=False)
    yield row("unrolled", unroll=True, return_sequences=True)
    yield row("one step", (3, 1, 2))
    yield row("activations", activation="relu", **(
        {} if name == "SimpleRNN" else {"recurrent_activation": "tanh"}))
    yield row("initial state", [(2, 5, 3)] + states, states=True)
    yield row("initial state, sequences, state", [(2, 5, 3)] + states, states=True,
              return_sequences=True, return_state=True)
    yield row("masked right", (3, 5, 2), masks="right", return_sequences=True)
    yield row("masked left", (3, 5, 2), masks="left", return_sequences=True)
    yield row("masked holes", (3, 5, 2), masks="holes", return_sequences=True, return_state=True)
    yield row("masked last", (3, 5, 2), masks="right")
    yield row("masked row", (3, 5, 2), masks="holes-full", return_sequences=True)
    yield row("masked backwards", (3, 5, 2), masks="right", return_sequences=True,
              go_backwards=True)
    yield row("masked zero output", (3, 5, 2), masks="holes", return_sequences=True,
              zero_output_for_mask=True)
    yield row("regularized", kernel_regularizer="l2", recurrent_regularizer="l1",
              bias_regularizer="l2")
    yield row("dropout", dropout=0.3, recurrent_dropout=0.2)
    yield row("stateful", stateful=True)


CASES = [c for name in STATES for c in common(name)] + [
    case("LSTM", "no forget bias", (2, 5, 3), units=4, unit_forget_bias=False,
         tolerance=TOLERANCE),
    case("GRU", "reset before", (2, 5, 3), units=4, reset_after=False, tolerance=TOLERANCE),
    case("GRU", "reset before sequences", (2, 5, 3), units=4, reset_after=False,
         return_sequences=True, tolerance=TOLERANCE),
    case("GRU", "reset before no bias", (2, 5, 3), units=4, reset_after=False, use_bias=False,
         tolerance=TOLERANCE),
    case("GRU", "reset before masked", (3, 5, 2), units=4, reset_after=False, masks="left",
         tolerance=TOLERANCE),
    case("LSTM", "hard sigmoid", (2, 5, 3), units=4, recurrent_activation="hard_sigmoid",
         keras_2=False, tolerance=TOLERANCE),
    case("GRU", "hard sigmoid", (2, 5, 3), units=4, recurrent_activation="hard_sigmoid",
         keras_2=False, tolerance=TOLERANCE),
    case("LSTM", "time first", (5, 2, 3), units=4, time_major=True, return_sequences=True,
         keras_3=False, tolerance=TOLERANCE),
    case("GRU", "time first, last, state", (5, 2, 3), units=4, time_major=True, return_state=True,
         keras_3=False, tolerance=TOLERANCE),
    case("SimpleRNN", "time first, backwards", (5, 2, 3), units=4, time_major=True,
         go_backwards=True, return_sequences=True, keras_3=False, tolerance=TOLERANCE),
]
