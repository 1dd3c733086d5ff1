"""Writes fixtures/training/adaptation.json: what Keras's `adapt` makes of numbers.

usage: tools/keras-python tools/references/adaptation.py
"""

import json
import pathlib

import keras
import numpy as np

random = np.random.default_rng(3)
cases = []
for count, bins, epsilon in [(300, 7, 0.01), (50, 4, 0.01), (133, 10, 0.05), (9, 3, 0.01)]:
    x = random.normal(size=(count, 1)).astype("float32")
    layer = keras.layers.Discretization(num_bins=bins, epsilon=epsilon)
    layer.adapt(x)
    cases.append({
        "bins": bins, "epsilon": epsilon, "x": [float(v) for v in x.ravel()],
        "boundaries": [float(v) for v in layer.bin_boundaries],
    })
normalizations = []
for shape, axis in [((40, 3), -1), ((12, 2, 3), (1, 2)), ((15, 4), None), ((8, 2, 3), -2)]:
    x = (random.normal(size=shape) * 3 + 5).astype("float32")
    layer = keras.layers.Normalization(axis=axis)
    layer.adapt(x)
    normalizations.append({
        "shape": list(shape), "axis": axis, "x": [float(v) for v in x.ravel()],
        "mean": [float(v) for v in np.asarray(layer.adapt_mean).ravel()],
        "variance": [float(v) for v in np.asarray(layer.adapt_variance).ravel()],
    })
lookups = []
for options in [dict(), dict(max_tokens=6), dict(mask_token=0, num_oov_indices=2),
                dict(output_mode="tf_idf"), dict(output_mode="tf_idf", max_tokens=7,
                                                 pad_to_max_tokens=True),
                dict(output_mode="count", num_oov_indices=0, oov_token=None)]:
    x = random.integers(-3, 9, (24, 5)) * random.integers(0, 2, (24, 5))
    layer = keras.layers.IntegerLookup(**options)
    layer.adapt(x)
    lookups.append({
        "options": options, "x": [int(v) for v in x.ravel()],
        "vocabulary": [int(v) for v in layer.get_vocabulary(include_special_tokens=False)],
        # Those of the entries; what stands before and after them follows.
        "weights": [] if layer.output_mode != "tf_idf" else [
            float(v) for v in np.asarray(layer.idf_weights)[1:layer.vocabulary_size()]],
    })
path = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "training" / "adaptation.json"
path.write_text(json.dumps({
    "keras": keras.__version__, "discretization": cases, "normalization": normalizations,
    "integer_lookup": lookups,
}) + "\n")
