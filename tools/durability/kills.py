"""Processes that end at random moments, half of them while a file is being written."""

import os
import random
import signal
import time

from durability.jobs import JOBS, STATES, contents, opens, strays

SIGNALS = [signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM]


class Job:
    """A command whose results are known: those of one that was left alone."""

    def __init__(self, bench, name):
        self.bench, self.name = bench, name
        self.command, self.targets = JOBS[name]
        self.states = STATES.get(name, set())
        directory = bench.fresh("whole")
        # A job of features keeps its state; a training that came to its end does not.
        kept = self.states if name == "features" else set()
        self.known = set(os.listdir(directory)) | set(self.targets) | kept
        begin = time.monotonic()
        bench.must(self.command, directory)
        self.duration = time.monotonic() - begin
        self.new = contents(directory, self.targets)
        bench.check(not strays(directory, self.known), name, "stray files after a whole run")
        for target in self.targets:
            bench.check(opens(directory / target, bench), name, f"{target} does not open")
        bench.must(self.command, directory)
        bench.check(contents(directory, self.targets) == self.new, name, "not the same bytes twice")
        self.old = {target: b"old " * 1000 for target in self.targets}

    def kill(self, number, source):
        """One run that is killed, the check of what it left, and the next run."""
        bench, where = self.bench, f"{self.name} #{number}"
        directory = bench.fresh()
        # Half of the runs replace a file, the others make one.
        before = self.old if source.random() < 0.5 else {target: None for target in self.targets}
        for target, content in before.items():
            if content is not None:
                (directory / target).write_bytes(content)
        which = source.choice(SIGNALS)
        process = bench.start(self.command, directory)
        if source.random() < 0.5:
            await_writing(process, directory)
            time.sleep(source.random() * 0.01)
        else:
            time.sleep(source.random() * self.duration)
        process.send_signal(which)
        _, errors = process.communicate()
        ended = self.status(where, process.returncode, which, errors)
        found = contents(directory, self.targets)
        torn = [target for target in self.targets
                if found[target] not in (before[target], self.new[target])
                and not self.is_whole(directory / target, which)]
        bench.check(not torn, where, f"{which.name}: torn {torn}")
        left = strays(directory, self.known | self.states)
        if which != signal.SIGKILL:
            bench.check(not left, where, f"{which.name}: left {left}")
        status, _, errors = bench.run(self.command, directory)
        bench.check(status == 0, where, f"the next run: {errors!r}")
        same = contents(directory, self.targets) == self.new
        bench.check(same, where, f"{which.name}: the next run gives other files")
        left = strays(directory, self.known)
        bench.check(not left, where, f"{which.name}: after the next run {left}")
        count = sum(found[target] == self.new[target] for target in self.targets)
        what = "new" if count == len(self.targets) else "old" if count == 0 else "some new"
        bench.results.append(f"{which.name} {ended}, {what}")

    def is_whole(self, path, which):
        """Whether a file that is neither the old nor the last one is one of those between."""
        if path.name == "l.csv":
            rows = path.read_bytes()
            return rows.endswith(b"\n") and self.new["l.csv"].startswith(rows)
        # A checkpoint is of an earlier epoch; a training that is asked to end saves what it has.
        is_early = path.name == "c.h5" or which != signal.SIGKILL and "train" in self.name
        return is_early and path.exists() and opens(path, self.bench)

    def status(self, where, status, which, errors):
        if status == 0:
            return "came too late"
        if which == signal.SIGKILL:
            self.bench.check(status == -which, where, f"status {status}")
            return "killed"
        # A training ends as after Ctrl-C; a signal before the command takes it over just ends it.
        allowed = {128 + which, 128 + signal.SIGINT if "train" in self.name else 128 + which, -which}
        self.bench.check(status in allowed, where, f"{which.name}: status {status}: {errors!r}")
        if status == 128 + which and "warning: interrupted" not in errors:
            self.bench.one_line(where, "\n".join(
                line for line in errors.splitlines() if line.startswith("error")), "interrupted")
        return "ended"


def await_writing(process, directory):
    """Until a file is being written (claims of files stay empty) or the process has ended."""
    while process.poll() is None:
        for entry in os.scandir(directory):
            try:
                if entry.name.startswith(".swiftlet-") and entry.stat().st_size > 0:
                    return
            except FileNotFoundError:
                pass


def kills(bench, count, seed):
    source = random.Random(seed)
    jobs = [Job(bench, name) for name in JOBS]
    for number in range(count):
        jobs[number % len(jobs)].kill(number, source)
        if (number + 1) % 50 == 0:
            print(f"{number + 1} kills, {len(bench.failures)} failures", flush=True)
