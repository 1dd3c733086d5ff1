"""Proves that Swiftlet and real Keras agree: files both ways, predictions, training, optimizer state.

usage: tools/check-keras [--quick] [--only PATTERN] [--list] [--coverage] [--swiftlet PATH]
                         [--json FILE]
"""

import argparse
import dataclasses
import fnmatch
import json
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

from . import compatibility, coverage, deep, element_types, operations, training, weights, worker
from .results import FAILED, OK, Table, marked

QUICK_EVERY = 4  # --quick takes each fourth layer case, and all models


def all_jobs(quick):
    """(section, name, argument), the slow ones first."""
    yield from deep.jobs()
    yield from training.jobs(quick)
    yield from element_types.jobs()
    yield from weights.jobs()
    for index, job in enumerate(operations.jobs()):
        if not quick or index % QUICK_EVERY == 0:
            yield job
    for index, job in enumerate(compatibility.jobs()):
        if not quick or job[0] == "whole models" or index % QUICK_EVERY == 0:
            yield job


def chosen(jobs, pattern):
    """Jobs whose "section/name" has the pattern in it (or matches it, with * and ?)."""
    wanted = (pattern or "").lower()
    for section, name, argument in jobs:
        text = f"{section}/{name}".lower()
        if wanted in text or fnmatch.fnmatchcase(text, wanted):
            yield section, name, argument


def parse():
    parser = argparse.ArgumentParser(prog="tools/check-keras", description=__doc__.split("\n")[0])
    parser.add_argument("--swiftlet", metavar="PATH", help="the command (default: the release build)")
    parser.add_argument("--quick", action="store_true", help="a quarter of the cases")
    parser.add_argument("--only", metavar="PATTERN", help="cases whose section/name has this in it")
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    parser.add_argument("--coverage", action="store_true",
                        help="show what was tried of each layer (a whole run always does)")
    parser.add_argument("--json", metavar="FILE", help="write every result here")
    parser.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1))
    return parser.parse_args()


def main():
    options = parse()
    jobs = list(chosen(all_jobs(options.quick), options.only))
    if options.list:
        print("\n".join(f"{section}/{name}" for section, name, _ in jobs))
        return
    if not jobs:
        sys.exit(f"error: no case matches {options.only!r} (--list names them)")
    if not options.swiftlet or not os.access(options.swiftlet, os.X_OK):
        sys.exit(f"error: {options.swiftlet}: no such program; build it or name it with --swiftlet")
    began = time.monotonic()
    results = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.workers, context, initializer=worker.start) as pool:
        waiting = [pool.submit(worker.run, os.path.abspath(options.swiftlet), options.quick, *job)
                   for job in jobs]
        for count, one in enumerate(as_completed(waiting), 1):
            results += marked(one.result())
            if count % 50 == 0:
                failed = sum(r.status == FAILED for r in results)
                print(f"check-keras: {count} of {len(jobs)} cases, {failed} failures, "
                      f"{time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    order = {(section, name): i for i, (section, name, _) in enumerate(all_jobs(False))}
    results.sort(key=lambda r: order.get((r.section.split(" ", 1)[1], r.case), -1))
    if options.json:
        with open(options.json, "w") as file:
            json.dump([dataclasses.asdict(r) for r in results], file, indent=1)
    table, missing = coverage.report(results)
    is_whole = not options.only and not options.quick
    if is_whole or options.coverage:
        print(table + "\n")
    print(Table(results).report())
    if is_whole and missing:
        print("no case for: " + ", ".join(missing))
    print(f"{time.monotonic() - began:.0f} s")
    if is_whole and missing:
        sys.exit(1)
    if not any(r.status == OK for r in results) or any(r.status == FAILED for r in results):
        sys.exit(1)


if __name__ == "__main__":
    main()
