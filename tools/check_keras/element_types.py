"""Models whose weights are stored in other number formats than float32.

Swiftlet computes in float32 from the stored values, so the reference is a float32 copy of the model
with the rounded weights; what Keras makes of our files is compared at its own precision.
"""

import tempfile

import numpy as np

from keras_cases import files
from keras_cases.models import MODELS

from .compatibility import Subject, read_all, write_all

MODELS_USED = ("mlp", "cnn", "stacked recurrent")
POLICIES = ("float64", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16")
TOLERANCE_IN_KERAS = {"float64": 1e-5, "float16": 2e-2, "bfloat16": 1e-1, "mixed_float16": 2e-2,
                      "mixed_bfloat16": 1e-1}


def jobs():
    for name in MODELS_USED:
        for policy in POLICIES:
            if (name, policy) == ("stacked recurrent", "bfloat16"):
                continue  # Keras cannot make an orthogonal matrix in bfloat16
            yield "number formats", f"{name} {policy}", f"{name}/{policy}"


def run(swiftlet, kerases, job):
    name, policy = job.split("/")
    case = next(c for c in MODELS if c.name == name)
    results = []
    for keras, era in kerases:
        if era == 2 and policy in ("float16", "bfloat16"):
            continue  # Keras 2 has no float16 or bfloat16 policy for every layer
        twin = case.build(keras)
        files.fill(twin, name)
        with under_policy(keras, era, policy):
            model = case.build(keras)
            files.fill(model, name)
        twin.set_weights([np.asarray(w, "float32") if np.asarray(w).dtype.kind not in "iu"
                          else w for w in model.get_weights()])
        arrays = files.model_inputs(twin, case.limits, (name,))
        subject = Subject(keras, era, "number formats", f"{name} {policy}", case.tolerance, model,
                          arrays, reference=files.predict(twin, arrays))
        with tempfile.TemporaryDirectory() as folder:
            found, written = read_all(swiftlet, subject, folder)
            results += found
            subject.tolerance = TOLERANCE_IN_KERAS[policy]
            for source in written[:1]:
                results += write_all(swiftlet, [subject], source, folder)
    return results


class under_policy:
    """Layers made inside have the dtype policy."""

    def __init__(self, keras, era, policy):
        module = keras.mixed_precision
        self.set = module.set_global_policy if era == 2 else module.set_dtype_policy
        self.policy = policy

    def __enter__(self):
        self.set(self.policy)

    def __exit__(self, *error):
        self.set("float32")
