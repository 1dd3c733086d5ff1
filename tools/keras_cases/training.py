"""Losses, optimizers, schedules, metrics, regularizers and constraints: the rows of training.

A row is (what, class name, options). Options are written as Keras takes them; a dict with
`class_name` is an object of `keras.optimizers.schedules`.
"""

# How truth and prediction of a loss or a metric are made: (kind, shape of the prediction).
REAL = ("real", (5, 3))
POSITIVE = ("positive", (5, 3))
SEQUENCE = ("real", (3, 4, 2))
SIGNS = ("signs", (5, 3))
BINARY = ("binary", (6, 2))
BINARY_LOGITS = ("binary logits", (6, 2))
BINARY_COLUMN = ("binary", (6, 1))
ONE_HOT = ("one hot", (6, 4))
ONE_HOT_LOGITS = ("one hot logits", (6, 4))
ONE_HOT_PIXELS = ("one hot", (2, 3, 2, 4))
SPARSE = ("sparse", (6, 4))
SPARSE_LOGITS = ("sparse logits", (6, 4))
SPARSE_PIXELS = ("sparse", (2, 3, 2, 4))
UNNORMALIZED = ("one hot unnormalized", (6, 4))

REDUCTIONS = ("sum", "sum_over_batch_size", "mean", "mean_with_sample_weight", "none")


def row(class_name, data, what="", weights=None, **options):
    """weights: None | "sample" (one per sample) | "element" (one per loss value)"""
    words = [class_name] + ([what] if what else []) + ([weights + " weights"] if weights else [])
    return {"name": " ".join(words), "class_name": class_name, "data": data,
            "options": options, "weights": weights}


def of_reductions(class_name, data):
    for reduction in REDUCTIONS:
        for weights in (None, "sample"):
            if (reduction, weights) != ("sum_over_batch_size", None):
                yield row(class_name, data, reduction, weights, reduction=reduction)


LOSSES = [
    row("MeanSquaredError", REAL),
    row("MeanSquaredError", SEQUENCE, "rank 3"),
    row("MeanSquaredError", SEQUENCE, "rank 3", "sample"),
    row("MeanSquaredError", SEQUENCE, "rank 3", "element"),
    *of_reductions("MeanSquaredError", REAL),
    row("MeanAbsoluteError", REAL),
    row("MeanAbsoluteError", REAL, weights="sample"),
    row("MeanAbsolutePercentageError", POSITIVE),
    row("MeanSquaredLogarithmicError", POSITIVE),
    row("Huber", REAL),
    row("Huber", REAL, "delta 0.4", delta=0.4),
    row("Huber", REAL, "delta 0.4", "sample", delta=0.4),
    row("LogCosh", REAL),
    row("CosineSimilarity", REAL),
    row("CosineSimilarity", SEQUENCE, "axis 1", axis=1),
    row("Poisson", POSITIVE),
    row("KLDivergence", ONE_HOT),
    row("Hinge", SIGNS),
    row("SquaredHinge", SIGNS),
    row("Hinge", BINARY, "0 and 1"),
    row("CategoricalHinge", ONE_HOT),
    row("BinaryCrossentropy", BINARY),
    row("BinaryCrossentropy", BINARY_COLUMN, "one column"),
    row("BinaryCrossentropy", BINARY_LOGITS, "logits", from_logits=True),
    row("BinaryCrossentropy", BINARY, "smoothed", label_smoothing=0.2),
    row("BinaryCrossentropy", BINARY_LOGITS, "logits smoothed", from_logits=True,
        label_smoothing=0.1),
    *of_reductions("BinaryCrossentropy", BINARY),
    row("CategoricalCrossentropy", ONE_HOT),
    row("CategoricalCrossentropy", UNNORMALIZED, "unnormalized"),
    row("CategoricalCrossentropy", ONE_HOT_LOGITS, "logits", from_logits=True),
    row("CategoricalCrossentropy", ONE_HOT, "smoothed", label_smoothing=0.2),
    row("CategoricalCrossentropy", ONE_HOT_LOGITS, "logits smoothed", from_logits=True,
        label_smoothing=0.1),
    row("CategoricalCrossentropy", ONE_HOT_PIXELS, "pixels"),
    row("CategoricalCrossentropy", ONE_HOT_PIXELS, "pixels", "sample"),
    *of_reductions("CategoricalCrossentropy", ONE_HOT),
    row("SparseCategoricalCrossentropy", SPARSE),
    row("SparseCategoricalCrossentropy", SPARSE_LOGITS, "logits", from_logits=True),
    row("SparseCategoricalCrossentropy", SPARSE_PIXELS, "pixels"),
    row("SparseCategoricalCrossentropy", SPARSE_PIXELS, "pixels", "element"),
    row("SparseCategoricalCrossentropy", SPARSE, "ignored class", ignore_class=2),
    row("SparseCategoricalCrossentropy", SPARSE_LOGITS, "logits ignored class", from_logits=True,
        ignore_class=1),
    *of_reductions("SparseCategoricalCrossentropy", SPARSE),
    row("BinaryFocalCrossentropy", BINARY),
    row("BinaryFocalCrossentropy", BINARY_LOGITS, "all options", from_logits=True, gamma=1.5,
        alpha=0.3, apply_class_balancing=True, label_smoothing=0.1),
    row("CategoricalFocalCrossentropy", ONE_HOT),
    row("CategoricalFocalCrossentropy", ONE_HOT_LOGITS, "all options", from_logits=True,
        gamma=1.5, alpha=0.3, label_smoothing=0.1),
    row("Dice", BINARY),
    row("Dice", ONE_HOT_PIXELS, "axes", axis=(1, 2, 3)),
    row("Tversky", BINARY),
    row("Tversky", BINARY, "alpha beta", alpha=0.3, beta=0.7),
    row("Circle", SPARSE),
]

