#!/usr/bin/env python3
"""Measures the scores of a large classification beside scikit-learn, in one run and on the same data.

usage: PYTHON tools/bench/tables.py --swiftlet .build/release/swiftlet [--rows 10000000]

PYTHON has numpy and scikit-learn. Swiftlet's time is that of the whole command, reading the files and writing
the JSON included; scikit-learn's that of the functions alone. Only ratios say something.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

import numpy as np
from sklearn import metrics as sk


def seconds(function):
    start = time.perf_counter()
    value = function()
    return time.perf_counter() - start, value


def row(what, time, value, own=None):
    ratio = f"{time / own:6.1f} x" if own else ""
    print(f"{what:36} {time:8.2f} s  {value:.8g}  {ratio}", flush=True)


def tables(swiftlet, rows):
    """A classification's report: everything that `swiftlet score` writes, beside the functions of
    scikit-learn that give the most usual part of it."""
    rng = np.random.default_rng(1)

    def score(folder, y, p, *options):
        np.save(f"{folder}/y.npy", y)
        np.save(f"{folder}/p.npy", p)
        taken, _ = seconds(lambda: subprocess.run(
            [os.path.abspath(swiftlet), "score", "--task", "classification", "--truth",
             f"{folder}/y.npy", "--predicted", f"{folder}/p.npy", "--json", f"{folder}/s.json",
             *options], check=True, stdout=subprocess.DEVNULL))
        return taken, json.loads(pathlib.Path(f"{folder}/s.json").read_text())["scores"]

    with tempfile.TemporaryDirectory() as folder:
        y = rng.integers(0, 2, rows)
        p = np.clip(rng.random(rows) * 0.7 + 0.3 * y, 0, 1).astype(np.float32)
        print(f"binary, {rows:,} rows, probabilities")
        own, scores = score(folder, y, p)
        row("swiftlet, with intervals", own, scores["roc_auc"])
        bare, scores = score(folder, y, p, "--no-intervals")
        row("swiftlet, without", bare, scores["roc_auc"])

        def reference():
            d = (p > 0.5).astype(int)
            sk.classification_report(y, d, output_dict=True)
            sk.confusion_matrix(y, d)
            sk.roc_curve(y, p)
            sk.average_precision_score(y, p)
            sk.log_loss(y, p)
            sk.brier_score_loss(y, p)
            return sk.roc_auc_score(y, p)
        taken, value = seconds(reference)
        row("scikit-learn, without intervals", taken, value, own)

        y = rng.integers(0, 10, rows)
        d = np.where(rng.random(rows) < 0.7, y, rng.integers(0, 10, rows))
        print(f"10 classes, {rows:,} rows, decided")
        own, scores = score(folder, y, d)
        row("swiftlet, with intervals", own, scores["f1_macro"])

        def reference():
            sk.confusion_matrix(y, d)
            return sk.classification_report(y, d, output_dict=True)["macro avg"]["f1-score"]
        taken, value = seconds(reference)
        row("scikit-learn, without intervals", taken, value, own)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--swiftlet", required=True)
    parser.add_argument("--rows", type=int, default=10_000_000)
    options = parser.parse_args()
    tables(options.swiftlet, options.rows)
