"""Writes fixtures/keras: models of several sorts, compiled and trained a little by Keras 3 and Keras 2,
in every kind of file, with predictions and with the losses of two more epochs in Keras."""

import json
import os

import keras
import numpy as np
import tf_keras

from keras_cases import files
from keras_cases.models import MODELS
from keras_cases.recording import save_npz, versions
from keras_cases.values import generator

FOLDER = "fixtures/keras"
BATCH = 4

# model, loss per output, optimizer by class name and options
COMPILED = [
    ("cnn", "categorical_crossentropy", ("Adam", dict(learning_rate=0.01))),
    ("lstm", "sparse_categorical_crossentropy", ("RMSprop", dict(learning_rate=0.01))),
    ("graph", ["categorical_crossentropy", "mse"],
     ("SGD", dict(learning_rate=0.05, momentum=0.9))),
    ("masks meet", "mse", ("SGD", dict(learning_rate=0.05))),
]


def targets(words, model, loss, rows):
    """What the model is to answer, by the kind of its losses."""
    losses = loss if isinstance(loss, list) else [loss]
    result = []
    for index, (kind, output) in enumerate(zip(losses, model.outputs)):
        rng = generator(*words, "target", index)
        width = output.shape[-1]
        classes = rng.integers(0, width, rows)
        result.append({"categorical_crossentropy": lambda: np.eye(width, dtype=np.float32)[classes],
                       "sparse_categorical_crossentropy": lambda: classes.astype(np.int32),
                       "mse": lambda: rng.normal(size=(rows, width)).astype(np.float32),
                       }[kind]())
    return result


def one_or_list(items):
    return items if len(items) > 1 else items[0]


def without_dropout(model):
    """Dropout would make the losses of the further epochs a matter of chance."""
    for layer in files.walk(model):
        if type(layer).__name__ == "Dropout":
            layer.rate = 0.0


def trained(k, case, loss, optimizer):
    k.backend.clear_session()
    model = case.build(k)
    without_dropout(model)
    files.fill(model, case.name)
    name, options = optimizer
    multiple = isinstance(loss, list)
    model.compile(optimizer=getattr(k.optimizers, name)(**options), loss=loss,
                  metrics=[["accuracy"], ["mae"]] if multiple else ["accuracy"],
                  **({"loss_weights": [1.0, 0.5]} if multiple else {}))
    inputs = files.model_inputs(model, case.limits, (case.name, "train"), batch=12)
    truth = targets((case.name,), model, loss, 12)
    fit(model, inputs, truth, 2)
    return model, inputs, truth


def fit(model, inputs, truth, epochs):
    return model.fit(one_or_list(inputs), one_or_list(truth), batch_size=BATCH, epochs=epochs,
                     shuffle=False, verbose=0).history


def numbered(prefix, arrays):
    return {f"{prefix}_{i}": a for i, a in enumerate(arrays)}


def main():
    files.quiet()
    os.makedirs(FOLDER, exist_ok=True)
    cases = {c.name: c for c in MODELS}
    index = []
    for name, loss, optimizer in COMPILED:
        for k, era in ((keras, 3), (tf_keras, 2)):
            model, inputs, truth = trained(k, cases[name], loss, optimizer)
            stem = f"{FOLDER}/{name.replace(' ', '-')}-keras{era}"
            arrays = files.model_inputs(model, cases[name].limits, (name, "predict"))
            reference = {**numbered("input", arrays),
                         **numbered("output", files.predict(model, arrays)),
                         **numbered("x", inputs), **numbered("y", truth)}
            written = [(kind, kind.save(model, stem)) for kind in files.KINDS if kind.era == era]
            weights = [{"name": getattr(w, "path", w.name), "shape": list(w.shape)}
                       for w in model.weights]
            save_npz(stem + ".npz", **reference)
            history = fit(model, inputs, truth, 2)
            for kind, (path, beside) in written:
                index.append({
                    "name": f"{name}, {kind.name}",
                    "file": os.path.basename(path),
                    **({"weights_file": os.path.basename(beside)} if beside else {}),
                    "reference": os.path.basename(stem) + ".npz",
                    "tolerance": cases[name].tolerance,
                    "weights": weights,
                    **({} if beside else {
                        "training": {"optimizer": optimizer[0], "options": optimizer[1],
                                     "loss": loss, "batch_size": BATCH, "epochs_done": 2,
                                     "steps_done": 6,
                                     "next_epochs": {key: [float(v) for v in values]
                                                     for key, values in history.items()}}}),
                })
    with open(f"{FOLDER}/index.json", "w") as file:
        json.dump({"made_by": "tools/make-keras-files", "made_with": versions(), "files": index},
                  file, indent=1)


if __name__ == "__main__":
    main()
