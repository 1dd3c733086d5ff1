"""Writes fixtures/eras: small models in the forms that older Keras versions wrote.

tf-keras builds and runs each model; then its file is brought into the older form by hand: configuration,
names, string encodings, weight layouts. index.json lists the files with inputs and tf-keras's outputs.
"""

import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import h5py
import numpy as np
import tf_keras
from tf_keras.src.saving.legacy.hdf5_format import _convert_rnn_weights

FOLDER = pathlib.Path(__file__).parents[2] / "fixtures/eras"
LAYERS = tf_keras.layers
ROWS = []


def randomized(model, seed):
    random = np.random.default_rng(seed)
    model.set_weights([random.uniform(0.1, 0.9, w.shape).astype("float32") for w in model.get_weights()])
    return model


def save(name, model, change_config=None, change_file=None, version="2.2.4", fixed=True, silent=()):
    """Saves, then ages the file: `change_config` on model_config, `change_file` on the open file.

    At the steps `silent` of a sequence, the first input is zero."""
    path = FOLDER / f"{name}.h5"
    model.save(path)
    random = np.random.default_rng(len(name))
    inputs = [random.normal(size=(2,) + tuple(t.shape[1:])).astype("float32") for t in model.inputs]
    for step in silent:
        inputs[0][:, step] = 0
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        if change_config:
            config = change_config(config) or config
        text = json.dumps(config)
        for group in (file, file["model_weights"]):
            group.attrs["keras_version"] = np.bytes_(version) if fixed else version
            group.attrs["backend"] = np.bytes_("tensorflow") if fixed else "tensorflow"
        file.attrs["model_config"] = np.bytes_(text) if fixed else text
        if change_file:
            change_file(file)
    ROWS.append({"file": path.name, "inputs": [i.tolist() for i in inputs],
                 "output": np.asarray(outputs).tolist()})


def layers_of(config):
    return config["config"]["layers"] if isinstance(config["config"], dict) else config["config"]


def sequential_list():
    """Keras 2.0 to 2.2.2: the config is the list of layers, the first has the input's shape."""
    model = randomized(tf_keras.Sequential([
        LAYERS.LSTM(3, input_shape=(4, 2), recurrent_activation="hard_sigmoid", name="lstm_1"),
        LAYERS.Dense(2, activation="hard_sigmoid", name="dense_1")]), 1)

    def age(config):
        layers = [l for l in config["config"]["layers"] if l["class_name"] != "InputLayer"]
        layers[0]["config"]["batch_input_shape"] = [None, 4, 2]
        for layer in layers:
            for value in layer["config"].values():
                if isinstance(value, dict):
                    value.pop("module", None), value.pop("registered_name", None)
        return {"class_name": "Sequential", "config": layers}

    save("sequential-list", model, age, version="2.1.6")


def gru_without_reset_after():
    model = randomized(tf_keras.Sequential([
        LAYERS.GRU(3, input_shape=(4, 2), reset_after=False, recurrent_activation="hard_sigmoid")]), 2)

    def age(config):
        del layers_of(config)[-1]["config"]["reset_after"]

    save("gru-without-reset-after", model, age)


def cudnn(kind, options):
    model = randomized(tf_keras.Sequential([
        getattr(LAYERS, kind)(3, input_shape=(4, 2), name="recurrent", **options),
        LAYERS.Dense(2, name="dense")]), 3)
    layer = model.layers[0]

    class Target:
        """Tells the converter what layout to make."""

    target = type("CuDNN" + kind, (Target,), {})()
    target.units, target.reset_after = 3, True
    target.weights = [None] * 3

    def age(config):
        entry = [l for l in layers_of(config) if l["class_name"] == kind][0]
        entry["class_name"] = "CuDNN" + kind
        for key in ("activation", "recurrent_activation", "reset_after", "implementation", "dropout",
                    "recurrent_dropout", "use_bias", "unroll"):
            entry["config"].pop(key, None)

    def relay(file):
        group = file["model_weights/recurrent"]
        names = list(group.attrs["weight_names"])
        for name, value in zip(names, _convert_rnn_weights(target, layer.get_weights())):
            del group[name]
            group[name] = value

    save("cudnn-" + kind.lower(), model, age, relay)


