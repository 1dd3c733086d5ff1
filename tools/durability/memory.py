"""Ever less memory: a command works, or ends with one line that says so."""

import os
import pathlib
import resource

from durability.jobs import JOBS

MIB = 1 << 20
STEPS = 24
# 16 million weights: 64 MB.
BIG = """
input: [28, 28, 1]
layers:
  - Flatten
  - Dense: {units: 4000, activation: relu}
  - Dense: {units: 3200, activation: relu}
  - Dense: {units: 10, activation: softmax}
loss: sparse_categorical_crossentropy
optimizer: adam
"""


def memory(bench):
    addresses(bench)
    memory_groups(bench)


def addresses(bench):
    """The limit of a process on its addresses (`ulimit -v`): allocations fail."""
    directory = bench.fresh()
    commands = {name: command for name, (command, _) in JOBS.items()}
    commands["inspect"] = "inspect model.keras --json"
    commands["large batch"] = "predict model.keras --input d.npz --output o.npz --batch-size 400"
    floor = least(bench, "--version", directory, 4 * MIB, 4096 * MIB)
    print(f"memory: the program itself needs {floor // MIB} MiB of addresses")
    for name, command in commands.items():
        enough = least(bench, command, directory, floor, 4096 * MIB)
        outcomes = []
        for step in range(STEPS):
            limit = floor + (enough - floor) * (STEPS - step) // STEPS
            status, _, errors = limited(bench, command, directory, limit)
            outcomes.append(status)
            where = f"memory: {name} with {limit / MIB:.1f} of {enough / MIB:.1f} MiB"
            if status == 0:
                continue
            if bench.check(status == 1, where, f"status {status}: {errors[:300]!r}"):
                bench.one_line(where, errors)
            bench.results.append("refused for want of memory")
        print(f"memory: {name}: {enough // MIB} MiB suffice; statuses {outcomes}", flush=True)


def limited(bench, command, directory, limit):
    def narrow():
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return bench.run(command, directory, preexec_fn=narrow)


def least(bench, command, directory, low, high):
    """The least limit, to a quarter of a MiB, at which a command works."""
    while high - low > MIB // 4:
        middle = (low + high) // 2
        if limited(bench, command, directory, middle)[0] == 0:
            high = middle
        else:
            low = middle
    return high


def memory_groups(bench):
    """A control group with little memory, as a container has: the system kills who takes more."""
    root = pathlib.Path("/sys/fs/cgroup/memory")
    name, limit_name = root / f"swiftlet-{os.getpid()}", "memory.limit_in_bytes"
    if not (root / limit_name).exists():
        root = pathlib.Path("/sys/fs/cgroup")
        name, limit_name = root / f"swiftlet-{os.getpid()}", "memory.max"
    try:
        name.mkdir()
        (name / limit_name).write_text(str(1 << 30))
    except OSError as error:
        print(f"memory: no control group can be made: {error}")
        return
    directory = bench.fresh()
    (directory / "big.yaml").write_text(BIG)
    commands = {"train": "train big.yaml --data d.npz --output big.keras --quiet",
                "predict": "predict big.keras --input d.npz --output o.npz",
                "convert": "convert big.keras big.h5"}
    try:
        for what, command in commands.items():
            outcomes = []
            for limit in [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]:
                (name / limit_name).write_text(str(limit * MIB))
                enter = lambda: (name / "cgroup.procs").write_text(str(os.getpid()))
                status, _, errors = bench.run(command, directory, preexec_fn=enter)
                outcomes.append(status)
                where = f"memory group: {what} with {limit} MiB"
                if status and bench.check(status == 1, where, f"status {status}: {errors[:300]!r}"):
                    # The standard limits follow the group's memory.
                    bench.one_line(where, errors, "limit" if "-bytes)" in errors else "memory")
                bench.results.append("in a group with too little memory" if status else
                                     "in a group with enough")
            print(f"memory group: {what}: statuses {outcomes}", flush=True)
    finally:
        name.rmdir()
