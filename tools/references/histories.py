"""Records how Keras 3 trains small models: histories, final weights, optimizer states."""

import sys

import keras
import numpy as np

from keras_cases import histories as table
from keras_cases import training_matrix
from keras_cases.recording import Recording
from keras_cases.spec import in_storing_order
from keras_cases.values import coarse, generator, weight_for

N = table.SAMPLES
EPOCHS = 3


def data_of(kind, rng):
    """Inputs, targets and sample weights."""
    def real(*shape):
        return coarse(rng, (N, *shape))

    classes = rng.integers(0, 3, N).astype(np.int32)
    kinds = {
        "real 2": lambda: ([real(5)], [real(2)]),
        "numbers": lambda: ([real(5)], [real()]),
        "yes or no": lambda: ([real(5)], [rng.integers(0, 2, (N, 1)).astype(np.float32)]),
        "one hot": lambda: ([real(5)], [np.eye(3, dtype=np.float32)[classes]]),
        "classes": lambda: ([real(5)], [classes]),
        "classes weighted": lambda: ([real(5)], [classes], np.abs(real()) + np.float32(0.25)),
        "two ends": lambda: ([real(4), real(3)], [real(1), classes]),
        "two series": lambda: ([real(8, 3), real(8, 3)], [real(1)]),
        "pair": lambda: ([real(5), real(5)], [real(2)]),
        "images": lambda: ([real(6, 6, 2)], [classes]),
        "pictures": lambda: ([real(6, 6, 2)], [real(6, 6, 2)]),
        "series": lambda: ([real(8, 3)], [real(1)]),
        "volumes": lambda: ([real(4, 4, 4, 1)], [classes]),
        "series weighted": lambda: ([real(8, 3)], [real(8, 2)], np.abs(real(8))),
        "words to classes weighted": lambda: (
            [words(rng)], [rng.integers(0, 3, (N, 7)).astype(np.int32)], np.abs(real(7))),
        "positive 2": lambda: ([real(5)], [np.abs(real(2)) + np.float32(0.25)]),
        "labelled series": lambda: ([real(8, 3)], [labels(rng)]),
        "series with gaps": lambda: ([gaps(rng, real(8, 3))], [real(1)]),
        "films": lambda: ([real(4, 5, 5, 1)], [classes]),
        "strips": lambda: ([real(4, 6, 2)], [classes]),
        "words": lambda: ([words(rng)], [rng.integers(0, 2, (N, 1)).astype(np.float32)]),
        "words to series": lambda: ([words(rng)], [real(7, 2)]),
    }
    inputs, targets, *weights = kinds[kind]()
    return inputs, targets, weights[0] if weights else None


def words(rng):
    """Word numbers, padded with 0 on the right."""
    numbers = rng.integers(1, 9, (N, 7)).astype(np.int32)
    for i, length in enumerate(rng.integers(2, 8, N)):
        numbers[i, length:] = 0
    return numbers


def labels(rng):
    """Class numbers from 1, filled up with 0."""
    numbers = rng.integers(1, 4, (N, 3)).astype(np.int32)
    numbers[::3, 2] = 0
    numbers[::5, 1:] = 0
    return numbers


def gaps(rng, series):
    """Series of which some steps are 0."""
    series[rng.integers(0, 4, series.shape[:2]) == 0] = 0
    return series


def made(thing):
    """Calls the functions that make objects, wherever they are in lists and dicts."""
    if isinstance(thing, dict):
        return {k: made(v) for k, v in thing.items()}
    if isinstance(thing, list):
        return [made(v) for v in thing]
    return thing() if callable(thing) else thing


def record(row, recording):
    keras.utils.clear_session()
    rng = generator("histories", row["name"])
    model = row["model"]()
    if not getattr(model, "is_settled", False):
        for variable in model.weights:
            value = weight_for([row["name"]], variable.path, variable.shape)
            # Scales and magnitudes are positive.
            variable.assign(value if "_grad_" not in variable.path and "_scale" not in variable.path
                            and "_amax_" not in variable.path else np.abs(value) + 0.5)
    variables = [v for layer in model.layers for v in in_storing_order(layer)] \
        if row in table.QUANTIZED_ROWS else model.weights
    model.compile(**made(row["compile"]))
    inputs, targets, weights = data_of(row["data"], rng)
    start = [np.asarray(v) for v in variables]

    epochs, batch = row.get("epochs", EPOCHS), row["fit"].pop("batch_size", 8)

    def one(many):
        return many[0] if len(many) == 1 else many

    case = {
        "name": row["name"], "model": keras.saving.serialize_keras_object(model),
        "compile_config": model.get_compile_config(),
        "fit": {"epochs": epochs, "batch_size": batch, **row["fit"]},
        "weights": [{"path": v.path, **recording.array(s)} for v, s in zip(variables, start)],
        "inputs": recording.arrays(inputs), "targets": recording.arrays(targets),
        "sample_weight": recording.array(weights),
    }
    history = model.fit(one(inputs), one(targets), sample_weight=weights, shuffle=False,
                        epochs=epochs, batch_size=batch, verbose=0, **row["fit"]).history
    case["history"] = {k: [float(x) for x in v] for k, v in history.items()}
    case["after"] = recording.arrays([np.asarray(v) for v in variables])
    case["optimizer"] = [{"name": v.path, **recording.array(np.asarray(v))}
                         for v in model.optimizer.variables]
    scores = model.evaluate(one(inputs), one(targets), sample_weight=weights, batch_size=batch,
                            verbose=0, return_dict=True)
    case["evaluation"] = {k: float(v) for k, v in scores.items()}
    for key in ("build_config", "compile_config"):
        case["model"].pop(key, None)
    recording.cases.append(case)


if __name__ == "__main__":
    rows = table.ROWS
    # Two files, so that none is large: the losses with the optimizers, and the rest.
    pairs = len(table.NUMBER_LOSSES) * 4 + 12
    parts = {"histories": rows[:pairs], "histories-models": rows[pairs:],
             "histories-quantized": table.QUANTIZED_ROWS,
             "histories-stateful": table.STATEFUL_ROWS,
             **{f"histories-{name}": rows for name, rows in training_matrix.MANY.items()}}
    for name in sys.argv[1:] or parts:
        recording = Recording("tools/make-training-histories")
        for row in parts[name]:
            record(row, recording)
        recording.save(f"fixtures/training/{name}")
