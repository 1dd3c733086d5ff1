"""Writes fixtures/data/sets/sizes and sizes.npz: pictures of several sizes and what Keras makes of them.

usage: tools/keras-python tools/references/picture_folders.py
"""

import pathlib

import keras
import numpy as np
from PIL import Image

root = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "data" / "sets"
folder = root / "sizes"
random = np.random.default_rng(7)
for name, size in {
    "one/a.png": (5, 7, 3), "one/b.png": (8, 6, 3), "two/c.png": (12, 4, 3),
    "two/d.png": (3, 3), "two/e.png": (9, 11, 3),
}.items():
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(random.integers(0, 256, size, dtype=np.uint8)).save(path)

arrays = {}
for mode, channels, size in [("rgb", "rgb", (8, 6)), ("grayscale", "gray", (5, 9))]:
    data = keras.utils.image_dataset_from_directory(
        folder, labels="inferred", label_mode="int", color_mode=mode, batch_size=None,
        image_size=size, shuffle=False, interpolation="bilinear")
    pictures = [(x.numpy(), y.numpy()) for x, y in data]
    arrays[f"{channels}_x"] = np.stack([x for x, _ in pictures]).astype("float32")
    arrays[f"{channels}_y"] = np.array([y for _, y in pictures], "int32")
arrays["keras_version"] = np.array(keras.__version__)
np.savez_compressed(root / "sizes.npz", **arrays)
