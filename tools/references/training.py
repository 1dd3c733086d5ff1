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
        "label and scores": lambda: (classes.astype(np.int32), softmax(real)),
        "embeddings": lambda: (rng.integers(0, 3, shape[0]).astype(np.int32),
                               real / np.linalg.norm(real, axis=-1, keepdims=True)),
        "labelled series": lambda: (labels(rng, shape), real * 2),
        "beyond": lambda: (rng.integers(0, 2, shape).astype(np.float32), real),
    }
    return choices[kind]()


def labels(rng, shape):
    """Rows of class numbers from 1, filled up with 0."""
    numbers = rng.integers(1, shape[-1], (shape[0], 5)).astype(np.int32)
    for i, length in enumerate(rng.integers(0, 5, shape[0])):
        numbers[i, max(length, 1):] = 0
    if shape[1] < 5:
        numbers[0] = [1, 1, 2, 1, 1]
    return numbers


def weights_of(row, batch, prediction):
    if row["weights"] is None:
        return None
    shape = prediction.shape[:-1]
    if row["weights"].startswith("element rank"):
        shape = prediction.shape
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
            given = {} if weights is None else {"sample_weight": weights}
            metric.update_state(truth, prediction, **given)
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


def optimizer_of(class_name, options):
    options = {k: schedule_of(v) if k == "learning_rate" and isinstance(v, dict) else v
               for k, v in options.items()}
    make = getattr(keras.optimizers, class_name)
    if class_name == "LossScaleOptimizer":
        return make(optimizer_of(*options.pop("inner")), **options)
    if class_name == "MultiOptimizer":
        parts = {k: optimizer_of(*v) for k, v in options.pop("parts").items()}
        return make(keras.optimizers.OptimizerMap(optimizer_of(*options.pop("inner")), parts))
    excluded = options.pop("exclude", None)
    optimizer = make(**options)
    if excluded:
        optimizer.exclude_from_weight_decay(var_names=excluded)
    return optimizer


STEPS = 5
SHAPES = {"kernel": (3, 4), "bias": (4,)}


def optimizers():
    recording = Recording(MADE_BY)
    for row in table.OPTIMIZERS:
        keras.utils.clear_session()  # restarts the counters in automatic names
        optimizer = optimizer_of(row["class_name"], row["options"])
        variables = [keras.Variable(coarse(generator(name), shape), name=name)
                     for name, shape in SHAPES.items()]
        optimizer.build(variables)
        start = [np.asarray(v) for v in variables]
        slots_before = [np.asarray(v) for v in optimizer.variables]
        steps = []
        for step in range(STEPS):
            gradients = [coarse(generator(name, "gradient", step), shape)
                         for name, shape in SHAPES.items()]
            several = row["class_name"] == "MultiOptimizer"
            rate = float(np.asarray((optimizer.optimizers[-1] if several else optimizer).learning_rate))
            # As a training step has them: of the loss times the scale, which may be too large.
            with np.errstate(over="ignore"):
                scale = np.float32(optimizer.scale_loss(tf.constant(1.0)))
                scaled = [g * scale for g in gradients]
            optimizer.apply([tf.convert_to_tensor(g) for g in scaled], variables)
            steps.append({"gradients": recording.arrays(scaled), "learning_rate": rate,
                          "variables": recording.arrays([np.asarray(v) for v in variables])})
        config = config_of(optimizer)
        if "exclude" in row["options"]:
            config["exclude_from_weight_decay"] = row["options"]["exclude"]
        case = {
            "name": row["name"], "class_name": row["class_name"], "config": config,
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


def events():
    """Records that TensorFlow writes for TensorBoard, which has to be installed."""
    import importlib.metadata
    import json
    import struct
    import tempfile
    from pathlib import Path

    from tensorflow.core.util import event_pb2

    rng = generator("events")
    weights = coarse(rng, (3, 4))
    with tempfile.TemporaryDirectory() as folder:
        writer = tf.summary.create_file_writer(folder)
        with writer.as_default():
            tf.summary.scalar("epoch_loss", 0.6931, step=0)
            tf.summary.scalar("epoch_loss", float("nan"), step=1)
            tf.summary.scalar("evaluation_accuracy_vs_iterations", 0.25, step=300)
            tf.summary.histogram("dense/kernel/histogram", weights, step=2)
            tf.summary.histogram("dense/bias/histogram", np.zeros(5, np.float32), step=70000)
        writer.flush()
        data = next(Path(folder).iterdir()).read_bytes()
    records, at = [], 0
    while at < len(data):
        length, = struct.unpack_from("<Q", data, at)
        event = event_pb2.Event.FromString(data[at + 12:at + 12 + length])
        record = {"bytes": data[at:at + 16 + length].hex(), "wall_time": event.wall_time,
                  "step": event.step}
        if event.HasField("summary"):
            record["tag"] = event.summary.value[0].tag
            record["plugin"] = event.summary.value[0].metadata.plugin_data.plugin_name
        records.append(record)
        at += 16 + length
    values = [None, [0.6931], ["nan"], [0.25], weights.ravel().tolist(), [0.0] * 5]
    for record, value in zip(records, values, strict=True):
        record["values"] = value
    versions = {name: importlib.metadata.version(name) for name in ("tensorflow-cpu", "tensorboard")}
    path = Path(__file__).resolve().parents[2] / "fixtures/training/events.json"
    path.write_text(json.dumps({"made_by": MADE_BY, "made_with": versions, "records": records},
                               indent=1) + "\n")


PARTS = {"losses": losses, "optimizers": optimizers, "schedules": schedules, "metrics": metrics,
         "penalties": penalties, "events": events}

if __name__ == "__main__":
    for part in sys.argv[1:] or [part for part in PARTS if part != "events"]:
        PARTS[part]()
