"""What a check found, and how it is told."""

import re
from dataclasses import dataclass, replace

from . import known

OK, FAILED, EXCUSED, KNOWN = "ok", "FAILED", "excused", "known"


@dataclass(frozen=True)
class Result:
    """One comparison. `section` is a row of the table, `step` a column."""

    section: str
    case: str
    step: str
    status: str
    detail: str = ""


def marked(results):
    """The results with known differences told from new ones."""
    return [replace(r, status=KNOWN) if r.status == FAILED
            and known.reason(r.section, r.case, r.step) else r for r in results]


def grouped(failed):
    """Failures of one step whose texts differ in numbers and names only, most frequent first."""
    groups = {}
    for r in failed:
        text = re.sub(r"'[^']*'|\"[^\"]*\"|\[[^\]]*\]|/\S+|[-+.\de]*\d[-+.\de]*", "", r.detail)
        groups.setdefault((r.step, text[:80]), []).append(r)
    return sorted(groups.values(), key=len, reverse=True)


def listed(names, shown=8):
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return "; ".join(names[:shown]) + more


class Table:
    """Counts per section and step."""

    def __init__(self, results):
        self.results = results

    def steps(self, results):
        return list(dict.fromkeys(r.step for r in results))

    def cell(self, results):
        if not results:
            return "-"
        counted = [r for r in results if r.status not in (EXCUSED, KNOWN)]
        passed = sum(r.status == OK for r in counted)
        text = f"{passed}/{len(counted)}"
        excused = len(results) - len(counted)
        return f"{text} +{excused}" if excused else text

    def text(self, title, results):
        """A table: sections down, steps across (by number, named above)."""
        steps = self.steps(results)
        lines = [title, ""]
        lines += [f"  {i + 1:2}  {step}" for i, step in enumerate(steps)]
        sections = list(dict.fromkeys(r.section for r in results))
        width = max(len(s) for s in sections + ["all"])
        rows = []
        for section in sections + ["all"]:
            of = [r for r in results if section in ("all", r.section)]
            rows.append([section] + [self.cell([r for r in of if r.step == s]) for s in steps])
        widths = [max(len(row[i + 1]) for row in rows) for i in range(len(steps))]
        lines += ["", "  ".join([" " * width] + [f"{i + 1}".rjust(w)
                                                 for i, w in enumerate(widths)])]
        for row in rows:
            lines.append("  ".join([row[0].ljust(width)]
                                   + [c.rjust(w) for c, w in zip(row[1:], widths)]))
        return "\n".join(lines)

    def report(self, shown=60):
        parts = []
        for title, prefix in (("Files: passed/tried (+ left out, see below)", "files "),
                              ("Training: loss histories equal to Keras's", "training ")):
            some = [Result(r.section[len(prefix):], r.case, r.step, r.status, r.detail)
                    for r in self.results if r.section.startswith(prefix)]
            if some:
                parts.append(self.text(title, some))
        failed = [r for r in self.results if r.status == FAILED]
        alike = grouped(failed)
        for group in alike[:shown]:
            parts.append(f"FAILED {group[0].step}\n    {group[0].detail}\n    "
                         + listed([f"{r.section}: {r.case}" for r in group]))
        if len(alike) > shown:
            parts.append(f"... and {len(alike) - shown} other failures (--json FILE has them all)")
        known_ones = [r for r in self.results if r.status == KNOWN]
        for why in dict.fromkeys(known.reason(r.section, r.case, r.step) for r in known_ones):
            some = [r for r in known_ones if known.reason(r.section, r.case, r.step) == why]
            parts.append(f"KNOWN {why}\n    " + listed([f"{r.case}, {r.step}" for r in some]))
        passed = sum(r.status == OK for r in self.results)
        excused = sum(r.status == EXCUSED for r in self.results)
        parts.append(f"check-keras: {passed} of {passed + len(failed)} comparisons agree"
                     + (f", {excused} left out because Keras cannot reopen its own file"
                        if excused else "")
                     + (f", {len(known_ones)} known differences" if known_ones else ""))
        return "\n\n".join(parts)