def old_words():
    """A functional model under its former class name, with old options, objects and nodes."""
    x = tf_keras.Input((5, 5, 2), name="x")
    y = LAYERS.Conv2D(3, 3, name="conv", kernel_initializer="he_normal")(x)
    y = LAYERS.BatchNormalization(name="norm")(y)
    y = LAYERS.LeakyReLU(alpha=0.25, name="leaky")(y)
    y = LAYERS.ThresholdedReLU(theta=0.5, name="threshold")(y)
    model = randomized(tf_keras.Model(x, LAYERS.Add(name="sum")([y, y]), name="old"), 4)

    def age(config):
        config["class_name"] = "Model"
        for entry in layers_of(config):
            options = entry["config"]
            if entry["name"] == "leaky":
                options["alpha"] = {"class_name": "ndarray", "type": "ndarray", "value": 0.25}
            if entry["name"] == "norm":
                entry["class_name"] = "BatchNormalizationV1"
            if entry["name"] == "conv":
                options["kernel_initializer"] = {"class_name": "VarianceScaling", "config": {
                    "scale": 2.0, "mode": "fan_in", "distribution": "normal", "seed": None}}
                options["dtype"] = {"class_name": "Policy", "config": {"name": "float32"}}
            entry["inbound_nodes"] = [[tensor[:3] for tensor in node] for node in entry["inbound_nodes"]]

    save("old-words", model, age, version="2.0.8")


def split_names():
    """Long lists of names are spread over numbered attributes."""
    model = randomized(tf_keras.Sequential(
        [LAYERS.Dense(2, input_shape=(2,), name="d0")] + [LAYERS.Dense(2, name=f"d{i}") for i in range(1, 5)]), 5)

    def split(file):
        group = file["model_weights"]
        for owner, key in [(group, "layer_names")] + [(group[f"d{i}"], "weight_names") for i in range(5)]:
            names = owner.attrs[key]
            del owner.attrs[key]
            for part in range(2):
                owner.attrs[f"{key}{part}"] = np.array_split(names, 2)[part].astype("S")

    save("split-names", model, None, split)


def old_training():
    """Optimizer options and the order of its weights before Keras 2.11."""
    model = randomized(tf_keras.Sequential([LAYERS.Dense(2, input_shape=(3,), name="d")]), 6)
    model.compile(tf_keras.optimizers.legacy.Adam(learning_rate=0.01), "mse", metrics=["mae"])
    model.fit(np.ones((4, 3)), np.ones((4, 2)), epochs=2, verbose=0)

    def age(file):
        training = json.loads(file.attrs["training_config"])
        options = training["optimizer_config"]["config"]
        options["lr"] = options.pop("learning_rate")
        options["decay"] = 0.5
        file.attrs["training_config"] = np.bytes_(json.dumps(training))

    save("old-training", model, None, age)


def masked_both_ways():
    """In tf.keras, a bidirectional layer gives zeros for masked steps."""
    model = randomized(tf_keras.Sequential([
        LAYERS.Masking(input_shape=(5, 2), name="mask"),
        LAYERS.Bidirectional(LAYERS.LSTM(3, return_sequences=True), name="both")]), 8)
    save("masked-both-ways", model, version="2.2.4-tf", silent=(1, 4))


def checkpoint_dependencies():
    """The `.weights.h5` of Keras 2.12 calls the layers otherwise."""
    path = FOLDER / "dependencies.weights.h5"
    model = randomized(tf_keras.Sequential([LAYERS.Dense(2, input_shape=(3,), name="d")]), 7)
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        file.move("layers", "_layer_checkpoint_dependencies")
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [
        {"class_name": "Dense", "config": {"name": "d", "units": 2, "activation": "linear",
                                           "batch_input_shape": [None, 3]}}]}, "keras_version": "2.12.0"}
    (FOLDER / "dependencies.json").write_text(json.dumps(config))
    x = np.arange(6, dtype="float32").reshape(2, 3)
    ROWS.append({"file": "dependencies.json", "weights_file": path.name, "inputs": [x.tolist()],
                 "output": np.asarray(model(x)).tolist()})


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    sequential_list()
    gru_without_reset_after()
    cudnn("LSTM", {})
    cudnn("GRU", {})
    old_words()
    split_names()
    old_training()
    masked_both_ways()
    checkpoint_dependencies()
    document = {"made_by": "tools/make-era-fixtures",
                "made_with": {"tf_keras": tf_keras.__version__, "h5py": h5py.__version__}, "files": ROWS}
    (FOLDER / "index.json").write_text(json.dumps(document) + "\n")