METRICS = [
    row("MeanSquaredError", REAL),
    row("MeanSquaredError", REAL, weights="sample"),
    row("RootMeanSquaredError", REAL),
    row("RootMeanSquaredError", REAL, weights="sample"),
    row("MeanAbsoluteError", REAL),
    row("MeanAbsolutePercentageError", POSITIVE),
    row("MeanSquaredLogarithmicError", POSITIVE),
    row("CosineSimilarity", REAL),
    row("LogCoshError", REAL),
    row("R2Score", REAL),
    row("R2Score", REAL, "variance weighted", class_aggregation="variance_weighted_average"),
    row("ConcordanceCorrelation", REAL),
    row("PearsonCorrelation", REAL),
    row("Poisson", POSITIVE),
    row("KLDivergence", ONE_HOT),
    row("Hinge", SIGNS),
    row("SquaredHinge", SIGNS),
    row("CategoricalHinge", ONE_HOT),
    row("Accuracy", ("labels", (6,))),
    row("BinaryAccuracy", BINARY),
    row("BinaryAccuracy", BINARY, "threshold 0.3", threshold=0.3),
    row("BinaryAccuracy", BINARY, weights="sample"),
    row("CategoricalAccuracy", ONE_HOT),
    row("CategoricalAccuracy", ONE_HOT, weights="sample"),
    row("CategoricalAccuracy", ONE_HOT_PIXELS, "pixels"),
    row("SparseCategoricalAccuracy", SPARSE),
    row("SparseCategoricalAccuracy", SPARSE, weights="sample"),
    row("TopKCategoricalAccuracy", ONE_HOT, "2", k=2),
    row("SparseTopKCategoricalAccuracy", SPARSE, "2", k=2),
    row("BinaryCrossentropy", BINARY),
    row("CategoricalCrossentropy", ONE_HOT),
    row("SparseCategoricalCrossentropy", SPARSE),
    row("Precision", BINARY),
    row("Precision", BINARY, "two thresholds", thresholds=[0.3, 0.6]),
    row("Precision", ONE_HOT, "top 2 class 1", top_k=2, class_id=1),
    row("Recall", BINARY),
    row("Recall", BINARY, weights="sample"),
    row("F1Score", ONE_HOT, "per class"),
    row("F1Score", ONE_HOT, "macro", average="macro"),
    row("F1Score", ONE_HOT, "micro", average="micro"),
    row("F1Score", ONE_HOT, "weighted", average="weighted"),
    row("FBetaScore", BINARY, "beta 2 threshold", beta=2.0, threshold=0.5),
    row("AUC", BINARY_COLUMN),
    row("AUC", BINARY_COLUMN, weights="sample"),
    row("AUC", BINARY_COLUMN, "PR", curve="PR"),
    row("AUC", BINARY, "many labels", multi_label=True),
    row("TruePositives", BINARY),
    row("TrueNegatives", BINARY),
    row("FalsePositives", BINARY),
    row("FalseNegatives", BINARY),
    row("PrecisionAtRecall", BINARY_COLUMN, "0.5", recall=0.5),
    row("RecallAtPrecision", BINARY_COLUMN, "0.5", precision=0.5),
    row("SensitivityAtSpecificity", BINARY_COLUMN, "0.5", specificity=0.5),
    row("SpecificityAtSensitivity", BINARY_COLUMN, "0.5", sensitivity=0.5),
    row("BinaryIoU", BINARY),
    row("MeanIoU", ("labels", (6,)), "4 classes", num_classes=4),
    row("OneHotIoU", ONE_HOT, "classes 0 and 2", num_classes=4, target_class_ids=[0, 2]),
    row("OneHotMeanIoU", ONE_HOT, "4 classes", num_classes=4),
]

