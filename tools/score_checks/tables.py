"""Random tables through scikit-learn, SciPy and `swiftlet score`."""

import importlib.machinery
import importlib.util
import pathlib

import numpy as np

_path = pathlib.Path(__file__).resolve().parent.parent / "make-score-references"
_loader = importlib.machinery.SourceFileLoader("references", str(_path))
references = importlib.util.module_from_spec(importlib.util.spec_from_loader("references", _loader))
_loader.exec_module(references)


def probabilities(rng, rows, columns):
    z = rng.normal(size=(rows, columns)) * rng.choice([0.3, 1, 5])
    p = np.exp(z - z.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


def sample_weights(rng, rows):
    if rng.random() < 0.5:
        return None
    w = rng.uniform(0.05, 3, rows)
    if rng.random() < 0.5:
        w = rng.integers(0, 4, rows).astype(float)
        w[0] = 1
    return w.astype(rng.choice(["float64", "float32"]))


def coarse(rng, p):
    """Ties."""
    return np.round(p * 8) / 8 if rng.random() < 0.4 else p


def classification_case(rng):
    rows = int(rng.choice([1, 2, 3, 10, 60, 300, 2000]))
    kind = rng.choice(["binary", "multiclass", "multilabel", "decided", "decided labels"])
    floats = rng.choice(["float64", "float32", "float16"])
    integers = rng.choice(["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
                           "float32", "float64"])
    column = (lambda a: a[:, None]) if rng.random() < 0.3 else (lambda a: a)
    options, form, truth_kind, one_hot = [], None, None, False
    threshold = 0.5
    if kind == "binary":
        y = (rng.random(rows) < rng.choice([0.05, 0.5, 0.9, 0, 1])).astype(integers)
        p = coarse(rng, np.clip(rng.random(rows) * 0.7 + 0.3 * y.astype(float), 0, 1)).astype(floats)
        y, p = column(y), column(p)
        if rng.random() < 0.2:
            y = y.astype(bool)
    elif kind == "multiclass":
        classes = int(rng.choice([2, 3, 5, 12]))
        y = rng.integers(0, max(1, classes - int(rng.integers(0, 3))), rows).astype(integers)
        p = coarse(rng, probabilities(rng, rows, classes)).astype(floats)
        if rng.random() < 0.3:
            y, one_hot = np.eye(classes)[y.astype(int)].astype(integers), True
        else:
            y = column(y)
        options, truth_kind = ["--kind", "multiclass"], "multiclass"
    elif kind == "multilabel":
        labels = int(rng.choice([2, 3, 7, 40]))
        y = (rng.random((rows, labels)) < rng.random(labels)).astype(integers)
        p = coarse(rng, rng.random((rows, labels))).astype(floats)
        options, truth_kind = ["--kind", "multilabel"], "multilabel"
    elif kind == "decided":
        classes = int(rng.choice([2, 3, 6, 30]))
        types = ["int8", "uint8", "int32", "int64", "uint16"]
        y = rng.integers(0, classes, rows).astype(rng.choice(types))
        p = np.where(rng.random(rows) < 0.6, y, rng.integers(0, classes, rows)).astype(
            rng.choice(types))
        y, p = column(y), column(p)
    else:
        labels = int(rng.choice([2, 5]))
        y = (rng.random((rows, labels)) < 0.4).astype("uint8")
        p = (rng.random((rows, labels)) < 0.4).astype(rng.choice(["int32", "bool"]))
        options, truth_kind = ["--kind", "multilabel"], "multilabel"
    return kind, y, p, sample_weights(rng, rows), options, truth_kind, one_hot


def regression_case(rng):
    rows = int(rng.choice([1, 2, 5, 40, 400, 3000]))
    shape = (rows,) if rng.random() < 0.5 else (rows, int(rng.choice([1, 2, 4])))
    scale, offset = 10.0 ** rng.integers(-3, 4), rng.choice([0, 0, 5, 1e4])
    y = rng.normal(size=shape) * scale + offset
    p = y + rng.normal(size=shape) * scale * rng.choice([0.01, 0.5, 3])
    if rng.random() < 0.3:
        y, p = np.round(y / scale * 2) / 2 * scale, np.round(p / scale * 2) / 2 * scale
    if rng.random() < 0.15:
        y = np.full_like(y, 3.0)
    if rng.random() < 0.1:
        p = y.copy()
    if rng.random() < 0.4:
        y, p = abs(y), abs(p)
    kind = rng.choice(["float64", "float32", "int64"])
    if kind == "int64":
        y, p = np.round(y), np.round(p)
    y, p = y.astype(kind), p.astype(rng.choice([kind, "float64"]))
    predictors = int(rng.choice([1, 3, 50])) if rng.random() < 0.4 else None
    return y, p, sample_weights(rng, rows), predictors


def logit(p):
    return np.log(p) - np.log1p(-p)


def tables(check, rng, count):
    for number in range(count):
        kind, y, p, w, options, truth_kind, one_hot = classification_case(rng)
        what = f"case {number}: {kind} {y.dtype}{y.shape} {p.dtype}{p.shape}" + (
            "" if w is None else f" weights {w.dtype}")
        try:
            expected = references.classification(
                what, y, p, None if w is None else w.astype(float), kind=truth_kind,
                one_hot=one_hot)["scores"]
        except Exception as error:
            check.fail(what, f"reference: {error!r}")
            continue
        relative = {"float16": 2e-3, "float32": 3e-6}.get(str(p.dtype), 1e-9)
        found = check.run(y, p, "classification", "--no-intervals", *options, w=w)
        check.scores(what, found, expected, relative)
        if p.dtype == np.float64 and "error" not in found and 1e-6 < p.min() and p.max() < 1 - 1e-6 \
                and (kind != "multiclass" or np.allclose(p.sum(1), 1)):
            # The same from logits: only what does not hinge on the last bit.
            raw = np.log(p) + 3.5 if kind == "multiclass" else logit(p)
            again = check.run(y, raw, "classification", "--no-intervals", "--from", "logits",
                              *options, w=w)
            if "error" in again:
                check.fail(what, again["error"])
            else:
                for name in ("log_loss", "brier"):
                    check.close(f"{what}, {name} from logits", again["scores"][name],
                                found["scores"][name], 1e-5, 1e-6)
        if rng.random() < 0.3 and kind in ("binary", "multilabel"):
            threshold = float(rng.choice([0.125, 0.3, 0.75, 0.9]))
            decided = (p > p.dtype.type(threshold)).astype(np.uint8)
            own = check.run(y, p, "classification", "--no-intervals", "--threshold", threshold,
                            *options, w=w)
            other = check.run(y, decided, "classification", "--no-intervals", "--kind", kind, w=w)
            check.scores(f"{what} above {threshold}", own, other.get("scores", {}), 1e-12,
                         exactly=False)
        if kind == "decided":
            again = check.run(y, p.astype(float), "classification", "--no-intervals", "--from",
                              "labels", *options, w=w)
            check.scores(f"{what} labels in floats", again, found.get("scores", {}), 0)

        y, p, w, predictors = regression_case(rng)
        what = f"case {number}: regression {y.dtype}{y.shape} {p.dtype}{p.shape}" + (
            "" if w is None else f" weights {w.dtype}")
        expected = references.regression(what, y, p, w, predictors)["scores"]
        more = ["--predictors", predictors] if predictors else []
        found = check.run(y, p, "regression", "--no-intervals", *more, w=w)
        scale = float(max(abs(y).max(), abs(p).max(), 1)) ** 2
        check.scores(what, found, expected, 1e-8, absolute=1e-12 * scale)
