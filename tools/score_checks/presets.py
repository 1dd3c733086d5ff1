"""Scores as scikit-learn, torchmetrics and Keras take them, where libraries disagree."""

import importlib.util
import math
import os

import numpy as np
import sklearn.metrics as sk

from .tables import coarse, probabilities, sample_weights


def sklearn_preset(check, rng, count):
    common = dict(zero_division=0)
    for number in range(count):
        rows, classes = int(rng.choice([5, 40, 400])), int(rng.choice([3, 6]))
        labels = list(range(classes))
        y = rng.integers(0, classes - int(rng.integers(0, 2)), rows)
        p = coarse(rng, probabilities(rng, rows, classes))
        d, flags, w = p.argmax(1), np.eye(classes)[y], sample_weights(rng, rows)
        weighted = dict(sample_weight=w)
        found = check.run(y, p, "classification", "--no-intervals", "--as", "scikit-learn", "--kind",
                          "multiclass", w=w)
        expected = {"average_precision_macro": sk.average_precision_score(flags, p, **weighted),
                    "average_precision_weighted": sk.average_precision_score(
                        flags, p, average="weighted", **weighted)}
        for average in ("macro", "weighted", "micro"):
            options = dict(labels=labels, average=average, **common, **weighted)
            expected[f"precision_{average}"] = sk.precision_score(y, d, **options)
            expected[f"recall_{average}"] = sk.recall_score(y, d, **options)
            expected[f"f1_{average}"] = sk.f1_score(y, d, **options)
            expected[f"f2_{average}"] = sk.fbeta_score(y, d, beta=2, **options)
            expected[f"jaccard_{average}"] = sk.jaccard_score(y, d, **options)
        for k in (2, 3, 5):
            if k < classes:
                expected[f"top_{k}_accuracy"] = sk.top_k_accuracy_score(
                    y, p, k=k, labels=labels, **weighted)
        if np.allclose(p.sum(1), 1):
            for average in ("macro", "weighted"):
                area = sk.roc_auc_score(y, p, labels=labels, multi_class="ovr", average=average,
                                        **weighted)
                # scikit-learn's weighted mean has the supports of rows, not of their weights.
                if average == "macro" or w is None:
                    expected[f"roc_auc_ovr_{average}"] = None if math.isnan(area) else area
        kept = np.ones(rows, bool) if w is None else w > 0
        if set(y[kept]) != set(y):
            continue
        check.scores(f"scikit-learn {number}", found, expected, 1e-7, exactly=False)


def torchmetrics_preset(check, rng, count):
    import torch
    from torchmetrics.functional import classification as tm
    from torchmetrics.functional import regression as tr
    for number in range(count):
        rows, classes = int(rng.choice([5, 40, 400])), int(rng.choice([3, 6]))
        y = rng.integers(0, classes - int(rng.integers(0, 2)), rows)
        p = probabilities(rng, rows, classes)
        found = check.run(y, p, "classification", "--no-intervals", "--as", "torchmetrics", "--kind",
                          "multiclass")
        Y, P = torch.tensor(y), torch.tensor(p)
        expected = {"accuracy": tm.multiclass_accuracy(P, Y, classes, average="micro"),
                    "mcc": tm.multiclass_matthews_corrcoef(P, Y, classes),
                    "ece": tm.multiclass_calibration_error(P, Y, classes, n_bins=15)}
        for average in ("macro", "weighted"):
            options = dict(num_classes=classes, average=average)
            expected[f"precision_{average}"] = tm.multiclass_precision(P, Y, **options)
            expected[f"recall_{average}"] = tm.multiclass_recall(P, Y, **options)
            expected[f"f1_{average}"] = tm.multiclass_f1_score(P, Y, **options)
            expected[f"jaccard_{average}"] = tm.multiclass_jaccard_index(P, Y, **options)
            expected[f"specificity_{average}"] = tm.multiclass_specificity(P, Y, **options)
            expected[f"roc_auc_ovr_{average}"] = tm.multiclass_auroc(P, Y, **options)
            expected[f"average_precision_{average}"] = tm.multiclass_average_precision(P, Y, **options)
        expected = {k: v.item() for k, v in expected.items()}
        check.scores(f"torchmetrics {number}", found, expected, 2e-6, exactly=False, absolute=1e-7)
        flags = y == 0 if number % 4 else np.zeros(rows, bool)
        found = check.run(flags, p[:, 0], "classification", "--no-intervals", "--as", "torchmetrics")
        Y, P = torch.tensor(flags.astype(int)), P[:, 0]
        check.scores(f"torchmetrics binary {number}", found, {
            "roc_auc": tm.binary_auroc(P, Y).item(), "f1": tm.binary_f1_score(P, Y).item(),
            "average_precision": abs(tm.binary_average_precision(P, Y).item()),
            "ece": tm.binary_calibration_error(P, Y, n_bins=15).item()}, 2e-6, exactly=False,
            absolute=1e-7)
        a = rng.normal(size=rows)
        b = a + rng.normal(size=rows)
        a[0] = 0
        found = check.run(a, b, "regression", "--no-intervals", "--as", "torchmetrics")
        A, B = torch.tensor(a), torch.tensor(b)
        check.scores(f"torchmetrics regression {number}", found, {
            "mape": tr.mean_absolute_percentage_error(B, A).item(),
            "smape": tr.symmetric_mean_absolute_percentage_error(B, A).item(),
            "mse": tr.mean_squared_error(B, A).item(), "r2": tr.r2_score(B, A).item(),
            "spearman": tr.spearman_corrcoef(B, A).item(),
            "kendall": tr.kendall_rank_corrcoef(B, A).item()}, 1e-5, exactly=False, absolute=1e-7)


