#!/usr/bin/env python3
"""Measures steps of training beside Keras (TensorFlow, graph mode) and PyTorch, all on the same CPUs in one run.

usage: KERAS_PYTHON tools/bench/training.py --swiftlet .build/release/swiftlet [--torch-python PYTHON]
           [--models lenet,mlp,lstm,resnet20] [--threads 2] [--rounds 3] [--json FILE]

KERAS_PYTHON has TensorFlow and Keras; the other Python, where given, torch. Every peer is a process of its own that
trains the same network on the same arrays, one epoch unmeasured and then some that are timed, as its users would:
Keras by `fit`, PyTorch by the usual loop, in the memory format that is faster for it. The peers take turns over all
rounds, and each is given its best round. Peak memory is that of the whole process.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

EPOCHS = 5
# name: (batch size, steps per epoch, shape of a sample)
MODELS = {
    "lenet": (64, 60, (28, 28, 1)),
    "mlp": (128, 100, (784,)),
    "lstm": (32, 12, (100, 64)),
    "resnet20": (32, 10, (32, 32, 3)),
}


# ------------------------------------------------------------------ the peers, each in a process of its own


def keras_model(name):
    import keras
    from keras import layers

    def residual(x, filters, stride):
        y = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(x)
        y = layers.ReLU()(layers.BatchNormalization()(y))
        y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
        y = layers.BatchNormalization()(y)
        if stride != 1 or x.shape[-1] != filters:
            x = layers.Conv2D(filters, 1, strides=stride, use_bias=False)(x)
            x = layers.BatchNormalization()(x)
        return layers.ReLU()(layers.add([x, y]))

    keras.utils.set_random_seed(1)
    inputs = keras.Input(MODELS[name][2])
    x, optimizer = inputs, "adam"
    if name == "lenet":
        x = layers.Conv2D(6, 5, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
        x = layers.Conv2D(16, 5, activation="relu")(x)
        x = layers.Flatten()(layers.MaxPooling2D(2)(x))
        x = layers.Dense(120, activation="relu")(x)
        x = layers.Dense(84, activation="relu")(x)
    elif name == "mlp":
        x = layers.Dense(512, activation="relu")(x)
        x = layers.Dense(512, activation="relu")(x)
    elif name == "lstm":
        x = layers.LSTM(128)(x)
    else:
        optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
        x = layers.Conv2D(16, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        for filters in (16, 32, 64):
            for block in range(3):
                x = residual(x, filters, 2 if block == 0 and filters > 16 else 1)
        x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x), name=name)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model


def run_keras(name, threads, data):
    import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    batch, steps, _ = MODELS[name]
    model = keras_model(name)

    def epoch():
        start = time.perf_counter()
        model.fit(data["x"], data["y"], batch_size=batch, epochs=1, verbose=0)
        return (time.perf_counter() - start) / steps
    epoch()
    return min(epoch() for _ in range(EPOCHS))


def torch_model(name):
    import torch
    from torch import nn

    class Residual(nn.Module):
        def __init__(self, before, filters, stride):
            super().__init__()
            self.main = nn.Sequential(
                nn.Conv2d(before, filters, 3, stride, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(),
                nn.Conv2d(filters, filters, 3, 1, 1, bias=False), nn.BatchNorm2d(filters))
            self.short = nn.Identity() if stride == 1 and before == filters else nn.Sequential(
                nn.Conv2d(before, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

        def forward(self, x):
            return torch.relu(self.main(x) + self.short(x))

    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.head = nn.LSTM(64, 128, batch_first=True), nn.Linear(128, 10)

        def forward(self, x):
            return self.head(self.lstm(x)[0][:, -1])

    torch.manual_seed(1)
    if name == "lenet":
        return nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
            nn.Linear(84, 10))
    if name == "mlp":
        return nn.Sequential(
            nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
    if name == "lstm":
        return Last()
    blocks = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    before = 16
    for filters in (16, 32, 64):
        for block in range(3):
            blocks.append(Residual(before, filters, 2 if block == 0 and filters > 16 else 1))
            before = filters
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def run_torch(name, threads, data, channels_last):
    import torch
    torch.set_num_threads(threads)
    batch, steps, shape = MODELS[name]
    model = torch_model(name)
    optimizer = (torch.optim.SGD(model.parameters(), 0.1, momentum=0.9) if name == "resnet20"
                 else torch.optim.Adam(model.parameters()))
    x, y = torch.from_numpy(data["x"]), torch.from_numpy(data["y"]).long()
    if len(shape) == 3:
        x = x.permute(0, 3, 1, 2)
        if channels_last:
            x, model = x.contiguous(memory_format=torch.channels_last), model.to(
                memory_format=torch.channels_last)
        else:
            x = x.contiguous()
    entropy = torch.nn.CrossEntropyLoss()

    def epoch():
        start = time.perf_counter()
        order = torch.randperm(len(x))
        for step in range(steps):
            rows = order[step * batch:(step + 1) * batch]
            optimizer.zero_grad()
            entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        return (time.perf_counter() - start) / steps
    epoch()
    return min(epoch() for _ in range(EPOCHS))


def child(arguments):
    """One measurement; its seconds per step on the last line."""
    import numpy as np
    peer, name, threads, folder = arguments
    if peer == "prepare":
        return prepare(name, folder)
    data = np.load(f"{folder}/{name}.npz")
    data = {"x": data["x"], "y": data["y"]}
    if peer == "keras":
        seconds = run_keras(name, int(threads), data)
    else:
        seconds = run_torch(name, int(threads), data, peer == "torch-channels-last")
    print(seconds)


# ------------------------------------------------------------------ the comparison


def prepare(name, folder):
    import numpy as np
    batch, steps, shape = MODELS[name]
    rng = np.random.default_rng(1)
    np.savez(f"{folder}/{name}.npz", x=rng.random((batch * steps, *shape), np.float32),
             y=rng.integers(0, 10, batch * steps).astype(np.int32))
    keras_model(name).save(f"{folder}/{name}.keras")


def measured(command, threads):
    """Seconds per step on the last line of output, and the peak memory in MiB."""
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        sys.exit(f"error: {' '.join(command)} failed")
    return output, usage.ru_maxrss / 1024


def measure(peer, name, options, folder):
    if peer == "swiftlet":
        report = f"{folder}/swiftlet.json"
        _, memory = measured(
            [options.swiftlet, "bench", f"{folder}/{name}.keras", "--training", f"{folder}/{name}.npz", "--batch-size",
             str(MODELS[name][0]), "--threads", str(options.threads), "--repeats", str(EPOCHS), "--json", report],
            options.threads)
        return json.loads(pathlib.Path(report).read_text())["min_ms"], memory
    python = options.torch_python if peer.startswith("torch") else sys.executable
    output, memory = measured([python, __file__, "--child", peer, name, str(options.threads), folder], options.threads)
    return float(output.split()[-1]) * 1000, memory


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--swiftlet", required=True)
    parser.add_argument("--torch-python")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    peers = ["swiftlet", "keras"] + (["torch", "torch-channels-last"] if options.torch_python else [])
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'':10}{'peer':22}{'ms a step':>10}{'steps/s':>10}{'MiB':>8}{'x swiftlet':>12}")
        for name in options.models.split(","):
            # Elsewhere: a child's peak memory begins with that of its parent.
            measured([sys.executable, __file__, "--child", "prepare", name, "0", folder], options.threads)
            best = {}
            for _ in range(options.rounds):
                for peer in peers:
                    if peer == "torch-channels-last" and len(MODELS[name][2]) != 3:
                        continue
                    found = measure(peer, name, options, folder)
                    best[peer] = tuple(min(pair) for pair in zip(best.get(peer, found), found))
            for peer, (taken, memory) in best.items():
                ratio = taken / best["swiftlet"][0]
                print(f"{name:10}{peer:22}{taken:10.2f}{1000 / taken:10.1f}{memory:8.0f}{ratio:12.2f}", flush=True)
            result[name] = {peer: {"ms": taken, "mib": memory} for peer, (taken, memory) in best.items()}
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    child(sys.argv[2:]) if sys.argv[1:2] == ["--child"] else main()
