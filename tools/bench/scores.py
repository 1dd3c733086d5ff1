#!/usr/bin/env python3
"""Measures scores of image sets and of tables beside the libraries, in one run and on the same data.

usage: PYTHON tools/bench/scores.py --swiftlet .build/release/swiftlet [--count 5000] [--width 2048]
           [--only fid,kid,prdc,tables] [--rows 10000000]

PYTHON has numpy, scipy, torch, torch-fidelity, pytorch-fid and prdc; for tables scikit-learn
alone. Swiftlet's time is that of the whole
command, reading the files included; the libraries' that of the function alone. Only ratios say something.
"""

import argparse
import contextlib
import io
import json
import os
import pathlib
import resource
import subprocess
import tempfile
import time

import numpy as np


def seconds(function):
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        value = function()
    return time.perf_counter() - start, value


def row(what, time, value, own=None):
    ratio = f"{time / own:6.1f} x" if own else ""
    print(f"{what:36} {time:8.2f} s  {value:.8g}  {ratio}", flush=True)


def tables(swiftlet, rows):
    """A classification's report: everything that `swiftlet score` writes, beside the functions of
    scikit-learn that give the most usual part of it."""
    from sklearn import metrics as sk
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--swiftlet", required=True)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--width", type=int, default=2048)
    parser.add_argument("--only", default="fid,kid,prdc")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--slow", action="store_true", help="pytorch-fid's matrix root too")
    options = parser.parse_args()
    chosen = options.only.split(",")
    if "tables" in chosen:
        tables(options.swiftlet, options.rows)
        if len(chosen) == 1:
            return
    rng = np.random.default_rng(1)
    scales = np.exp(-np.arange(options.width) / options.width * 6)
    mixing = np.linalg.qr(rng.normal(size=(options.width, options.width)))[0]
    sets = [np.maximum((rng.normal(size=(options.count, options.width)) * scales * s) @ mixing + m, 0)
            .astype(np.float32) for s, m in ((1, 0.1), (1.1, 0.15))]

    with tempfile.TemporaryDirectory() as folder:
        for name, features in zip("rg", sets):
            np.savez(f"{folder}/{name}.npz", features=features)

        def swiftlet(metric):
            path = f"{folder}/s.json"
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            time_taken, _ = seconds(lambda: subprocess.run(
                [os.path.abspath(options.swiftlet), "score-images", "--real", f"{folder}/r.npz",
                 "--generated", f"{folder}/g.npz", "--metrics", metric, "--json", path, "--quiet"],
                check=True, stdout=subprocess.DEVNULL))
            memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            print(f"  (peak memory {max(before, memory) / 1024:.0f} MiB)")
            return time_taken, json.loads(pathlib.Path(path).read_text())["scores"]

        import torch
        tensors = [torch.tensor(x) for x in sets]
        if "fid" in chosen:
            from torch_fidelity import metric_fid
            own, scores = swiftlet("fid")
            row("swiftlet fid", own, scores["fid"])
            taken, value = seconds(lambda: metric_fid.fid_statistics_to_metric(
                *map(metric_fid.fid_features_to_statistics, tensors), False))
            row("torch-fidelity (eigenvalues)", taken, value["frechet_inception_distance"], own)
            if options.slow:
                from pytorch_fid.fid_score import calculate_frechet_distance
                taken, value = seconds(lambda: calculate_frechet_distance(
                    *[f(x) for x in sets for f in (lambda x: x.mean(0),
                                                   lambda x: np.cov(x, rowvar=False))]))
                row("pytorch-fid (matrix root)", taken, value, own)
        if "kid" in chosen:
            from torch_fidelity.metric_kid import kid_features_to_metric
            own, scores = swiftlet("kid")
            row("swiftlet kid, all and subsets", own, scores["kid_mean"])
            taken, value = seconds(lambda: kid_features_to_metric(
                tensors[1], tensors[0], verbose=False))
            row("torch-fidelity, subsets", taken, value["kernel_inception_distance_mean"], own)
        if "prdc" in chosen:
            from prdc import compute_prdc
            own, scores = swiftlet("prdc")
            row("swiftlet prdc", own, scores["density"])
            taken, value = seconds(lambda: compute_prdc(*sets, 5))
            row("prdc (scikit-learn)", taken, value["density"], own)


if __name__ == "__main__":
    main()