def keras_preset(check, rng, count):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if importlib.util.find_spec("tensorflow") is None:
        os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    def metric(m, y, p, w=None):
        m.update_state(y, p, sample_weight=w)
        value = np.asarray(m.result())
        return value.tolist() if value.ndim else float(value)

    for number in range(count):
        rows, classes = int(rng.choice([5, 40, 400])), int(rng.choice([3, 6]))
        y = rng.integers(0, classes - int(rng.integers(0, 2)), rows)
        p = (probabilities(rng, rows, classes) * rng.uniform(0.5, 1)).astype(np.float32)
        flags, w = np.eye(classes, dtype=np.float32)[y], sample_weights(rng, rows)
        found = check.run(y, p, "classification", "--no-intervals", "--as", "keras", "--kind",
                          "multiclass", w=w)
        expected = {
            "accuracy": metric(keras.metrics.SparseCategoricalAccuracy(), y, p, w),
            "log_loss": metric(keras.metrics.CategoricalCrossentropy(), flags, p, w),
            "top_2_accuracy": metric(keras.metrics.SparseTopKCategoricalAccuracy(2), y, p, w),
            "f1_macro": metric(keras.metrics.F1Score("macro"), flags, p, w),
            "f1_weighted": metric(keras.metrics.F1Score("weighted"), flags, p, w),
            "f1_per_class": metric(keras.metrics.F1Score(), flags, p, w)}
        check.scores(f"keras {number}", found, expected, 1e-5, exactly=False, absolute=1e-6)
        b, q = (y == 0).astype(np.float32), p[:, 0]
        found = check.run(b, q, "classification", "--no-intervals", "--as", "keras", w=w)
        expected = {
            "log_loss": metric(keras.metrics.BinaryCrossentropy(), b[:, None], q[:, None], w),
            "accuracy": metric(keras.metrics.BinaryAccuracy(), b[:, None], q[:, None], w),
            "precision": metric(keras.metrics.Precision(), b, q, w),
            "recall": metric(keras.metrics.Recall(), b, q, w)}
        check.scores(f"keras binary {number}", found, expected, 1e-5, exactly=False, absolute=1e-6)
        a = rng.normal(size=rows).astype(np.float32)
        c = (a + rng.normal(size=rows)).astype(np.float32)
        found = check.run(a, c, "regression", "--no-intervals", "--as", "keras", w=w)
        expected = {
            "mape": metric(keras.metrics.MeanAbsolutePercentageError(), a[:, None], c[:, None], w),
            "msle": metric(keras.metrics.MeanSquaredLogarithmicError(), a[:, None], c[:, None], w),
            "mse": metric(keras.metrics.MeanSquaredError(), a[:, None], c[:, None], w),
            "log_cosh": metric(keras.metrics.LogCoshError(), a[:, None], c[:, None], w),
            "rmse": metric(keras.metrics.RootMeanSquaredError(), a[:, None], c[:, None], w)}
        check.scores(f"keras regression {number}", found, expected, 2e-5, exactly=False,
                     absolute=1e-6)


def presets(check, rng, count):
    for preset in (sklearn_preset, torchmetrics_preset, keras_preset):
        try:
            preset(check, rng, max(5, count // 5))
        except ImportError as error:
            print(f"left out: {preset.__name__} ({error})")
