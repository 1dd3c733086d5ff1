"""Containers of weights, what is stored beside them, traces, and what stays when a file is rewritten."""

import json
import os
import tempfile
import zipfile

import h5py
import numpy as np

from keras_cases import files
from keras_cases.models import MODELS

from .comparing import Unlike, arrays_alike
from .results import FAILED, OK, Result
from .swiftlet import Refused

MODELS_USED = ("mlp", "cnn", "stacked recurrent")


def jobs():
    for name in MODELS_USED:
        yield "weight files", name, name


class Check:
    def __init__(self, name, keras, model, arrays, tolerance, swiftlet, folder):
        self.name, self.keras, self.model, self.arrays = name, keras, model, arrays
        self.tolerance, self.swiftlet, self.folder = tolerance, swiftlet, folder
        self.wanted = files.predict(model, arrays)
        self.results = []
        self.path = f"{folder}/model.keras"
        model.save(self.path)
        self.io = f"{folder}/io.npz"
        np.savez(self.io, **{f"input_{i}": a for i, a in enumerate(arrays)},
                 **{f"output_{i}": a for i, a in enumerate(self.wanted)})

    def step(self, name, run):
        try:
            run()
            self.results.append(Result("files weight files", self.name, name, OK))
        except Exception as error:
            detail = f"{type(error).__name__}: " + " ".join(str(error).split())[:300]
            self.results.append(Result("files weight files", self.name, name, FAILED, detail))

    def predicts(self, path, weights=None):
        arrays_alike(self.swiftlet.predict(path, self.arrays, self.folder, weights), self.wanted,
                     self.tolerance)

    # Containers

    def npz(self):
        from keras.src.saving import saving_lib
        saving_lib.save_model(self.model, f"{self.folder}/npz.keras", weights_format="npz")
        self.predicts(f"{self.folder}/npz.keras")

    def unpacked(self):
        from keras.src.saving import saving_lib
        saving_lib.save_model(self.model, f"{self.folder}/unpacked", zipped=False)
        self.predicts(f"{self.folder}/unpacked")

    def shards(self):
        with open(f"{self.folder}/model.json", "w") as file:
            file.write(self.model.to_json())
        largest = max(np.asarray(w).nbytes for w in self.model.weights)
        self.model.save_weights(f"{self.folder}/s.weights.json", max_shard_size=1.5 * largest / 2**30)
        self.predicts(f"{self.folder}/model.json", f"{self.folder}/s.weights.json")

    def recompressed(self):
        with zipfile.ZipFile(self.path) as a, \
                zipfile.ZipFile(f"{self.folder}/r.keras", "w", zipfile.ZIP_DEFLATED) as b:
            for name in a.namelist():
                b.writestr(name, a.read(name))
        self.predicts(f"{self.folder}/r.keras")

    def named_arrays(self, suffix):
        self.swiftlet.convert(self.path, f"{self.folder}/w{suffix}")
        self.shards() if not os.path.exists(f"{self.folder}/model.json") else None
        self.predicts(f"{self.folder}/model.json", f"{self.folder}/w{suffix}")

    # Beside the weights

    def golden(self, suffix):
        target = f"{self.folder}/golden{suffix}"
        self.swiftlet.convert(self.path, target, "--golden", self.io)
        self.swiftlet.run("verify", target)
        again = self.keras.models.load_model(target, compile=False)
        arrays_alike(files.predict(again, self.arrays), self.wanted, self.tolerance)

    def trace(self):
        ours, theirs = f"{self.folder}/ours.npz", f"{self.folder}/theirs.npz"
        self.swiftlet.run("trace", self.path, "--input", self.io, "--output", ours)
        outputs = {layer.name: layer.output for layer in self.model.layers}
        given = self.keras.Model(self.model.inputs, outputs)(
            self.arrays if len(self.arrays) > 1 else self.arrays[0], training=False)
        flat = {n: self.keras.tree.flatten(v) for n, v in given.items()}
        arrays = {n + (f"/output_{i}" if i else ""): np.asarray(v)
                  for n, vs in flat.items() for i, v in enumerate(vs)}
        np.savez(theirs, **arrays)
        self.swiftlet.run("diff", ours, theirs, "--tolerance", "1e-3")
        name = list(arrays)[len(arrays) // 2]
        np.savez(theirs, **{n: v + (n == name) for n, v in arrays.items()})
        try:
            self.swiftlet.run("diff", ours, theirs, "--tolerance", "1e-3")
        except Refused as error:
            if f"layer '{name}'" not in str(error):
                raise Unlike(f"{error} instead of {name}") from None
        else:
            raise Unlike(f"the change of {name} was not found")

    # There and back

    def unchanged(self, era, suffix):
        """The same layers, numbers and types once a file has been read and written."""
        if suffix == ".keras":
            again = f"{self.folder}/again.keras"
            self.swiftlet.convert(self.path, again)
            with zipfile.ZipFile(self.path) as x, zipfile.ZipFile(again) as y:
                one, two = (outline(json.loads(z.read("config.json"))) for z in (x, y))
            if one != two:
                raise Unlike(f"config.json: {one} and {two}")
            compare_h5(self.member(self.path), self.member(again))
        else:
            a, b = f"{self.folder}/first.h5", f"{self.folder}/again.h5"
            self.model.save(a)
            self.swiftlet.convert(a, b, "--to", f"keras{era}-h5")
            compare_legacy(a, b)

    def member(self, path):
        with zipfile.ZipFile(path) as archive:
            archive.extract("model.weights.h5", path + ".parts")
        return path + ".parts/model.weights.h5"


def outline(config):
    """The layers, and what the model was compiled with."""
    compiled = config.get("compile_config") or {}
    return ([(layer["class_name"], layer["config"]["name"]) for layer in config["config"]["layers"]],
            compiled.get("loss"), (compiled.get("optimizer") or {}).get("class_name"))


def compare_legacy(a, b):
    """Layers in order, their weights in order: types, shapes and values. (The names of weights in
    legacy files are Keras's variable paths, which no reader goes by.)"""
    def content(path):
        with h5py.File(path) as file:
            group = file["model_weights"]
            names = [n.decode() if isinstance(n, bytes) else n for n in group.attrs["layer_names"]]
            return {name: [(d.dtype.str, d.shape, d[()].tobytes()) for d in (
                group[name][w] for w in group[name].attrs["weight_names"])] for name in names}
    first, second = content(a), content(b)
    if list(first) != list(second):
        raise Unlike(f"layers {list(first)} and {list(second)}")
    for name, value in first.items():
        if value != second[name]:
            raise Unlike(f"{name}: {[v[:2] for v in value]} and {[v[:2] for v in second[name]]}")


def compare_h5(a, b):
    """Groups, datasets, their types, shapes and values."""
    def content(path):
        found = {}
        with h5py.File(path) as file:
            file.visititems(lambda name, item: found.update(
                {name: (item.dtype.str, item.shape, item[()].tobytes())
                 if isinstance(item, h5py.Dataset) else None}))
        return found
    first, second = content(a), content(b)
    # Groups without datasets say nothing.
    for found in (first, second):
        full = {n for n, v in found.items() if v is not None}
        for name in [n for n, v in found.items() if v is None]:
            if not any(f.startswith(name + "/") for f in full):
                del found[name]
    if first.keys() != second.keys():
        raise Unlike(f"only in one: {sorted(first.keys() ^ second.keys())[:4]}")
    for name, value in first.items():
        if value != second[name]:
            raise Unlike(f"{name}: {value[:2]} and {second[name][:2]}")


def run(swiftlet, kerases, name):
    case = next(c for c in MODELS if c.name == name)
    results = []
    for keras, era in kerases:
        model = case.build(keras)
        files.fill(model, name)
        model.compile("adam", "mse")
        model.optimizer.build(model.trainable_variables)
        arrays = files.model_inputs(model, case.limits, (name,))
        with tempfile.TemporaryDirectory() as folder:
            check = Check(name, keras, model, arrays, case.tolerance, swiftlet, folder)
            label = f"keras {era}"
            if era == 3:
                check.step("weights as .npz", check.npz)
                check.step("an unpacked .keras", check.unpacked)
                check.step("weights in shards", check.shards)
                for suffix in (".safetensors", ".npz"):
                    check.step(f"weights as {suffix}", lambda s=suffix: check.named_arrays(s))
                check.step("traces agree", check.trace)
                check.step(".keras rewritten is the same", lambda: check.unchanged(3, ".keras"))
            check.step(f"{label}: recompressed .keras", check.recompressed)
            for suffix in [".keras", ".h5"] if era == 3 else [".h5"]:
                check.step(f"{label}: golden in {suffix}", lambda s=suffix: check.golden(s))
            check.step(f"{label}: .h5 rewritten is the same", lambda e=era: check.unchanged(e, ".h5"))
            results += check.results
    return results
