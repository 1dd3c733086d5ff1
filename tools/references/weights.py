"""Writes fixtures/weights: containers that Keras writes beside the usual ones, and what is in them.

index.json: for each file of a model {"file", "weights"?, "reference"}; reference.npz has input_0 and
output_0. All files hold the same weights of the same small model.
"""

import json
import os
import struct
import zipfile

import h5py
import keras
import numpy as np
import tensorflow as tf
import tf_keras
from keras.src.saving import saving_lib

from keras_cases import files
from keras_cases.recording import versions

FOLDER = "fixtures/weights"


def small(k):
    """An image network: convolution, batch normalization, depthwise, dense after a Flatten."""
    x = inputs = k.Input((6, 5, 2), name="image")
    x = k.layers.Conv2D(4, 3, padding="same", name="conv")(x)
    x = k.layers.BatchNormalization(name="norm")(x)
    x = k.layers.ReLU(name="relu")(x)
    x = k.layers.DepthwiseConv2D(3, name="depthwise")(x)
    x = k.layers.Flatten(name="flatten")(x)
    x = k.layers.Dense(3, name="hidden", activation="tanh")(x)
    x = k.layers.Dense(2, name="answer")(x)
    return k.Model(inputs, x, name="small")


@keras.saving.register_keras_serializable(package="my_package")
class Scale(keras.layers.Layer):
    """x · factor^power + offset, one factor per channel."""

    def __init__(self, power=1, **kwargs):
        super().__init__(**kwargs)
        self.power = power

    def build(self, shape):
        self.factor = self.add_weight(shape=(shape[-1],), initializer="ones", name="factor")
        self.offset = self.add_weight(shape=(), initializer="zeros", name="offset")

    def call(self, x):
        return x * self.factor ** self.power + self.offset

    def get_config(self):
        return {**super().get_config(), "power": self.power}


def custom():
    """Files with layers that only their user knows."""
    x = inputs = keras.Input((3,), name="x")
    x = keras.layers.Dense(4, name="dense")(x)
    x = Scale(power=2, name="scale")(x)
    scaled = keras.Model(inputs, x, name="scaled")
    files.fill(scaled, "custom")
    data = files.model_inputs(scaled, {}, ("custom",))[0]
    scaled.save(f"{FOLDER}/custom.keras")
    scaled.save(f"{FOLDER}/custom.h5")
    half = eval(compile("lambda v: v / 2", "half.py", "eval"))  # no path of ours in the file
    halved = keras.Sequential([keras.Input((3,), name="x"), keras.layers.Dense(2, name="dense"),
                               keras.layers.Lambda(half, name="half")], name="halved")
    files.fill(halved, "lambda")
    halved.save(f"{FOLDER}/lambda.keras")
    halved.save(f"{FOLDER}/lambda.h5")
    np.savez(f"{FOLDER}/custom.npz", input_0=data, scaled=files.predict(scaled, [data])[0],
             halved=files.predict(halved, [data])[0])


def h5_twin(source, target, **storage):
    """The same content with other storage."""
    with h5py.File(source) as a, h5py.File(target, "w", **storage.pop("file", {})) as b:
        def copy(name, item):
            if isinstance(item, h5py.Dataset):
                options = storage if item.ndim else {}
                made = b.create_dataset(name, data=item[()], **options)
            else:
                made = b.require_group(name)
            for key, value in item.attrs.items():
                made.attrs[key] = value
        for key, value in a.attrs.items():
            b.attrs[key] = value
        a.visititems(copy)


def mxnet(path, arrays):
    """MXNet's own format, by its source: src/ndarray/ndarray.cc, NDArray::Save."""
    with open(path, "wb") as file:
        file.write(struct.pack("<QQQ", 0x112, 0, len(arrays)))
        for array in arrays.values():
            file.write(struct.pack("<Iii", 0xF993FAC9, 0, array.ndim))
            file.write(struct.pack(f"<{array.ndim}q", *array.shape))
            file.write(struct.pack("<iii", 1, 0, 0) + array.astype("<f4").tobytes())
        file.write(struct.pack("<Q", len(arrays)))
        for name in arrays:
            file.write(struct.pack("<Q", len(name)) + name.encode())


