"""Runs keras1.py and keras2.py in an environment per release and collects what they wrote."""

import argparse
import dataclasses
import glob
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
FOLDER = HERE.parents[2] / "fixtures/releases"
THEANO = ("3.6", "Theano==1.0.5 numpy==1.16.6 scipy h5py==2.10.0 six pyyaml")
TF_1_4 = ("3.6", "tensorflow==1.4.0 numpy==1.16.6 scipy h5py==2.10.0 pyyaml")
TF_1_13 = ("3.6", "tensorflow==1.13.2 numpy==1.16.6 scipy h5py==2.10.0 pyyaml")
TF_1_15 = ("3.7", "tensorflow-cpu==1.15.0 numpy==1.16.6 scipy h5py==2.10.0 pyyaml protobuf<3.20")
TF_2_16 = ("3.11", "tensorflow-cpu==2.16.2 tf-keras==2.16.0 keras==3.0.5")
OLD_EXTRAS = "keras-applications==1.0.8 keras-preprocessing==1.1.2"


@dataclasses.dataclass
class Release:
    """keep: the files that are committed; the others of the release are thrown away."""

    environment: tuple
    keep: list
    keras: str = None
    script: str = "keras2.py"
    module: str = "keras"
    backend: str = "tensorflow"

    def labels(self):
        return sorted({name.split(".")[0].replace("-weights", "") for name in self.keep})


def tf(version, python, keep, extra=""):
    package = f"tensorflow-cpu=={version} {extra}".strip()
    return Release((python, package), keep, module="tensorflow.keras")


def keras_1(version, environment, backend, keep):
    return Release(environment, keep, f"keras=={version}", "keras1.py", backend=backend)


RELEASES = {
    "keras-0.3.3": Release(THEANO, ["first.json"], "keras==0.3.3", "keras0.py", backend="theano"),
    "keras-1.0.8-theano": keras_1("1.0.8", THEANO, "theano", ["recurrent.h5"]),
    "keras-1.1.2-theano": keras_1("1.1.2", THEANO, "theano", ["more-th.h5"]),
    "keras-1.2.2-theano": keras_1("1.2.2", THEANO, "theano", ["cnn-th.json", "deconv-tf.h5", "volumes-th.h5"]),
    "keras-1.2.2": keras_1("1.2.2", TF_1_4, "tensorflow",
                           ["cnn-tf.h5", "graph.h5", "merged.h5", "separable.h5", "both-ways.h5"]),
    "keras-2.0.9-theano": Release(THEANO, ["first.h5"], f"keras==2.0.9 {OLD_EXTRAS}", backend="theano"),
    "keras-2.2.4": Release(TF_1_13, ["masked.h5", "cnn.json", "trained.h5"], f"keras==2.2.4 {OLD_EXTRAS}"),
    "keras-2.3.1": Release(TF_1_15, ["recurrent.h5", "trained.h5"], f"keras==2.3.1 {OLD_EXTRAS}"),
    "tensorflow-1.4": Release(TF_1_4, ["recurrent.h5"], module="tensorflow.python.keras"),
    "tensorflow-1.13": Release(TF_1_13, ["unbuilt.h5", "masked.h5"], module="tensorflow.keras"),
    "tensorflow-2.1": tf("2.1.4", "3.7", ["unbuilt.h5"], "h5py==2.10.0 protobuf<3.20 numpy<1.19"),
    "tensorflow-2.3": tf("2.3.4", "3.8", ["unbuilt.h5"], "protobuf<3.20"),
    "tensorflow-2.4": tf("2.4.4", "3.8", ["graph.h5"]),
    "tensorflow-2.8": tf("2.8.4", "3.8", ["unbuilt.h5"], "protobuf<3.20"),
    "tensorflow-2.11": tf("2.11.1", "3.8", ["unbuilt.h5"]),
    "tensorflow-2.12": tf("2.12.1", "3.11", ["graph.json"]),
    "tensorflow-2.13": tf("2.13.1", "3.11", ["unbuilt.keras"]),
    "tensorflow-2.15": tf("2.15.1", "3.11", ["recurrent.keras"]),
    "tf-keras-2.16": Release(TF_2_16, ["unbuilt.keras"], module="tf_keras"),
    "keras-3.0.5": Release(TF_2_16, ["recurrent.keras"]),
    "keras-3.3.3": Release(TF_2_16, ["unbuilt.keras"], "keras==3.3.3"),
    "keras-3.6.0": Release(TF_2_16, ["unbuilt.keras"], "keras==3.6.0"),
    "keras-3.9.2": Release(TF_2_16, ["unbuilt.h5"], "keras==3.9.2"),
    "keras-3.12.0": Release(TF_2_16, ["unbuilt.keras"], "keras==3.12.0"),
}


