"""Records Keras 3's losses, optimizers, schedules, metrics, regularizers and constraints."""

import sys

import keras
import numpy as np
import tensorflow as tf

from keras_cases import training as table
from keras_cases.recording import Recording
from keras_cases.values import coarse, distinct, generator

MADE_BY = "tools/make-training-references"


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return (e / e.sum(-1, keepdims=True)).astype(np.float32)


def truth_and_prediction(name, batch, kind, shape):
    """Arrays for one update, sensible for the kind of loss."""
    rng = generator(name, batch)
    real = distinct(rng, shape)
    classes = rng.integers(0, shape[-1], shape[:-1])
    one_hot = np.eye(shape[-1], dtype=np.float32)[classes]
    choices = {
        "real": lambda: (distinct(rng, shape, offset=1), real),
        "positive": lambda: (np.abs(distinct(rng, shape, offset=1)), np.abs(real)),
        "signs": lambda: (rng.choice([-1.0, 1.0], shape).astype(np.float32), real),
        "binary": lambda: (rng.integers(0, 2, shape).astype(np.float32),
                           (0.5 + real / 4.5).astype(np.float32)),
        "binary logits": lambda: (rng.integers(0, 2, shape).astype(np.float32), real * 2),
        "one hot": lambda: (one_hot, softmax(real)),
        "one hot logits": lambda: (one_hot, real * 2),
        "one hot unnormalized": lambda: (one_hot, np.abs(real)),
        "sparse": lambda: (classes.astype(np.int32), softmax(real)),
        "sparse logits": lambda: (classes.astype(np.int32), real * 2),
        "labels": lambda: (rng.integers(0, 4, shape).astype(np.int32),
                           rng.integers(0, 4, shape).astype(np.int32)),
    }
    return choices[kind]()


def weights_of(row, batch, prediction):
    if row["weights"] is None:
        return None
    shape = prediction.shape[:-1]
    if row["weights"] == "sample":  # Keras 3 does not expand (n,) to more than one axis
        shape = shape[:1] + (1,) * (len(shape) - 1)
    return np.abs(coarse(generator(row["name"], batch, "weights"), shape)) + np.float32(0.25)


def losses():
    recording = Recording(MADE_BY)
    for row in table.LOSSES:
        loss = getattr(keras.losses, row["class_name"])(**row["options"])
        kind, shape = row["data"]
        truth, prediction = truth_and_prediction(row["name"], 0, kind, shape)
        weights = weights_of(row, 0, prediction)
        x = tf.convert_to_tensor(prediction)
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = loss(truth, x, sample_weight=weights)
            total = tf.reduce_sum(value)
        recording.cases.append({
            "name": row["name"], "class_name": row["class_name"], "config": {**config_of(loss), **row["options"]},
            "truth": recording.array(truth), "prediction": recording.array(prediction),
            "sample_weight": recording.array(weights), "value": recording.array(value.numpy()),
            "gradient": recording.array(tape.gradient(total, x).numpy()),
        })
    recording.save("fixtures/training/losses")


def metrics():
    recording = Recording(MADE_BY)
    for row in table.METRICS:
        metric = getattr(keras.metrics, row["class_name"])(**row["options"])
        kind, shape = row["data"]
        updates = []
        for batch in range(2):
            truth, prediction = truth_and_prediction(row["name"], batch, kind, shape)
            weights = weights_of(row, batch, prediction)
            metric.update_state(truth, prediction, sample_weight=weights)
            updates.append({"truth": recording.array(truth),
                            "prediction": recording.array(prediction),
                            "sample_weight": recording.array(weights),
                            "result": recording.array(np.asarray(metric.result()))})
        recording.cases.append({"name": row["name"], "class_name": row["class_name"],
                                "config": config_of(metric), "updates": updates})
    recording.save("fixtures/training/metrics")


def config_of(thing):
    return keras.saving.serialize_keras_object(thing)["config"]


def schedule_of(options):
    options = dict(options)
    return getattr(keras.optimizers.schedules, options.pop("class_name"))(**options)


STEPS = 5
SHAPES = {"kernel": (3, 4), "bias": (4,)}


def optimizers():
    recording = Recording(MADE_BY)
    for row in table.OPTIMIZERS:
        keras.utils.clear_session()  # restarts the counters in automatic names
        options = {k: schedule_of(v) if isinstance(v, dict) else v
                   for k, v in row["options"].items()}
        optimizer = getattr(keras.optimizers, row["class_name"])(**options)
        variables = [keras.Variable(coarse(generator(name), shape), name=name)
                     for name, shape in SHAPES.items()]
        optimizer.build(variables)
        start = [np.asarray(v) for v in variables]
        slots_before = [np.asarray(v) for v in optimizer.variables]
        steps = []
        for step in range(STEPS):
            gradients = [coarse(generator(name, "gradient", step), shape)
                         for name, shape in SHAPES.items()]
            rate = float(np.asarray(optimizer.learning_rate))
            optimizer.apply([tf.convert_to_tensor(g) for g in gradients], variables)
            steps.append({"gradients": recording.arrays(gradients), "learning_rate": rate,
                          "variables": recording.arrays([np.asarray(v) for v in variables])})
        case = {
            "name": row["name"], "class_name": row["class_name"], "config": config_of(optimizer),
            "start": recording.arrays(start), "variable_names": list(SHAPES),
            "steps": steps,
            "state": [{"name": v.path, "dtype": str(v.dtype),
                       "before": recording.array(b), "after": recording.array(np.asarray(v))}
                      for v, b in zip(optimizer.variables, slots_before)],
        }
        if row["options"].get("use_ema"):
            optimizer.finalize_variable_values(variables)
            case["finalized"] = recording.arrays([np.asarray(v) for v in variables])
        recording.cases.append(case)
    recording.save("fixtures/training/optimizers")


def schedules():
    recording = Recording(MADE_BY)
    steps = list(range(13)) + [20, 100]
    for name, class_name, options in table.SCHEDULES:
        schedule = getattr(keras.optimizers.schedules, class_name)(**options)
        values = np.array([float(schedule(step)) for step in steps], np.float32)
        recording.cases.append({"name": name, "class_name": class_name,
                                "config": config_of(schedule), "steps": steps,
                                "values": recording.array(values)})
    recording.save("fixtures/training/schedules")


def penalties():
    recording = Recording(MADE_BY)
    x = distinct(generator("penalties"), (3, 4))
    for class_name, options in table.REGULARIZERS:
        regularizer = getattr(keras.regularizers, class_name)(**options)
        variable = tf.convert_to_tensor(x)
        with tf.GradientTape() as tape:
            tape.watch(variable)
            value = regularizer(variable)
        recording.cases.append({
            "name": f"{class_name} {options}", "kind": "regularizer", "class_name": class_name,
            "config": config_of(regularizer), "weight": recording.array(x),
            "value": recording.array(np.asarray(value)),
            "gradient": recording.array(tape.gradient(value, variable).numpy())})
    for class_name, options in table.CONSTRAINTS:
        constraint = getattr(keras.constraints, class_name)(**options)
        recording.cases.append({
            "name": f"{class_name} {options}", "kind": "constraint", "class_name": class_name,
            "config": config_of(constraint), "weight": recording.array(x),
            "value": recording.array(np.asarray(constraint(tf.convert_to_tensor(x))))})
    recording.save("fixtures/training/penalties")


PARTS = {"losses": losses, "optimizers": optimizers, "schedules": schedules, "metrics": metrics,
         "penalties": penalties}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
