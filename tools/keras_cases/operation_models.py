"""Models of the operation cases in both Kerases, and their inputs."""

import numpy as np

from . import ops, tf_functions
from .values import distinct, generator

# Family: the Keras whose files it is about, and its cases.
FAMILIES = {family: (3, cases) for family, cases in ops.OPERATIONS.items()}
FAMILIES["tf-functions"] = (2, tf_functions.CASES)


def shape_and_dtype(spec):
    if isinstance(spec, ops.I):
        return spec.shape, spec.dtype
    return (spec.shape if isinstance(spec, ops.P) else spec), "float32"


def input_values(case):
    arrays = []
    for index, spec in enumerate(case.inputs):
        rng = generator(case.name, "input", index)
        if isinstance(spec, ops.I):
            arrays.append(rng.integers(spec.low, spec.limit, spec.shape).astype(spec.dtype))
        elif isinstance(spec, ops.P):
            steps = np.round(rng.uniform(spec.low, spec.high, spec.shape) * 256) / 256
            arrays.append(steps.astype(np.float32))
        else:
            arrays.append(distinct(rng, spec, offset=index))
    return arrays


def model_of(case, keras, functions, batched):
    inputs = []
    for index, spec in enumerate(case.inputs):
        shape, dtype = shape_and_dtype(spec)
        if batched:
            inputs.append(keras.Input(batch_shape=shape, dtype=dtype, name=f"in_{index}"))
        else:
            inputs.append(keras.Input(shape=shape[1:], dtype=dtype, name=f"in_{index}"))
    results = case.build(functions, *inputs)
    if isinstance(results, tuple):
        results = list(results)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], results, name="case")


def keras3_model(case):
    import keras

    try:
        return model_of(case, keras, keras.ops, batched=case.batched)
    except Exception:  # some need the size of the batch
        return model_of(case, keras, keras.ops, batched=True)


def keras2_model(case):
    import tensorflow as tf
    import tf_keras

    return model_of(case, tf_keras, tf, batched=False)