def slug(text):
    return "".join(c if c.isalnum() or c in ".=" else "-" for c in text)


def python_of(version):
    found = sorted(glob.glob(os.path.expanduser(f"~/.pyenv/versions/{version}.*/bin/python")))
    if not found:
        sys.exit(f"error: Python {version} is not among pyenv's versions")
    return found[-1]


def interpreter(release, root):
    """The environment's Python and the folder of its Keras, made where they are missing."""
    version, packages = release.environment
    environment = root / slug(packages)
    if not (environment / "bin/python").exists():
        subprocess.run([python_of(version), "-m", "venv", environment], check=True)
        pip = [environment / "bin/python", "-m", "pip", "install", "--quiet"]
        subprocess.run(pip + ["--upgrade", "pip"], check=True)
        subprocess.run(pip + packages.split(), check=True)
    library = None
    if release.keras:
        library = root / slug(release.keras)
        if not library.exists():
            subprocess.run([environment / "bin/python", "-m", "pip", "install", "--quiet", "--no-deps",
                            "--target", library, *release.keras.split()], check=True)
    return environment / "bin/python", library


def written(name, release, root, folder):
    """Runs the release; answers the rows of the files that are kept."""
    python, library = interpreter(release, root)
    environment = {**os.environ, "KERAS_BACKEND": release.backend, "CUDA_VISIBLE_DEVICES": "",
                   "TF_CPP_MIN_LOG_LEVEL": "3",
                   "THEANO_FLAGS": f"base_compiledir={root}/theano,device=cpu"}
    environment.pop("PYTHONPATH", None)
    if library:
        environment["PYTHONPATH"] = str(library)
    module = [release.module] if release.script == "keras2.py" else []
    run = subprocess.run([python, "-W", "ignore", HERE / release.script, *module, folder, name,
                          *release.labels()], env=environment, stdout=subprocess.PIPE, text=True)
    rows = json.loads(run.stdout.strip().splitlines()[-1])
    return [row for row in rows if row["file"][len(name) + 1:] in release.keep]


def main():
    parser = argparse.ArgumentParser(prog="tools/make-release-fixtures")
    parser.add_argument("--environments", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    root = (options.environments or pathlib.Path(tempfile.mkdtemp())).absolute()
    FOLDER.mkdir(parents=True, exist_ok=True)
    index = FOLDER / "index.json"
    rows = json.loads(index.read_text())["files"] if index.exists() else []
    for name in options.names or RELEASES:
        with tempfile.TemporaryDirectory() as folder:
            new = written(name, RELEASES[name], root, folder)
            for row in new:
                for key in ("file", "weights_file", "reference"):
                    if key in row:
                        shutil.copy(os.path.join(folder, row[key]), FOLDER / row[key])
        rows = [row for row in rows if row["release"] != name]
        rows += [{"release": name, **row} for row in new]
        missing = set(RELEASES[name].keep) - {row["file"][len(name) + 1:] for row in new}
        print(name, *(row["file"] for row in new), *(f"MISSING {m}" for m in sorted(missing)), flush=True)
    rows.sort(key=lambda row: list(RELEASES).index(row["release"]))
    lines = ",\n".join(json.dumps(row) for row in rows)
    index.write_text('{"made_by": "tools/make-release-fixtures", "files": [\n' + lines + "\n]}\n")


if __name__ == "__main__":
    main()
