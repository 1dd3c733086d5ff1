"""Writes fixtures/keras/hostile: one small model damaged in many ways, and files that are none.

Each must be refused with one line that names the file and the cause; index.json lists the words that
the line has to contain.
"""

import io
import json
import os
import shutil
import zipfile

import h5py
import keras
import numpy as np

from keras_cases import files
from keras_cases.recording import versions

FOLDER = "fixtures/keras/hostile"


def original():
    keras.utils.clear_session()
    model = keras.Sequential([keras.Input((3,), name="x"),
                              keras.layers.Dense(2, activation="relu", name="dense"),
                              keras.layers.Dense(1, name="out")], name="small")
    files.fill(model, "hostile")
    return model


class Writer:
    """Damaged copies of the same model; `files` collects what must be said of each."""

    def __init__(self):
        shutil.rmtree(FOLDER, ignore_errors=True)
        os.makedirs(FOLDER)
        self.files = []
        model = original()
        self.base = {suffix: f"{FOLDER}/whole{suffix}" for suffix in (".h5", ".keras", ".weights.h5")}
        model.save(self.base[".h5"])
        model.save(self.base[".keras"])
        model.save_weights(self.base[".weights.h5"])
        with open(f"{FOLDER}/whole.json", "w") as file:
            file.write(model.to_json())

    def note(self, name, cause, mentions, **more):
        self.files.append({"file": name, "cause": cause, "mentions": mentions, **more})
        return f"{FOLDER}/{name}"

    def bytes(self, name, content, cause, mentions, **more):
        with open(self.note(name, cause, mentions, **more), "wb") as file:
            file.write(content)

    def hdf5(self, name, edit, cause, mentions, suffix=".h5", **more):
        path = self.note(name, cause, mentions, **more)
        shutil.copy(self.base[suffix], path)
        with h5py.File(path, "r+") as file:
            edit(file)

    def config(self, name, edit, cause, mentions, suffix=".keras"):
        """Edits the text of the config in a .keras or .h5 file."""
        if suffix == ".h5":
            def change(file):
                file.attrs["model_config"] = edit(file.attrs["model_config"])
            self.hdf5(name, change, cause, mentions)
        else:
            self.zip(name, lambda members: members.update(
                {"config.json": edit(members["config.json"].decode()).encode()}), cause, mentions)

    def zip(self, name, edit, cause, mentions):
        with zipfile.ZipFile(self.base[".keras"]) as archive:
            members = {n: archive.read(n) for n in archive.namelist()}
        edit(members)
        with zipfile.ZipFile(self.note(name, cause, mentions), "w") as archive:
            for member, content in members.items():
                archive.writestr(zipfile.ZipInfo(member, (2000, 1, 1, 0, 0, 0)), content)

    def inner_hdf5(self, name, edit, cause, mentions):
        """Edits model.weights.h5 inside a .keras file."""
        def change(members):
            buffer = io.BytesIO(members["model.weights.h5"])
            with h5py.File(buffer, "r+") as file:
                edit(file)
            members["model.weights.h5"] = buffer.getvalue()
        self.zip(name, change, cause, mentions)


def replace(old, new):
    def edit(text):
        if old not in text:
            raise ValueError(f"{old} is not in the config")
        return text.replace(old, new)
    return edit


def reset(path, values):
    def edit(file):
        attributes = dict(file[path].attrs)
        del file[path]
        file.create_dataset(path, data=values).attrs.update(attributes)
    return edit


def dataset(group, leaf):
    """Keras 3 writes `<group>/sequential name/layer/leaf` in places: find the dataset."""
    def find(file):
        found = []
        file.visit(lambda n: found.append(n) if n.startswith(group) and n.endswith(leaf) else None)
        return found[0]
    return find