SCHEDULE = {"class_name": "ExponentialDecay", "initial_learning_rate": 0.1, "decay_steps": 2,
            "decay_rate": 0.5}


def optimizer(class_name, what, **options):
    return {"name": f"{class_name} {what}", "class_name": class_name, "options": options}


OPTIMIZERS = [
    optimizer("SGD", "plain"),
    optimizer("SGD", "rate 0.1", learning_rate=0.1),
    optimizer("SGD", "momentum", learning_rate=0.1, momentum=0.9),
    optimizer("SGD", "nesterov", learning_rate=0.1, momentum=0.9, nesterov=True),
    optimizer("SGD", "weight decay", learning_rate=0.1, momentum=0.9, weight_decay=0.04),
    optimizer("SGD", "schedule", learning_rate=SCHEDULE),
    optimizer("SGD", "clip norm", learning_rate=0.1, clipnorm=0.5),
    optimizer("SGD", "clip value", learning_rate=0.1, clipvalue=0.25),
    optimizer("SGD", "clip all", learning_rate=0.1, global_clipnorm=0.5),
    optimizer("SGD", "average", learning_rate=0.1, use_ema=True, ema_momentum=0.9),
    optimizer("SGD", "average overwrites", learning_rate=0.1, use_ema=True, ema_momentum=0.9,
              ema_overwrite_frequency=2),
    optimizer("SGD", "accumulation", learning_rate=0.1, gradient_accumulation_steps=2),
    optimizer("RMSprop", "plain"),
    optimizer("RMSprop", "rho", learning_rate=0.01, rho=0.8, epsilon=1e-5),
    optimizer("RMSprop", "momentum", learning_rate=0.01, momentum=0.9),
    optimizer("RMSprop", "centered", learning_rate=0.01, centered=True),
    optimizer("RMSprop", "centered momentum", learning_rate=0.01, centered=True, momentum=0.5),
    optimizer("RMSprop", "weight decay", learning_rate=0.01, weight_decay=0.1),
    optimizer("Adam", "plain"),
    optimizer("Adam", "betas", learning_rate=0.01, beta_1=0.8, beta_2=0.95, epsilon=1e-4),
    optimizer("Adam", "amsgrad", learning_rate=0.01, amsgrad=True),
    optimizer("Adam", "weight decay", learning_rate=0.01, weight_decay=0.1),
    optimizer("Adam", "schedule", learning_rate=SCHEDULE),
    optimizer("Adam", "clip norm", learning_rate=0.01, clipnorm=0.5),
    optimizer("Adam", "clip all", learning_rate=0.01, global_clipnorm=0.5),
    optimizer("Adam", "average", learning_rate=0.01, use_ema=True, ema_momentum=0.9),
    optimizer("Adam", "accumulation", learning_rate=0.01, gradient_accumulation_steps=2),
    optimizer("AdamW", "plain"),
    optimizer("AdamW", "decay", learning_rate=0.01, weight_decay=0.1),
    optimizer("AdamW", "amsgrad", learning_rate=0.01, weight_decay=0.1, amsgrad=True),
    optimizer("AdamW", "clip value", learning_rate=0.01, clipvalue=0.25),
    optimizer("Nadam", "plain"),
    optimizer("Nadam", "betas", learning_rate=0.01, beta_1=0.8, beta_2=0.95),
    optimizer("Adamax", "plain"),
    optimizer("Adamax", "rate 0.05", learning_rate=0.05),
    optimizer("Adagrad", "plain"),
    optimizer("Adagrad", "accumulator", learning_rate=0.1, initial_accumulator_value=0.5),
    optimizer("Adadelta", "plain"),
    optimizer("Adadelta", "rate 1", learning_rate=1.0, rho=0.9),
    optimizer("Ftrl", "plain"),
    optimizer("Ftrl", "all options", learning_rate=0.1, learning_rate_power=-0.6,
              initial_accumulator_value=0.2, l1_regularization_strength=0.01,
              l2_regularization_strength=0.02, l2_shrinkage_regularization_strength=0.03,
              beta=0.1),
    optimizer("Lion", "plain"),
    optimizer("Lion", "betas", learning_rate=0.01, beta_1=0.8, beta_2=0.9, weight_decay=0.1),
    optimizer("Adafactor", "plain"),
    optimizer("Adafactor", "relative off", learning_rate=0.05, relative_step=False,
              beta_2_decay=-0.7, clip_threshold=0.8),
    optimizer("Muon", "plain"),
    optimizer("ScheduleFreeAdamW", "plain"),
    optimizer("ScheduleFreeAdamW", "warm-up", learning_rate=0.05, warmup_steps=3,
              weight_decay=0.01),
]