def main():
    os.makedirs(FOLDER, exist_ok=True)
    keras.utils.clear_session()
    model = small(keras)
    files.fill(model, "weights")
    x = files.model_inputs(model, {}, ("weights",))[0]
    np.savez(f"{FOLDER}/reference.npz", input_0=x, output_0=files.predict(model, [x])[0])
    rows = []

    def row(file, weights=None, **more):
        rows.append({"file": file, **({"weights": weights} if weights else {}), **more})

    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    model.save(f"{FOLDER}/model.keras")
    row("model.keras")
    with open(f"{FOLDER}/model.json", "w") as file:
        file.write(model.to_json())
    saving_lib.save_model(model, f"{FOLDER}/npz.keras", weights_format="npz")
    row("npz.keras")
    saving_lib.save_model(model, f"{FOLDER}/folder", zipped=False)
    os.rmdir(f"{FOLDER}/folder/assets") if os.path.isdir(f"{FOLDER}/folder/assets") else None
    row("folder")
    with zipfile.ZipFile(f"{FOLDER}/model.keras") as a, \
            zipfile.ZipFile(f"{FOLDER}/recompressed.keras", "w", zipfile.ZIP_DEFLATED) as b:
        for name in sorted(a.namelist()):
            content = a.read(name)
            if name == "metadata.json":
                content = json.dumps({**json.loads(content), "labels": ["cat", "dog"]}).encode()
            b.writestr(name, content)
    row("recompressed.keras")
    model.save_weights(f"{FOLDER}/shards.weights.json", max_shard_size=1.2e-6)
    row("model.json", "shards.weights.json")
    with zipfile.ZipFile(f"{FOLDER}/model.keras") as a, \
            zipfile.ZipFile(f"{FOLDER}/sharded.keras", "w") as b:
        for name in ("metadata.json", "config.json"):
            b.writestr(name, a.read(name))
        b.write(f"{FOLDER}/shards.weights.json", "model.weights.json")
        for name in sorted(os.listdir(FOLDER)):
            if name.startswith("shards_"):
                b.write(f"{FOLDER}/{name}", name)
    row("sharded.keras")
    model.save_weights(f"{FOLDER}/plain.weights.h5")
    np.savez(f"{FOLDER}/numbered.npz", *model.get_weights())
    row("model.json", "numbered.npz")

    old = small(tf_keras)
    files.copy_weights(model, old)
    old.save(f"{FOLDER}/legacy.h5")
    row("legacy.h5")
    h5_twin(f"{FOLDER}/legacy.h5", f"{FOLDER}/chunked.h5", chunks=True, compression="gzip",
            shuffle=True, fletcher32=True)
    row("chunked.h5")
    h5_twin(f"{FOLDER}/legacy.h5", f"{FOLDER}/userblock.h5", file={"userblock_size": 1024})
    row("userblock.h5")
    tf.saved_model.save(old, f"{FOLDER}/saved")
    for name in ("saved_model.pb", "keras_metadata.pb", "fingerprint.pb"):
        if os.path.exists(f"{FOLDER}/saved/{name}"):
            os.remove(f"{FOLDER}/saved/{name}")
    if os.path.isdir(f"{FOLDER}/saved/assets"):
        os.rmdir(f"{FOLDER}/saved/assets")
    row("model.json", "saved")
    old.save_weights(f"{FOLDER}/checkpoint/ckpt")
    row("model.json", "checkpoint/ckpt")

    custom()
    names = {w.path: w.numpy() for w in model.weights}
    mxnet(f"{FOLDER}/net.params", {f"arg:{n.replace('/', '_')}": v for n, v in names.items()})
    with open(f"{FOLDER}/net.params.map.json", "w") as file:
        json.dump({f"arg:{n.replace('/', '_')}": n for n in names}, file, indent=1)
    row("model.json", "net.params", mapping="net.params.map.json")
    with open(f"{FOLDER}/index.json", "w") as file:
        json.dump({"made_by": "tools/make-weight-fixtures", "made_with": versions(), "files": rows,
                   "paths": list(names)}, file, indent=1)


if __name__ == "__main__":
    main()
