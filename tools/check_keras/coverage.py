"""Which layers the check covers: every name of docs/layers.md, with how many configurations.

A working layer that no case uses is a finding.
"""

import re
from pathlib import Path

from keras_cases import FAMILIES
from keras_cases.spec import L

from .results import EXCUSED, KNOWN, OK

TABLE = Path(__file__).resolve().parents[2] / "docs" / "layers.md"
ROW = re.compile(r"\| `(\w+)` \| (works|refused)[^|]*\|[^|]*\| *(?:another name of `(\w+)`)?")

# What only whole models have, or the networks of tools/check-applications.
STRUCTURE = {"InputLayer", "Pipeline", "LayerScale", "StochasticDepth", "CustomScaleLayer"}

DIRECTIONS = (("Keras 3 ->", "keras 3 ", "-> Swiftlet"), ("Keras 2 ->", "keras 2 ", "-> Swiftlet"),
              ("-> Keras 3", "Swiftlet ->", "eras 3"), ("-> Keras 2", "Swiftlet ->", "eras 2"))


def documented():
    """Every name that works, with the name of which it is another."""
    rows = (ROW.match(line) for line in TABLE.read_text().splitlines())
    return {row[1]: row[3] or row[1] for row in rows if row and row[2] == "works"}


def classes(value):
    """The layer classes in the arguments of a case."""
    if isinstance(value, L):
        yield value.class_name
        for key, argument in value.arguments.items():
            if key == "cell" and isinstance(argument, list):
                yield "StackedRNNCells"  # what RNN makes of a list
            yield from classes(argument)
    elif isinstance(value, (list, tuple)):
        for element in value:
            yield from classes(element)


def cases_of_classes():
    """(section, case name) of every case by layer class."""
    found = {}
    for family, cases in FAMILIES.items():
        for case in cases:
            for name in set(classes(case.layer)):
                found.setdefault(name, set()).add((f"files {family}", case.name))
    return found


def cell(results, start, end):
    some = [r for r in results if r.step.startswith(start) and
            (r.step.endswith(end) or (start == "Swiftlet ->" and end in r.step))
            and r.status not in (EXCUSED, KNOWN)]
    return f"{sum(r.status == OK for r in some)}/{len(some)}" if some else "-"


def report(results):
    """The table, and the names of working layers without a case."""
    by_case = {}
    for r in results:
        by_case.setdefault((r.section, r.case), []).append(r)
    cases = cases_of_classes()
    rows, missing = [], []
    for name, real in sorted(documented().items()):
        if name != real:
            continue
        tried = [key for key in cases.get(name, ()) if key in by_case]
        if not cases.get(name) and name not in STRUCTURE:
            missing.append(name)  # those that Keras cannot save are left to the unit tests
        found = [r for key in tried for r in by_case[key]]
        rows.append([name, str(len(tried))] + [cell(found, s, e) for _, s, e in DIRECTIONS])
    head = ["layer", "configurations"] + [title for title, _, _ in DIRECTIONS]
    widths = [max(len(row[i]) for row in rows + [head]) for i in range(len(head))]
    lines = ["Coverage: passed/tried of each layer over all file kinds", ""]
    for row in [head] + rows:
        lines.append("  ".join([row[0].ljust(widths[0])]
                               + [c.rjust(w) for c, w in zip(row[1:], widths[1:])]))
    return "\n".join(lines), missing
