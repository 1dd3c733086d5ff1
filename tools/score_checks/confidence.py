"""Intervals and comparisons beside statsmodels, SciPy and definitions."""

import numpy as np
import scipy.stats
import sklearn.metrics as sk


def brute_delong(y, p):
    """The variance of the area, from all pairs."""
    x, z = p[y == 1][:, None], p[y == 0][None, :]
    psi = (x > z) + 0.5 * (x == z)
    return psi.mean(), psi.mean(1).var(ddof=1) / len(x) + psi.mean(0).var(ddof=1) / z.size


def interval(check, what, report, name, low, high, share):
    """Ends within a share of the width: the bootstrap is itself random."""
    found = report["intervals"][name]
    check.values += 1
    width = max(high - low, 1e-12)
    off = max(abs(found["low"] - low), abs(found["high"] - high)) / width
    if off > share:
        check.fail(f"{what}, {name}", f"{found} for {low:.6g}, {high:.6g} ({off:.0%} of the width)")


def intervals(check, rng, count):
    from statsmodels.stats.proportion import proportion_confint
    z = scipy.stats.norm.ppf(0.975)

    def bootstrap(function, *arrays):
        return scipy.stats.bootstrap(arrays, function, paired=True, vectorized=False,
                                     method="percentile", n_resamples=1500,
                                     rng=np.random.default_rng(7)).confidence_interval

    for number in range(max(3, count // 30)):
        rows = int(rng.choice([80, 300]))
        y = (rng.random(rows) < 0.4).astype(int)
        p = np.clip(rng.random(rows) * 0.8 + 0.2 * y, 0.01, 0.99)
        if number % 2:
            p = np.round(p * 20) / 20
        d = (p > 0.5).astype(int)
        what = f"intervals {number}, binary"
        report = check.run(y, p, "classification", "--resamples", 4000)
        check.cases += 1
        for name, hits, of in (("accuracy", (y == d).sum(), rows), ("hamming_loss", (y != d).sum(), rows),
                               ("recall", (d * y).sum(), y.sum()), ("precision", (d * y).sum(), d.sum()),
                               ("specificity", ((1 - d) * (1 - y)).sum(), (1 - y).sum())):
            low, high = proportion_confint(hits, of, method="wilson")
            interval(check, what, report, name, low, high, 1e-9)
        area, variance = brute_delong(y, p)
        interval(check, what, report, "roc_auc", max(0, area - z * variance ** 0.5),
                 min(1, area + z * variance ** 0.5), 1e-9)
        q = np.clip(p, 1e-15, 1 - 1e-15)
        for name, function, arrays in (
                ("log_loss", lambda t: t.mean(), [-np.log(np.where(y == 1, q, 1 - q))]),
                ("brier", lambda t: t.mean(), [(p - y) ** 2]),
                ("f1", lambda a, b: sk.f1_score(a, b), [y, d]),
                ("mcc", lambda a, b: sk.matthews_corrcoef(a, b), [y, d]),
                ("average_precision", lambda a, b: sk.average_precision_score(a, b), [y, p])):
            low, high = bootstrap(function, *arrays)
            interval(check, what, report, name, low, high, 0.12)

        a = rng.normal(size=rows)
        b = a + rng.normal(size=rows) * 0.7
        what = f"intervals {number}, regression"
        report = check.run(a, b, "regression", "--resamples", 4000)
        low, high = scipy.stats.pearsonr(a, b).confidence_interval(0.95)
        interval(check, what, report, "pearson", low, high, 1e-9)
        for name, function, arrays in (
                ("mae", lambda t: t.mean(), [abs(a - b)]),
                ("rmse", lambda t: np.sqrt((t ** 2).mean()), [b - a]),
                ("r2", lambda s, t: sk.r2_score(s, t), [a, b]),
                ("median_ae", lambda t: np.median(t), [abs(a - b)]),
                ("spearman", lambda s, t: scipy.stats.spearmanr(s, t).statistic, [a, b])):
            low, high = bootstrap(function, *arrays)
            interval(check, what, report, name, low, high, 0.25 if name == "median_ae" else 0.12)

    # Of many rows a part stands for all: the interval must still be theirs.
    rows = 60000
    y = (rng.random(rows) < 0.3).astype(int)
    p = np.clip(rng.beta(2, 3, rows) * 0.8 + 0.2 * y, 0, 1)
    report = check.run(y, p, "classification")
    terms = (p - y) ** 2
    half = z * terms.std() / rows ** 0.5
    interval(check, "of many rows", report, "brier", terms.mean() - half, terms.mean() + half, 0.08)
    a = rng.normal(size=rows)
    b = a + rng.normal(size=rows)
    report = check.run(a, b, "regression")
    terms = abs(a - b)
    half = z * terms.std() / rows ** 0.5
    interval(check, "of many rows", report, "mae", terms.mean() - half, terms.mean() + half, 0.08)


def delong_test(y, a, b):
    def parts(p):
        x, z = p[y == 1][:, None], p[y == 0][None, :]
        psi = (x > z) + 0.5 * (x == z)
        return psi.mean(), psi.mean(1), psi.mean(0)
    (auc_a, a10, a01), (auc_b, b10, b01) = parts(a), parts(b)
    variance = ((a10 - b10).var(ddof=1) / len(a10) + (a01 - b01).var(ddof=1) / len(a01))
    if variance == 0:
        return 1.0
    return 2 * scipy.stats.norm.sf(abs(auc_b - auc_a) / variance ** 0.5)


def compare(check, rng, count):
    from statsmodels.stats.contingency_tables import mcnemar
    for number in range(max(5, count // 10)):
        rows = int(rng.choice([30, 200, 1500]))
        y = (rng.random(rows) < 0.5).astype(int)
        a = np.clip(rng.random(rows) * 0.7 + 0.3 * y, 0, 1)
        b = np.clip(a + rng.normal(size=rows) * 0.15, 0, 1)
        if number % 3 == 0:
            a, b = np.round(a * 10) / 10, np.round(b * 10) / 10
        right = [(p > 0.5) == y for p in (a, b)]
        table = [[(right[0] & right[1]).sum(), (right[0] & ~right[1]).sum()],
                 [(~right[0] & right[1]).sum(), (~right[0] & ~right[1]).sum()]]
        what = f"compare {number}"
        found = check.run(y, (a, b), "classification", command="compare")
        check.cases += 1
        if "error" in found:
            check.fail(what, found["error"])
            continue
        exact = mcnemar(table, exact=True).pvalue
        check.close(f"{what}, McNemar", found["mcnemar"]["exact_p_value"], min(1, exact), 1e-9)
        only, all_ = min(table[0][1], table[1][0]), table[0][1] + table[1][0]
        mid = 2 * scipy.stats.binom.cdf(only, all_, 0.5) - scipy.stats.binom.pmf(only, all_, 0.5)
        check.close(f"{what}, mid-p", found["scores"]["accuracy"]["p_value"],
                    float(min(1, mid)) if all_ else 1.0, 1e-9)
        check.close(f"{what}, DeLong", found["scores"]["roc_auc"]["p_value"],
                    float(delong_test(y, a, b)), 1e-7, 1e-9)
        x = rng.normal(size=rows)
        f, g = (x + rng.normal(size=rows) * s for s in (0.5, 0.55))
        found = check.run(x, (f, g), "regression", command="compare")
        terms = abs(g - x) - abs(f - x)
        low, high = scipy.stats.bootstrap((terms,), np.mean, method="percentile", n_resamples=2000,
                                          rng=np.random.default_rng(3)).confidence_interval
        row = found["scores"]["mae"]
        check.values += 1
        off = max(abs(row["low"] - low), abs(row["high"] - high)) / (high - low)
        if off > 0.15:
            check.fail(f"{what}, mae", f"{row} for {low}, {high}")
        p = scipy.stats.ttest_1samp(terms, 0).pvalue
        if abs(row["p_value"] - p) > 0.06 + 0.15 * p:
            check.fail(f"{what}, mae", f"p {row['p_value']} for {p}")
