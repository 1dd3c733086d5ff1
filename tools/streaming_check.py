"""Memory and throughput of predictions from files larger than what is in hand; see check-streaming.

Resident memory is looked at all the time. It is flat if it is no higher, but for a fixed number of MiB,
in the second half of a run than in the quarter before, and for all rows than for a tenth of them.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

import h5py
import numpy as np

# Pages of mapped files are given back every 16 MiB, and there are up to two of these; allocators round.
SLACK_MIB = 48


def parse():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--swiftlet", default=str(root / ".build/release/swiftlet"))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", help="where the figures go")
    return parser.parse_args()


def models(folder):
    import keras

    mlp = keras.Sequential([keras.Input((20,)), keras.layers.Dense(32, activation="relu"),
                            keras.layers.Dense(10, activation="softmax")])
    mlp.save(folder / "mlp.keras")
    cnn = keras.Sequential([
        keras.Input((32, 32, 3)), keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(32, 3, activation="relu"), keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(10, activation="softmax")])
    cnn.save(folder / "cnn.keras")


def tables(folder, rows):
    """The same rows deflated, plain, in chunks and as text; a block at a time."""
    random = np.random.default_rng(1)
    block = 50_000
    with h5py.File(folder / "x.h5", "w") as plain, h5py.File(folder / "chunked.h5", "w") as chunked, \
            open(folder / "x.csv", "w") as text:
        a = plain.create_dataset("x", (rows, 20), "f4")
        b = chunked.create_dataset("x", (rows, 20), "f4", chunks=(1000, 20), compression=1)
        for start in range(0, rows, block):
            x = random.integers(-999, 999, (min(block, rows - start), 20)).astype("f4") / 256
            a[start:start + len(x)] = x
            b[start:start + len(x)] = x
            np.savetxt(text, x, fmt="%.5g", delimiter=",")
    with h5py.File(folder / "x.h5") as plain:
        np.save(folder / "x.npy", plain["x"][:])
    for name, method in [("stored.npz", zipfile.ZIP_STORED), ("deflated.npz", zipfile.ZIP_DEFLATED)]:
        with zipfile.ZipFile(folder / name, "w", method, compresslevel=1) as archive:
            archive.write(folder / "x.npy", "x.npy")
    os.remove(folder / "x.npy")


def pictures(folder, count):
    """Half PNG, half JPEG, of 200 different ones under as many names as are wanted."""
    from PIL import Image

    random = np.random.default_rng(2)
    kinds = []
    for number in range(200):
        small = random.integers(0, 255, (4, 4, 3), dtype=np.uint8)
        picture = Image.fromarray(small).resize((32, 32), Image.BILINEAR)
        suffix = "png" if number % 2 else "jpg"
        path = folder / f"kind{number}.{suffix}"
        picture.save(path)
        kinds.append((path, suffix))
    out = folder / "pictures"
    out.mkdir()
    for number in range(count):
        path, suffix = kinds[number % len(kinds)]
        shutil.copyfile(path, out / f"{number:06}.{suffix}")


def resident(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return None


def run(command):
    """Peak MiB before the middle and behind it, and seconds."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    samples = []
    while process.poll() is None:
        size = resident(process.pid)
        if size:
            samples.append(size)
        time.sleep(0.005)
    seconds = time.monotonic() - start
    errors = process.stderr.read()
    if process.returncode:
        sys.exit(f"error: {' '.join(command)}: {errors}")
    half = len(samples) // 2
    # From a quarter on everything is at work.
    early = max(samples[half // 2:half] or samples)
    late = max(samples[half:] or samples)
    return early, late, max(samples), seconds, (errors.strip().splitlines() or [""])[-1]


def main():
    options = parse()
    results = []
    failures = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        folder = pathlib.Path(folder)
        small = folder / "tenth"
        small.mkdir()
        models(folder)
        tables(folder, options.rows)
        tables(small, options.rows // 10)
        pictures(folder, options.pictures)
        pictures(small, options.pictures // 10)
        cases = [("mlp", name, out) for name, out in [
            ("stored.npz", "o.npz"), ("deflated.npz", "o.h5"), ("x.h5", "o.npz"),
            ("chunked.h5", "o.h5"), ("x.csv", "o.csv"), ("x.csv", "o.h5")]]
        cases.append(("cnn", "pictures", "o.npz"))
        print(f"{'input':>14} {'output':>7} {'rows':>9} {'MiB a tenth':>12} {'MiB':>7} {'first half':>11} "
              f"{'second':>7} {'s':>6} {'rows/s':>9}")
        for model, name, out in cases:
            def command(place):
                return [options.swiftlet, "predict", str(folder / f"{model}.keras"), "--input",
                        str(place / name), "--output", str(folder / out), "--threads",
                        str(options.threads), "--batch-size", "64"]
            _, _, tenth, _, _ = run(command(small))
            early, late, peak, seconds, note = run(command(folder))
            rows = options.pictures if name == "pictures" else options.rows
            print(f"{name:>14} {out:>7} {rows:>9} {tenth:>12.1f} {peak:>7.1f} {early:>11.1f} {late:>7.1f} "
                  f"{seconds:>6.1f} {rows / seconds:>9.0f}   {note}")
            results.append({"input": name, "output": out, "rows": rows, "peak_mib": peak,
                            "peak_of_a_tenth_mib": tenth, "first_half_mib": early,
                            "second_half_mib": late, "seconds": seconds, "note": note})
            if late > early + SLACK_MIB or peak > tenth + SLACK_MIB + 16:
                failures.append(f"{name} to {out}: {tenth:.0f} MiB for a tenth, {early:.0f}, then {late:.0f}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1) + "\n")
    if failures:
        sys.exit("error: memory grows: " + "; ".join(failures))
    print("memory is flat")


if __name__ == "__main__":
    main()
