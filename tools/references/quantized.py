"""Writes quantized models of the running Keras 3, in every kind of file, and what it predicts."""

import json
import os
import sys
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
warnings.filterwarnings("ignore")

import keras
import numpy as np
from keras import layers as L


def seeded(name, shape):
    rng = np.random.default_rng([ord(c) for c in name])
    return rng.normal(size=shape).astype(np.float32) * 0.5


def projections():
    inputs = keras.Input((4,), dtype="int32", name="numbers")
    x = L.Embedding(9, 5, name="embed")(inputs)
    x = L.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de", name="spread")(x)
    x = L.EinsumDense("abde,def->abf", (None, 5), bias_axes="f", name="gather")(x)
    x = L.Dense(3, activation="relu", name="dense")(x)
    return keras.Model(inputs, L.Dense(2, use_bias=False, name="last")(x), name="model")


def dense():
    inputs = keras.Input((5,), name="numbers")
    return keras.Model(inputs, L.Dense(3, name="dense")(inputs), name="model")


def filled(model):
    model.set_weights([seeded(f"{i} {w.shape}", w.shape) for i, w in enumerate(model.get_weights())])
    return model


def quantized(build, how):
    model = filled(build())
    model.quantize(how) if isinstance(how, str) else model.quantize(config=how)
    return model


def models():
    today = keras.__version__.startswith("3.15")
    yield ("int8", lambda: quantized(projections, "int8"),
           (".keras", ".h5", ".weights.h5") if today else (".keras",))
    if today or keras.__version__.startswith("3.4"):
        yield "float8", lambda: quantized(dense, "float8"), (".keras", ".h5")
    yield "int4", lambda: quantized(projections, "int4"), (".keras", ".h5")
    try:
        from keras.quantizers import Int4QuantizationConfig

        Int4QuantizationConfig(block_size=2)
    except (ImportError, TypeError):
        return
    for name, size in (("int4-blocks", 2), ("int4-columns", -1)):
        yield name, (lambda size=size: quantized(
            projections, Int4QuantizationConfig(block_size=size))), (".keras",)


def main(folder):
    rows = []
    for name, build, kinds in models():
        try:
            model = build()
        except ValueError as error:
            print(f"{keras.__version__} has no {name}: {str(error)[:60]}")
            continue
        stem = f"keras-{keras.__version__}-{name}"
        shape = (3,) + model.inputs[0].shape[1:]
        inputs = np.arange(12).reshape(shape) * 5 % 9 if len(model.layers) > 2 \
            else seeded("inputs", shape)
        outputs = np.asarray(model(inputs, training=False))
        for kind in kinds:
            path = f"{folder}/{stem}{kind}"
            if kind == ".weights.h5":
                with open(f"{folder}/{stem}.json", "w") as file:
                    file.write(model.to_json())
                model.save_weights(path)
            else:
                model.save(path)
            row = {"release": f"keras-{keras.__version__}",
                   "file": f"{stem}.json" if kind == ".weights.h5" else f"{stem}{kind}",
                   "inputs": {"shape": list(inputs.shape), "dtype": str(inputs.dtype),
                              "values": inputs.reshape(-1).tolist()},
                   "outputs": {"shape": list(outputs.shape),
                               "values": outputs.reshape(-1).tolist()}}
            if kind == ".weights.h5":
                row["weights_file"] = f"{stem}{kind}"
            rows.append(row)
    print(json.dumps(rows), file=open(f"{folder}/rows-{keras.__version__}.json", "w"))


main(sys.argv[1])
