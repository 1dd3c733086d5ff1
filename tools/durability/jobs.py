"""The commands that write files, and what has to hold of those files."""

import os
import pathlib
import random
import shutil
import struct
import subprocess
import zipfile
from array import array

DESCRIPTION = """
input: [28, 28, 1]
layers:
  - Flatten
  - Dense: {units: 1000, activation: relu}
  - Dense: {units: 10, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: adam
metrics: [accuracy]
"""
TRAIN = "train m.yaml --data d.npz --epochs 3 --threads 1 --seed 3 "

# Name → command line; what stands after `>` are the files that it writes.
JOBS = {
    "train .keras": (TRAIN + "--output o.keras --history h.json --report r.html",
                     ["o.keras", "h.json", "r.html"]),
    "train .h5": (TRAIN + "--output o.h5 --checkpoint c.h5 --csv-log l.csv",
                  ["o.h5", "c.h5", "l.csv"]),
    "train resumed": (TRAIN + "--output o.h5 --resume --state-every 0.01", ["o.h5"]),
    "convert .keras": ("convert model.keras o.keras", ["o.keras"]),
    "convert .h5": ("convert model.keras o.h5", ["o.h5"]),
    "convert .weights.h5": ("convert model.keras o.weights.h5", ["o.weights.h5"]),
    "convert .safetensors": ("convert model.keras o.safetensors", ["o.safetensors"]),
    "convert .json": ("convert model.keras o.json", ["o.json"]),
    "predict .npz": ("predict model.keras --input d.npz --output o.npz", ["o.npz"]),
    "predict .h5": ("predict model.keras --input d.npz --output o.h5", ["o.h5"]),
    "predict .npy": ("predict model.keras --input d.npz --output o.npy", ["o.npy"]),
    "predict .csv": ("predict model.keras --input d.npz --output o.csv", ["o.csv"]),
    "evaluate": ("evaluate model.keras --data d.npz --task classification --json s.json "
                 "--report r.html", ["s.json", "r.html"]),
    "features": ("features d2.npz --features model.keras --pixels 1 --output o.npz --state o.state",
                 ["o.npz"]),
    "trace": ("trace model.keras --input d.npz --output o.npz", ["o.npz"]),
}
# What may stay beside the results: files from which an interrupted job goes on.
STATES = {"train resumed": {"o.h5.state"}, "features": {"o.state"}}


def npy(code, numbers, shape):
    header = f"{{'descr': '{code}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + numbers.tobytes()


def write_npz(path, arrays):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in arrays.items():
            archive.writestr(name + ".npy", content)


class Bench:
    """A folder with what the jobs read, a copy of it for each run, and what was found."""

    def __init__(self, swiftlet, folder):
        self.swiftlet = swiftlet
        self.folder = folder
        self.results, self.failures = [], []
        self.inputs = folder / "inputs"
        self.inputs.mkdir()
        source = random.Random(5)
        rows = 400
        pixels = array("f", (source.random() for _ in range(rows * 784)))
        labels = array("i", (source.randrange(10) for _ in range(rows)))
        bytes_ = array("B", (source.randrange(256) for _ in range(100 * 784)))
        write_npz(self.inputs / "d.npz", {"x": npy("<f4", pixels, (rows, 28, 28, 1)),
                                          "y": npy("<i4", labels, (rows,))})
        write_npz(self.inputs / "d2.npz", {"images": npy("|u1", bytes_, (100, 28, 28, 1))})
        (self.inputs / "m.yaml").write_text(DESCRIPTION)
        self.must("train m.yaml --data d.npz --epochs 1 --output model.keras", self.inputs)

    def start(self, command, directory, **more):
        return subprocess.Popen(
            [self.swiftlet, *command.split()], cwd=directory, text=True,
            env={**os.environ, "SOURCE_DATE_EPOCH": "0", "TMPDIR": str(directory)},
            stdin=subprocess.DEVNULL, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more})

    def run(self, command, directory, **more):
        process = self.start(command, directory, **more)
        output, errors = process.communicate(timeout=300)
        return process.returncode, output, errors

    def must(self, command, directory):
        status, _, errors = self.run(command, directory)
        assert status == 0, f"{command}: {errors}"

    def fresh(self, name="run"):
        """A folder with the inputs."""
        target = self.folder / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.inputs, target)
        return target

    def fail(self, where, what):
        self.failures.append(f"{where}: {what}")

    def check(self, condition, where, what):
        if not condition:
            self.fail(where, what)
        return condition

    def one_line(self, where, errors, *words):
        """The error is one line that says all of the words; before it there may be progress."""
        lines = errors.splitlines()
        found = [line for line in lines if line.startswith("error: ")]
        good = len(found) == 1 and lines[-1] == found[0] and len(found[0]) < 500
        return self.check(good and all(word in found[0] for word in words), where,
                          f"one line with {words} expected, {errors!r} found")


def strays(directory, known):
    """Files that nobody asked for."""
    return sorted(set(os.listdir(directory)) - set(known))


def contents(directory, names):
    return {name: path.read_bytes() if (path := pathlib.Path(directory, name)).is_file() else None
            for name in names}


def opens(path, bench):
    """Whether somebody else can read the whole file."""
    suffix = "".join(path.suffixes)
    if suffix in (".keras", ".npz"):
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    if suffix in (".h5", ".weights.h5"):
        try:
            import h5py
        except ImportError:
            return bench.run(f"inspect {path.name}", path.parent)[0] == 0 or "o.h5" in path.name
        with h5py.File(path) as file:
            file.visititems(lambda _, item: item[()] if isinstance(item, h5py.Dataset) else None)
        return True
    if suffix == ".json":
        import json
        return json.loads(path.read_text()) is not None
    if suffix == ".html":
        return path.read_text().rstrip().endswith("</html>")
    return path.stat().st_size > 0