SCHEDULES = [
    ("ExponentialDecay plain", "ExponentialDecay",
     dict(initial_learning_rate=0.1, decay_steps=4, decay_rate=0.5)),
    ("ExponentialDecay staircase", "ExponentialDecay",
     dict(initial_learning_rate=0.1, decay_steps=4, decay_rate=0.5, staircase=True)),
    ("InverseTimeDecay plain", "InverseTimeDecay",
     dict(initial_learning_rate=0.1, decay_steps=4, decay_rate=0.5)),
    ("InverseTimeDecay staircase", "InverseTimeDecay",
     dict(initial_learning_rate=0.1, decay_steps=4, decay_rate=0.5, staircase=True)),
    ("PiecewiseConstantDecay three", "PiecewiseConstantDecay",
     dict(boundaries=[3, 8], values=[0.3, 0.2, 0.1])),
    ("PolynomialDecay plain", "PolynomialDecay",
     dict(initial_learning_rate=0.1, decay_steps=10)),
    ("PolynomialDecay power and cycle", "PolynomialDecay",
     dict(initial_learning_rate=0.1, decay_steps=5, end_learning_rate=0.01, power=2.0,
          cycle=True)),
    ("CosineDecay plain", "CosineDecay", dict(initial_learning_rate=0.1, decay_steps=10)),
    ("CosineDecay alpha", "CosineDecay",
     dict(initial_learning_rate=0.1, decay_steps=10, alpha=0.2)),
    ("CosineDecay warm-up", "CosineDecay",
     dict(initial_learning_rate=0.01, decay_steps=10, warmup_target=0.1, warmup_steps=4)),
    ("CosineDecayRestarts plain", "CosineDecayRestarts",
     dict(initial_learning_rate=0.1, first_decay_steps=3)),
    ("CosineDecayRestarts options", "CosineDecayRestarts",
     dict(initial_learning_rate=0.1, first_decay_steps=3, t_mul=1.5, m_mul=0.8, alpha=0.1)),
]

REGULARIZERS = [
    ("L1", dict(l1=0.02)), ("L2", dict(l2=0.03)), ("L1L2", dict(l1=0.02, l2=0.03)),
    ("OrthogonalRegularizer", dict(factor=0.1, mode="rows")),
    ("OrthogonalRegularizer", dict(factor=0.1, mode="columns")),
]

CONSTRAINTS = [
    ("MaxNorm", dict(max_value=1.0, axis=0)), ("MaxNorm", dict(max_value=0.7, axis=[0, 1])),
    ("NonNeg", dict()), ("UnitNorm", dict(axis=0)),
    ("MinMaxNorm", dict(min_value=0.5, max_value=1.0, rate=0.5, axis=1)),
]
