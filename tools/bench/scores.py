#!/usr/bin/env python3
"""Measures scores of images beside the libraries, in one run and on the same features and pixels.

usage: PYTHON tools/bench/scores.py --swiftlet .build/release/swiftlet [--count 5000] [--width 2048]
           [--only fid,kid,prdc,pairs,memory]

PYTHON has numpy, scipy, torch, torch-fidelity, pytorch-fid, prdc, scikit-learn and scikit-image. Swiftlet's time is that of the whole
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


def image_pairs(binary, folder, names, count, side=1024):
    """PSNR and SSIM of megapixels of colour; both read the same two files first."""
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity
    rng = np.random.default_rng(2)
    y, x = np.mgrid[0:side, 0:side]
    base = np.stack([np.sin(x / 17), np.cos(y / 23), np.sin((x + y) / 31)], -1) * 90 + 128
    first = np.stack([np.clip(base + rng.normal(0, 20, base.shape), 0, 255) for _ in range(count)])
    second = np.clip(first + rng.normal(0, 10, first.shape), 0, 255).astype(np.uint8)
    first = first.astype(np.uint8)
    np.savez(f"{folder}/a.npz", images=first)
    np.savez(f"{folder}/b.npz", images=second)

    def swiftlet(metric, *more):
        command = [binary, "score-images", "--paired", "--reference", f"{folder}/a.npz",
                   "--candidate", f"{folder}/b.npz", "--metrics", metric, "--json",
                   f"{folder}/s.json", "--quiet", *more]
        taken = min(seconds(lambda: subprocess.run(command, check=True,
                                                   stdout=subprocess.DEVNULL))[0] for _ in range(3))
        return taken / count, json.loads(pathlib.Path(f"{folder}/s.json").read_text())["scores"]

    def library(function):
        taken, values = seconds(lambda: [
            function(a, b) for a, b in zip(*(np.load(f"{folder}/{n}.npz")["images"] for n in "ab"))])
        return taken / count, float(np.mean(values))

    gaussian = dict(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255,
                    channel_axis=-1)
    for name, metric, more, function in (
        ("psnr", "psnr", [], lambda a, b: peak_signal_noise_ratio(a, b, data_range=255)),
        ("ssim", "ssim", [], lambda a, b: structural_similarity(a, b, **gaussian)),
        ("ssim, 7 x 7", "ssim", ["--as", "scikit-image"],
         lambda a, b: structural_similarity(a, b, data_range=255, channel_axis=-1)),
    ):
        if name not in names:
            continue
        own, scores = swiftlet(metric, *more)
        row(f"swiftlet {name}, a megapixel", own, scores[metric])
        taken, value = library(function)
        row("scikit-image", taken, value, own)


def memory(binary, folder, width):
    """The peak of `features --statistics` for few and for many images."""
    rng = np.random.default_rng(3)
    for count in (2000, 20000):
        np.savez(f"{folder}/images.npz", images=rng.integers(0, 256, (count, 8, 8, 1), np.uint8))
        script = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, "
                  "stdout=subprocess.DEVNULL); "
                  "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)")
        found = subprocess.run(
            ["python3", "-c", script, binary, "features", f"{folder}/images.npz", "--features", "digits",
             "--layer", "dense", "--statistics", "--output", f"{folder}/o.npz", "--quiet"],
            check=True, capture_output=True, text=True).stdout
        print(f"statistics of {count} images: peak memory {float(found):.0f} MiB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--swiftlet", required=True)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--width", type=int, default=2048)
    parser.add_argument("--only", default="fid,kid,prdc,pairs,memory")
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

        chosen = options.only.split(",")
        binary = os.path.abspath(options.swiftlet)
        if "pairs" in chosen:
            image_pairs(binary, folder, ["psnr"], 24)
            image_pairs(binary, folder, ["ssim", "ssim, 7 x 7"], 6)
        if "memory" in chosen:
            memory(binary, folder, options.width)
        if not {"fid", "kid", "prdc"} & set(chosen):
            return
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
            from sklearn.metrics import pairwise_distances
            taken, value = seconds(lambda: float(pairwise_distances(*sets).mean()))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            row("one of its three distance matrices", taken, value, own)
            print(f"  (peak memory {peak:.0f} MiB)")


if __name__ == "__main__":
    main()
