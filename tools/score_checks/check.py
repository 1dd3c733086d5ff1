"""Runs `swiftlet` on arrays and compares what it says."""

import json
import pathlib
import subprocess

import numpy as np


class Check:
    def __init__(self, swiftlet, folder):
        self.swiftlet, self.folder = swiftlet, folder
        self.values = self.cases = self.failures = 0
        self.worst = 0.0

    def run(self, y, p, task, *options, w=None, command="score"):
        arguments = [self.swiftlet, command]
        np.save(f"{self.folder}/y.npy", y)
        if command == "score":
            np.save(f"{self.folder}/p.npy", p)
            arguments += ["--predicted", f"{self.folder}/p.npy"]
        else:
            for name, values in zip("ab", p):
                np.save(f"{self.folder}/{name}.npy", values)
                arguments += [f"{self.folder}/{name}.npy"]
        arguments += ["--task", task, "--truth", f"{self.folder}/y.npy", "--json",
                      f"{self.folder}/s.json", *map(str, options)]
        if w is not None:
            np.save(f"{self.folder}/w.npy", w)
            arguments += ["--sample-weight", f"{self.folder}/w.npy"]
        done = subprocess.run(arguments, capture_output=True, text=True)
        if done.returncode != 0:
            return {"error": done.stderr.strip()}
        return json.loads(pathlib.Path(f"{self.folder}/s.json").read_text())

    def fail(self, what, detail):
        self.failures += 1
        print(f"BAD {what}: {detail}")

    def close(self, what, found, expected, relative, absolute=1e-12):
        """Numbers, null, or nested lists of them."""
        self.values += 1
        if isinstance(expected, list):
            if not isinstance(found, list) or len(found) != len(expected):
                self.fail(what, f"{found} for {expected}")
                return
            for i, (a, b) in enumerate(zip(found, expected)):
                self.close(f"{what}[{i}]", a, b, relative, absolute)
        elif expected is None or isinstance(expected, str) or found is None or isinstance(found, str):
            if found != expected:
                self.fail(what, f"{found} for {expected}")
        else:
            difference = abs(found - expected)
            if difference > absolute + relative * abs(expected):
                self.fail(what, f"{found!r} for {expected!r}")
            elif abs(expected) > absolute / max(relative, 1e-15):
                self.worst = max(self.worst, difference / abs(expected))

    def scores(self, what, found, expected, relative, exactly=True, absolute=1e-12):
        self.cases += 1
        if "error" in found:
            self.fail(what, found["error"])
            return
        found = found["scores"]
        if exactly and set(found) != set(expected):
            self.fail(what, f"names: {sorted(set(found) ^ set(expected))}")
        for name, value in expected.items():
            if name in found:
                self.close(f"{what}, {name}", found[name], value, relative, absolute)
