"""Records what Keras computes for operations in functional models: outputs and gradients.

Each case is a whole model as JSON (Keras 3, and Keras 2 with functions of TensorFlow), so reading
the files' forms is tested as well.
"""

import json
import sys

import keras
import numpy as np
import tensorflow as tf
import tf_keras

from keras_cases.operation_models import FAMILIES, input_values, keras2_model, keras3_model
from keras_cases.recording import Recording
from keras_cases.values import coarse, generator


def outputs_and_gradients(model, arrays, case):
    tensors = [tf.convert_to_tensor(a) for a in arrays]
    floats = [t for t in tensors if t.dtype.is_floating]
    with tf.GradientTape() as tape:
        for tensor in floats:
            tape.watch(tensor)
        results = tf.nest.flatten(model(tensors if len(tensors) > 1 else tensors[0]))
        cotangents = [coarse(generator(case.name, "cotangent", i), tuple(r.shape))
                      for i, r in enumerate(results)]
        terms = [tf.reduce_sum(r * c) for r, c in zip(results, cotangents) if r.dtype.is_floating]
        total = tf.add_n(terms) if terms else None
    gradients = [None] * len(tensors)
    if case.gradients and total is not None and floats:
        try:
            found = dict(zip(map(id, floats), tape.gradient(total, floats)))
            gradients = [found.get(id(t)) for t in tensors]
        except (LookupError, tf.errors.InvalidArgumentError):
            pass  # TensorFlow has none, or a wrong one, for some
    gradients = [None if g is None else tf.convert_to_tensor(g).numpy() for g in gradients]
    return [r.numpy() for r in results], cotangents, gradients


def slim(json_value):
    """Without shapes and build configurations, which nothing here reads."""
    if isinstance(json_value, dict):
        drop = {"build_config", "registered_name", "shape"} \
            if json_value.get("class_name") != "__keras_tensor__" and "keras_history" \
            not in json_value else {"registered_name"}
        if "keras_history" in json_value:
            return {"keras_history": json_value["keras_history"]}
        kept = {k: slim(v) for k, v in json_value.items()
                if k not in drop or (k == "shape" and "build_config" not in json_value)}
        return kept
    if isinstance(json_value, list):
        return [slim(v) for v in json_value]
    return json_value


def record(recording, case, era):
    model = (keras3_model if era == 3 else keras2_model)(case)
    arrays = input_values(case)
    results, cotangents, gradients = outputs_and_gradients(model, arrays, case)
    wide = [{"float64": "float32", "float16": "float32"}.get(str(r.dtype), str(r.dtype))
            for r in results]
    recording.cases.append({
        "name": case.name, "era": era, "tolerance": case.tolerance,
        "model": slim(json.loads(model.to_json())),
        "inputs": recording.arrays(arrays), "input_types": [str(a.dtype) for a in arrays],
        "outputs": recording.arrays(results), "output_types": wide,
        "cotangents": recording.arrays(cotangents),
        "input_gradients": recording.arrays(gradients),
    })


def main(names):
    for family, (era, cases) in FAMILIES.items():
        if names and family not in names:
            continue
        recording = Recording("tools/make-operation-references")
        for case in cases:
            try:
                (keras if era == 3 else tf_keras).backend.clear_session()
                record(recording, case, era)
            except Exception as error:
                raise SystemExit(f"error: {family}/{case.name}: {error}")
        recording.save(f"fixtures/operations/{family}")


if __name__ == "__main__":
    main(sys.argv[1:])
