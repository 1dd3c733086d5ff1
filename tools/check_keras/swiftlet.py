"""The command line of Swiftlet, as Python sees it."""

import json
import subprocess

import numpy as np


class Refused(Exception):
    """The command failed; the text is what it said."""


class Swiftlet:
    def __init__(self, path, timeout=300):
        self.path = path
        self.timeout = timeout

    def run(self, *arguments):
        command = [self.path] + [str(a) for a in arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=self.timeout)
        except subprocess.TimeoutExpired:
            raise Refused(f"no answer in {self.timeout} s") from None
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["nothing said"])[-1]
            raise Refused(f"status {done.returncode}: {said[:400]}")
        return done

    def predict(self, model, arrays, folder, weights=None):
        """Outputs of a model file for input arrays in order."""
        source, result = f"{folder}/in.npz", f"{folder}/out.npz"
        np.savez(source, **{f"input_{i}": a for i, a in enumerate(arrays)})
        more = ["--weights", weights] if weights else []
        self.run("predict", model, *more, "--input", source, "--output", result)
        with np.load(result) as outputs:
            return [outputs[f"output_{i}"] for i in range(len(outputs.files))]

    def convert(self, source, target, *more):
        self.run("convert", source, target, *more)

    def train(self, model, inputs, targets, folder, epochs, batch_size, output):
        """The history of a training without shuffling."""
        data, history = f"{folder}/train.npz", f"{folder}/history.json"
        arrays = {f"x_{i}": a for i, a in enumerate(inputs)} if len(inputs) > 1 \
            else {"x": inputs[0]}
        arrays |= {f"y_{i}": a for i, a in enumerate(targets)} if len(targets) > 1 \
            else {"y": targets[0]}
        np.savez(data, **arrays)
        self.run("train", model, "--data", data, "--epochs", epochs, "--batch-size", batch_size,
                 "--no-shuffle", "--output", output, "--history", history)
        with open(history) as file:
            return json.load(file)["history"]