def main():
    files.quiet()
    w = Writer()
    kernel = dataset("model_weights/dense", "kernel")
    whole = {s: open(p, "rb").read() for s, p in w.base.items()}

    def kernel_edit(make):
        return lambda file: make(file, kernel(file))

    def remove(file, path):
        del file[path]

    # Cut or foreign files.
    for suffix in (".h5", ".keras"):
        content = whole[suffix]
        for part in (10, 50, 90):
            w.bytes(f"cut-{part}{suffix}", content[:len(content) * part // 100],
                    f"only the first {part} % of the file", [])
        w.bytes(f"empty{suffix}", b"", "no bytes at all", [])
        w.bytes(f"text{suffix}", b"This is a text, not a model.\n" * 20, "a text", [])
    w.bytes("signature-only.h5", whole[".h5"][:8] + bytes(600), "HDF5 signature, then zeros", [])
    w.bytes("array.h5", array_file(), "an HDF5 file without a model", [])
    w.bytes("broken.json", b'{"class_name": "Sequential", "config": {', "JSON ends too early", [])
    w.bytes("other.json", b'{"colour": "blue"}', "JSON that is no architecture", [])

    # Weights.
    w.hdf5("missing-kernel.h5", kernel_edit(remove), "the dataset of a kernel is gone",
           ["dense", "kernel"])
    w.hdf5("missing-layer.h5", lambda f: remove(f, "model_weights/dense"),
           "the group of a layer is gone", ["dense"])
    w.hdf5("wrong-shape.h5", kernel_edit(lambda f, p: reset(p, np.zeros((3, 5), "f4"))(f)),
           "a kernel of another shape", ["[3, 2]", "[3, 5]"])
    w.hdf5("text-weight.h5", kernel_edit(lambda f, p: reset(p, np.full((3, 2), b"x"))(f)),
           "texts in place of a kernel", ["kernel"])
    w.hdf5("compound-weight.h5",
           kernel_edit(lambda f, p: reset(p, np.zeros((3, 2), [("a", "f4"), ("b", "i4")]))(f)),
           "records in place of a kernel", ["kernel"])
    w.hdf5("external-link.h5",
           kernel_edit(lambda f, p: (remove(f, p),
                                     f.__setitem__(p, h5py.ExternalLink("other.h5", "/kernel")))),
           "the kernel is a link to another file", ["kernel"])
    w.hdf5("external-data.h5", kernel_edit(external_data), "the kernel's data is another file",
           ["kernel"])
    w.hdf5("soft-link-circle.h5",
           kernel_edit(lambda f, p: (remove(f, p), f.__setitem__(p, h5py.SoftLink("/" + p)))),
           "a link that leads to itself", ["kernel"])
    w.hdf5("huge-dataset.h5", kernel_edit(huge), "a kernel that claims 2^60 rows", ["kernel"])
    w.hdf5("missing-weight.weights.h5", lambda f: remove(f, "layers/dense/vars/0"),
           "a kernel is gone", ["dense"], suffix=".weights.h5", architecture="whole.json")
    w.hdf5("wrong-shape.weights.h5", reset("layers/dense/vars/0", np.zeros((3, 5), "f4")),
           "a kernel of another shape", ["[3, 2]", "[3, 5]"], suffix=".weights.h5",
           architecture="whole.json")
    w.inner_hdf5("missing-kernel.keras", lambda f: remove(f, "layers/dense/vars/0"),
                 "the dataset of a kernel is gone", ["dense"])
    w.inner_hdf5("wrong-shape.keras", reset("layers/dense/vars/0", np.zeros((3, 5), "f4")),
                 "a kernel of another shape", ["[3, 2]", "[3, 5]"])

    # Configs.
    for suffix in (".h5", ".keras"):
        w.config("unknown-layer" + suffix, replace('"class_name": "Dense"', '"class_name": "Blurb"'),
                 "a layer that nobody knows", ["Blurb"], suffix)
        w.config("unknown-activation" + suffix, replace('"relu"', '"blurb"'),
                 "an activation that nobody knows", ["blurb"], suffix)
        w.config("negative-units" + suffix, replace('"units": 2', '"units": -2'),
                 "a negative size", ["units"], suffix)
        w.config("huge-units" + suffix, replace('"units": 2', '"units": 4611686018427387904'),
                 "a size that overflows", [], suffix)
        w.config("units-as-text" + suffix, replace('"units": 2', '"units": "two"'),
                 "a text where a number belongs", ["units"], suffix)
        w.config("no-units" + suffix, replace('"units": 2', '"unit": 2'), "a missing option",
                 ["units"], suffix)
        w.config("cut-config" + suffix, lambda text: text[:len(text) // 2],
                 "JSON ends too early", [], suffix)
        w.config("deep-config" + suffix, lambda text: "[" * 5000 + "]" * 5000,
                 "JSON nested 5,000 deep", [], suffix)
    w.config("lambda.keras", replace('"class_name": "Dense"', '"class_name": "Lambda"'),
             "a layer that holds code", ["Lambda"])
    w.zip("no-config.keras", lambda m: m.pop("config.json"), "config.json is missing",
          ["config.json"])
    w.zip("no-weights.keras", lambda m: m.pop("model.weights.h5"), "model.weights.h5 is missing",
          ["model.weights.h5"])
    w.zip("text-weights.keras", lambda m: m.update({"model.weights.h5": b"none"}),
          "model.weights.h5 is a text", ["model.weights.h5"])
    w.bytes("wrong-checksum.keras", flipped(whole[".keras"], b'"small"', b'"smaLl"'),
            "a changed byte in config.json", ["config.json"])
    functional(w)

    with open(f"{FOLDER}/index.json", "w") as file:
        json.dump({"made_by": "tools/make-keras-files", "made_with": versions(),
                   "whole": ["whole.h5", "whole.keras", "whole.json"], "files": w.files},
                  file, indent=1)
    print(f"{FOLDER}: {len(w.files)} files")


def functional(w):
    """Graphs that cannot be."""
    x = keras.Input((3,), name="x")
    y = keras.layers.Dense(3, name="first")(x)
    model = keras.Model(x, keras.layers.Dense(3, name="second")(y), name="graph")
    text = model.to_json()
    w.bytes("circle.json", replace('"keras_history": ["x", 0, 0]',
                                   '"keras_history": ["second", 0, 0]')(text).encode(),
            "two layers that wait for each other", [])
    w.bytes("dangling.json", replace('"keras_history": ["x", 0, 0]',
                                     '"keras_history": ["nobody", 0, 0]')(text).encode(),
            "a layer fed by one that is not there", ["nobody"])
    w.bytes("no-such-output.json", replace('"output_layers": ["second", 0, 0]',
                                           '"output_layers": ["third", 0, 0]')(text).encode(),
            "an output of a layer that is not there", ["third"])
    w.bytes("node-out-of-range.json", replace('"keras_history": ["x", 0, 0]',
                                              '"keras_history": ["x", 7, 0]')(text).encode(),
            "the eighth call of a layer that is called once", ["x"])


def array_file():
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["numbers"] = np.arange(5)
    return buffer.getvalue()


def external_data(file, path):
    del file[path]
    file.create_dataset(path, (3, 2), "f4", external=[("data.bin", 0, 24)])


def huge(file, path):
    del file[path]
    file.create_dataset(path, (2 ** 60, 2), "f4", chunks=(1, 2))


def flipped(content, old, new):
    if old not in content:
        raise ValueError(f"{old} is not in the file")
    return content.replace(old, new, 1)


if __name__ == "__main__":
    main()
