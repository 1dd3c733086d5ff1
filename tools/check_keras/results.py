"""What a check found, and how it is told."""

from dataclasses import dataclass

OK, FAILED, EXCUSED = "ok", "FAILED", "excused"


@dataclass(frozen=True)
class Result:
    """One comparison. `section` is a row of the table, `step` a column."""

    section: str
    case: str
    step: str
    status: str
    detail: str = ""


class Table:
    """Counts per section and step."""

    def __init__(self, results):
        self.results = results

    def steps(self, results):
        return list(dict.fromkeys(r.step for r in results))

    def cell(self, results):
        if not results:
            return "-"
        counted = [r for r in results if r.status != EXCUSED]
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
        for title, prefix in (("Files: passed/tried (+ what Keras itself cannot reopen)", "files "),
                              ("Training: loss histories equal to Keras's", "training ")):
            some = [Result(r.section[len(prefix):], r.case, r.step, r.status, r.detail)
                    for r in self.results if r.section.startswith(prefix)]
            if some:
                parts.append(self.text(title, some))
        failed = [r for r in self.results if r.status == FAILED]
        for r in failed[:shown]:
            parts.append(f"FAILED {r.section}: {r.case}\n    {r.step}\n    {r.detail}")
        if len(failed) > shown:
            parts.append(f"... and {len(failed) - shown} more (--json FILE has all of them)")
        passed = sum(r.status == OK for r in self.results)
        excused = sum(r.status == EXCUSED for r in self.results)
        parts.append(f"check-keras: {passed} of {passed + len(failed)} comparisons agree"
                     + (f", {excused} left out because Keras cannot reopen its own file"
                        if excused else ""))
        return "\n\n".join(parts)
