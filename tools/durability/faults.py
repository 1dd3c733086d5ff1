"""Disks that are full, folders that are read-only or go away, pipes that nobody reads."""

import os
import resource
import shutil
import subprocess
import time

from durability.jobs import JOBS, contents, strays

NOBODY = 65534
QUICK = [name for name in JOBS if not name.startswith("train")]


def faults(bench):
    full_disk(bench)
    small_files(bench)
    read_only(bench)
    wrong_places(bench)
    vanishing(bench)
    pipes(bench)
    two_writers(bench)


def refused(bench, where, directory, run, targets, before, *words, known=()):
    """The command ended with one line and left everything as it was."""
    status, _, errors = run
    bench.check(status == 1, where, f"status {status}: {errors!r}")
    bench.one_line(where, errors, *words)
    bench.check(contents(directory, targets) == before, where, "a target is no longer as it was")
    left = [name for name in strays(directory, known) if name.startswith(".swiftlet-")]
    bench.check(not left, where, f"left {left}")
    bench.results.append(where.split(":")[0])


def full_disk(bench):
    """Disks with ever more room: from none for a name to all but enough for the content."""
    disk = bench.folder / "disk"
    disk.mkdir()
    for name, (command, targets) in JOBS.items():
        whole = bench.fresh("whole")
        bench.must(command, whole)
        sizes = [(whole / target).stat().st_size for target in targets]
        rooms = sorted({4096, sizes[0] // 2, max(sizes[0] - 4096, 4096)})
        for room in rooms:
            size = max(room // 4096 * 4096, 4096)
            mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(disk)]
            if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
                print("full disk: no mount allowed; the limit of file sizes stands in for it")
                return
            try:
                directory = bench.fresh()
                on_disk = command
                for target in targets:
                    on_disk = on_disk.replace(f" {target}", f" {disk}/{target}")
                run = bench.run(on_disk, directory)
                where = f"full disk: {name} with room for {size}"
                if run[0] == 0:
                    bench.check(sum(sizes) <= size, where, "no error")
                    continue
                status, _, errors = run
                bench.check(status == 1, where, f"status {status}: {errors!r}")
                bench.one_line(where, errors, "No space left on device")
                left = [x for x in os.listdir(disk) if x.startswith(".swiftlet-")]
                bench.check(not left, where, f"left {left}")
                for target in os.listdir(disk):
                    if target in targets:
                        same = (disk / target).read_bytes() == (whole / target).read_bytes()
                        bench.check(same or target in ("c.h5", "l.csv"), where, f"{target} is torn")
                bench.results.append("full disk")
            finally:
                subprocess.run(["umount", str(disk)], check=True)


def small_files(bench):
    """The limit of a process on the size of its files, with an old file in the target's place."""
    for name in QUICK:
        command, targets = JOBS[name]
        directory = bench.fresh()
        before = {target: b"old" for target in targets}
        for target in targets:
            (directory / target).write_bytes(b"old")
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
        run = bench.run(command, directory, preexec_fn=limit)
        refused(bench, f"file too large: {name}", directory, run, targets, before,
                "File too large")


def read_only(bench):
    for name, (command, targets) in JOBS.items():
        directory = bench.fresh()
        for path in [bench.folder, directory, *directory.iterdir()]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        before = {target: b"old" for target in targets}
        for target in targets:
            (directory / target).write_bytes(b"old")
        directory.chmod(0o555)
        more = {} if os.geteuid() else {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        begin = time.monotonic()
        run = bench.run(command, directory, **more)
        where = f"read-only folder: {name}"
        refused(bench, where, directory, run, targets, before, targets[0], "Permission denied")
        bench.check(time.monotonic() - begin < 2, where, "found out only after the work")
        directory.chmod(0o755)


def wrong_places(bench):
    directory = bench.fresh()
    (directory / "file").write_text("x")
    (directory / "dir.npz").mkdir()
    (directory / "loop.npz").symlink_to("loop.npz")
    (directory / "dangling.npz").symlink_to("none/x.npz")
    os.mkfifo(directory / "pipe.npz")
    for target, words in [("none/o.npz", "No such file or directory"), ("dir.npz", "Is a directory"),
                          ("file/o.npz", ""), ("pipe.npz", "not a regular file"),
                          ("x" * 300 + ".npz", "File name too long")]:
        run = bench.run(f"predict model.keras --input d.npz --output {target}", directory)
        refused(bench, f"wrong place: {target[:12]}", directory, run, [], {}, target[:80], words)
    for target in ["loop.npz", "dangling.npz"]:
        status, _, errors = bench.run(f"predict model.keras --input d.npz --output {target}", directory)
        bench.check(status in (0, 1), f"wrong place: {target}", f"status {status}: {errors!r}")


def vanishing(bench):
    """The folder of the results goes away while the work is done."""
    directory = bench.fresh()
    folder = directory / "results"
    for name in ["train .keras", "train .h5", "train resumed"]:
        command = JOBS[name][0].replace("--epochs 3", "--epochs 200")
        for target in JOBS[name][1]:
            command = command.replace(f" {target}", f" results/{target}")
        folder.mkdir()
        process = bench.start(command, directory)
        time.sleep(0.5)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        if name == "train .keras":
            process.terminate()  # It notices when it saves.
        errors = process.communicate(timeout=60)[1]
        where = f"vanishing folder: {name}"
        bench.check(process.returncode == 1, where, f"status {process.returncode}")
        bench.one_line(where, errors.splitlines()[-1] if errors else "", "results/",
                       "No such file or directory")
        bench.results.append("vanishing folder")


def pipes(bench):
    directory = bench.fresh()
    for command in ["--help", "inspect model.keras", "inspect model.keras --json",
                    JOBS["evaluate"][0], JOBS["predict .npz"][0], JOBS["train .keras"][0]]:
        where = f"nobody reads: {command[:22]}"
        read, write = os.pipe()
        os.close(read)
        status, _, errors = bench.run(command, directory, stdout=write)
        os.close(write)
        bench.check(status == 141, where, f"status {status}")
        bench.check(not errors or "train" in command and "error" not in errors, where, errors)
        status, _, errors = bench.run(command, directory, preexec_fn=lambda: os.close(1))
        bench.check(status == 141, where + " (closed)", f"status {status}")
        # Nobody reads what is said of the work: it is done all the same.
        read, write = os.pipe()
        os.close(read)
        status, output, _ = bench.run(command, directory, stderr=write)
        os.close(write)
        bench.check(status == 0 and output, where + " (errors)", f"status {status}")
        status, output, _ = bench.run(command, directory, preexec_fn=lambda: os.close(2))
        bench.check(status == 0 and output, where + " (errors closed)", f"status {status}")
        closed = lambda: [os.close(stream) for stream in (0, 1, 2)]
        status, _, _ = bench.run(command, directory, preexec_fn=closed)
        bench.check(status == 141, where + " (all closed)", f"status {status}")
        bench.results.append("nobody reads")
    bench.must("inspect model.keras", directory)
    known = set(os.listdir(bench.inputs)) | {"o.npz", "s.json", "r.html", "o.keras", "h.json"}
    bench.check(not strays(directory, known), "nobody reads", f"left {strays(directory, known)}")
    with open("/dev/full", "w") as full:
        status, _, errors = bench.run("inspect model.keras", directory, stdout=full)
    bench.check(status == 1, "full output", f"status {status}")
    bench.one_line("full output", errors, "standard output", "No space left on device")


def two_writers(bench):
    """The second of two is refused at once; after the first has ended, however, it is not."""
    directory = bench.fresh()
    command = JOBS["train .keras"][0].replace("--epochs 3", "--epochs 1000")
    first = bench.start(command, directory)
    time.sleep(1)
    for other in [JOBS["train .keras"][0], JOBS["convert .keras"][0]]:
        run = bench.run(other, directory)
        refused(bench, f"two writers: {other[:8]}", directory, run, ["o.keras"],
                {"o.keras": None}, "o.keras", "in use by another process",
                known=os.listdir(directory))
    first.kill()
    first.communicate()
    bench.must(JOBS["convert .keras"][0], directory)
    left = strays(directory, set(os.listdir(bench.inputs)) | {"o.keras"})
    bench.check(not left, "two writers", f"left {left}")
    # Both at once, again and again: one of them or both, and a whole file.
    for _ in range(10):
        both = [bench.start(JOBS["convert .h5"][0], directory) for _ in range(2)]
        statuses = sorted((process.communicate(), process.returncode)[1] for process in both)
        bench.check(statuses in ([0, 0], [0, 1]), "two writers", f"statuses {statuses}")
        bench.results.append(f"two at once: {statuses}")
    left = strays(directory, set(os.listdir(bench.inputs)) | {"o.keras", "o.h5"})
    bench.check(not left, "two writers", f"left {left}")
