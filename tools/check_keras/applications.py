"""The 40 networks of keras.applications from .h5 and .keras: predictions, loading time and memory.

Seeded weights and random batch statistics; small images, so that what the process holds is weights.

usage: tools/check-applications [--only PATTERN] [--era 2|3] [--swiftlet PATH] [--json FILE]
"""

import argparse
import fnmatch
import json
import multiprocessing
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor

from .swiftlet import Refused, Swiftlet

TOLERANCE = 2e-3  # of the largest output
MEMORY = 2.2  # times the weights, at the peak
# What a process holds besides: the program itself, its libraries, and activations of one image.
OWN_MEMORY = 48 << 20
SIDE = 96


def names(keras):
    return [n for n in sorted(dir(keras.applications))
            if callable(getattr(keras.applications, n)) and n[0].isupper()]


def measure(swiftlet, path, folder):
    """Loading time (ms) and the peak of a process that loads and predicts one image (bytes)."""
    report = f"{folder}/bench.json"
    swiftlet.run("bench", path, "--batch-size", 1, "--repeats", 1, "--json", report)
    with open(report) as file:
        figures = json.load(file)
    return figures["load_ms"], int(figures["peak_rss_mib"] * (1 << 20))


def check(program, name, era, folder):
    """One network in one process: a row for each kind of file."""
    import numpy as np

    if era == 3:
        import keras
    else:
        import tf_keras as keras

    from keras_cases import files
    from keras_cases.values import distinct, generator

    from .deep import randomize

    files.quiet()
    keras.utils.set_random_seed(7)
    model = getattr(keras.applications, name)(
        weights=None, input_shape=(SIDE, SIDE, 3), classifier_activation=None)
    randomize(model, name)
    arrays = [distinct(generator(name), (1, SIDE, SIDE, 3), spread=100.0)]
    wanted = files.predict(model, arrays)[0]
    size = sum(int(np.prod(w.shape)) * 4 for w in model.weights)
    swiftlet = Swiftlet(program, timeout=600)
    for suffix in (".h5", ".keras"):
        path = f"{folder}/{name}{suffix}"
        model.save(path)
        row = {"name": name, "era": era, "kind": suffix, "weights": size}
        try:
            got = swiftlet.predict(path, arrays, folder)[0]
            row["difference"] = float(np.abs(got - wanted).max() / np.abs(wanted).max())
            row["load_ms"], row["peak"] = measure(swiftlet, path, folder)
        except (Refused, ValueError) as error:
            row["error"] = str(error)
        os.remove(path)
        yield row


def rows(program, name, era):
    with tempfile.TemporaryDirectory() as folder:
        return list(check(program, name, era, folder))


def verdict(row):
    if "error" in row:
        return row["error"]
    if not row["difference"] <= TOLERANCE:
        return "differs"
    if row["peak"] > MEMORY * row["weights"] + OWN_MEMORY:
        return "too much memory"
    return "ok"


def line(row):
    start = f"{row['name']:20} {row['kind']:7} {row['weights'] / (1 << 20):8.1f}"
    if "error" in row:
        return f"{start}  {row['error']}"
    return (f"{start} {row['load_ms']:8.0f} {row['peak'] / (1 << 20):9.1f} "
            f"{row['peak'] / row['weights']:7.2f} {row['difference']:12.1e}  {verdict(row)}")


def main():
    parser = argparse.ArgumentParser(prog="tools/check-applications")
    parser.add_argument("--swiftlet", required=True, metavar="PATH")
    parser.add_argument("--only", default="*", metavar="PATTERN", help="names, with * and ?")
    parser.add_argument("--era", type=int, default=3, choices=(2, 3), help="the Keras that writes")
    parser.add_argument("--json", metavar="FILE", help="write the figures here")
    options = parser.parse_args()
    if options.era == 3:
        import keras
    else:
        import tf_keras as keras
    chosen = [n for n in names(keras) if fnmatch.fnmatchcase(n, options.only)]
    if not chosen:
        sys.exit(f"error: no network matches {options.only!r}")
    print(f"{'network':20} {'file':7} {'MiB':>8} {'load ms':>8} {'peak MiB':>9} {'times':>7} "
          f"{'difference':>12}")
    context = multiprocessing.get_context("spawn")
    found = []
    for name in chosen:
        with ProcessPoolExecutor(1, context) as pool:  # a process each, so that memory comes back
            for row in pool.submit(rows, os.path.abspath(options.swiftlet), name,
                                   options.era).result():
                found.append(row)
                print(line(row), flush=True)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(found, file, indent=1)
    good = sum(verdict(r) == "ok" for r in found)
    print(f"check-applications: {good} of {len(found)} files load, agree within {TOLERANCE} and "
          f"stay within {MEMORY} times their weights (and {OWN_MEMORY >> 20} MiB)")
    if good < len(found):
        sys.exit(1)


if __name__ == "__main__":
    main()
