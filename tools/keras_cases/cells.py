"""RNN around every cell and stacks of them, cells by themselves, and the layers around RNN."""

from .spec import In, L, case

TOLERANCE = 1e-4
STATES = {"LSTMCell": 2, "GRUCell": 1, "SimpleRNNCell": 1}


def rnn(what, cell, inputs=(2, 5, 3), **arguments):
    return case("RNN", what, inputs, cell=cell, tolerance=TOLERANCE, **arguments)


def stack(*kinds, units=(4, 3, 2), **options):
    return [L(kind, units=n, **options) for kind, n in zip(kinds, units)]


def around(name):
    cell = L(name, units=4)
    states = [(2, 4)] * STATES[name]
    yield rnn(f"{name} last", cell)
    yield rnn(f"{name} sequences", cell, return_sequences=True)
    yield rnn(f"{name} sequences and state", cell, return_sequences=True, return_state=True)
    yield rnn(f"{name} backwards sequences", cell, go_backwards=True, return_sequences=True)
    yield rnn(f"{name} unrolled", cell, unroll=True)
    yield rnn(f"{name} stateful", cell, stateful=True)
    yield rnn(f"{name} initial state", cell, [(2, 5, 3)] + states, states=True, return_state=True)
    yield rnn(f"{name} masked", cell, (3, 5, 2), masks="holes", return_sequences=True)
    yield rnn(f"{name} masked zero output", cell, (3, 5, 2), masks="right",
              return_sequences=True, zero_output_for_mask=True)
    yield rnn(f"{name} options", L(name, units=4, use_bias=False, activation="relu", dropout=0.2,
                                   recurrent_dropout=0.1, kernel_regularizer="l2"))
    yield case(name, "by itself", [(2, 3)] + states, units=4, tolerance=TOLERANCE, separate=1,
               call={"states": [In(i + 1) for i in range(len(states))]})


CASES = [c for name in STATES for c in around(name)] + [
    rnn("GRUCell reset before", L("GRUCell", units=4, reset_after=False)),
    rnn("LSTMCell no forget bias", L("LSTMCell", units=4, unit_forget_bias=False)),
    rnn("stack of LSTM", stack("LSTMCell", "LSTMCell"), return_sequences=True),
    rnn("stack of three kinds", stack("LSTMCell", "GRUCell", "SimpleRNNCell"),
        return_sequences=True, return_state=True),
    rnn("stack of GRU last", stack("GRUCell", "GRUCell")),
    rnn("stack of one", stack("LSTMCell"), return_sequences=True),
    rnn("stack, initial state", stack("LSTMCell", "GRUCell"),
        [(2, 5, 3), (2, 4), (2, 4), (2, 3)], separate=1,
        call={"initial_state": [[In(1), In(2)], In(3)]}, keras_2=False),
    rnn("stack masked", stack("LSTMCell", "SimpleRNNCell"), (3, 5, 2), masks="holes",
        return_sequences=True, return_state=True),
    rnn("stack backwards", stack("GRUCell", "LSTMCell"), go_backwards=True,
        return_sequences=True),
    rnn("stack dropout", stack("LSTMCell", "GRUCell", dropout=0.3, recurrent_dropout=0.2)),
    case("Bidirectional", "RNN of LSTM", (2, 5, 3), tolerance=TOLERANCE,
         layer=L("RNN", cell=L("LSTMCell", units=3), return_sequences=True)),
    case("Bidirectional", "RNN of stack", (2, 5, 3), tolerance=TOLERANCE, merge_mode="sum",
         layer=L("RNN", cell=stack("LSTMCell", "GRUCell"))),
    case("Bidirectional", "RNN masked", (3, 5, 2), masks="right", tolerance=TOLERANCE,
         layer=L("RNN", cell=L("GRUCell", units=3), return_sequences=True)),
    case("Bidirectional", "RNN state", (2, 5, 3), tolerance=TOLERANCE,
         layer=L("RNN", cell=L("LSTMCell", units=3), return_state=True)),
    case("TimeDistributed", "RNN", (2, 3, 4, 2), tolerance=TOLERANCE,
         layer=L("RNN", cell=stack("LSTMCell", "GRUCell"))),
    case("TimeDistributed", "Bidirectional", (2, 3, 4, 2), tolerance=TOLERANCE,
         layer=L("Bidirectional", layer=L("GRU", units=2, return_sequences=True))),
]
