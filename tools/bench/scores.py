#!/usr/bin/env python3
"""Measures scores of image sets beside the libraries, in one run and on the same features.

usage: PYTHON tools/bench/scores.py --swiftlet .build/release/swiftlet [--count 5000] [--width 2048]
           [--only fid,kid,prdc]

PYTHON has numpy, scipy, torch, torch-fidelity, pytorch-fid and prdc. Swiftlet's time is that of the whole
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--swiftlet", required=True)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--width", type=int, default=2048)
    parser.add_argument("--only", default="fid,kid,prdc")
    parser.add_argument("--slow", action="store_true", help="pytorch-fid's matrix root too")
    options = parser.parse_args()
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
        chosen = options.only.split(",")
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
