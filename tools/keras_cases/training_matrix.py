"""Every loss, optimizer, schedule, regularizer, constraint and family of layers in a small training:
rows of training histories (see `histories.py`), two epochs of three steps each.
"""

import keras
from keras import layers as L

from .histories import ADAM, SGD, chain, loss, metric, mlp, optimizer, row

SCHEDULES = keras.optimizers.schedules
REAL = dict(optimizer=SGD, loss="mse")
CLASSES = dict(optimizer=ADAM, loss="sparse_categorical_crossentropy", metrics=["accuracy"])


def short(*args, **fit):
    return row(*args, **fit) | {"epochs": 2}


# MARK: losses

def embedding():
    return keras.Sequential([keras.Input((5,)), L.Dense(6, "tanh"), L.Dense(4), L.UnitNormalization()])


def reader():
    return keras.Sequential([keras.Input((8, 3)), L.Conv1D(6, 3, activation="tanh", padding="same"),
                             L.Dense(4)])


LOSSES = [
    short("loss mean_absolute_percentage_error", mlp(2, "softplus"), "positive 2",
          dict(optimizer=ADAM, loss="mean_absolute_percentage_error")),
    short("loss mean_squared_logarithmic_error", mlp(2, "softplus"), "positive 2",
          dict(optimizer=ADAM, loss="msle", metrics=["mape"])),
    short("loss cosine_similarity", mlp(2, "linear"), "real 2",
          dict(optimizer=ADAM, loss="cosine_similarity", metrics=[metric("CosineSimilarity")])),
    short("loss poisson", mlp(2, "softplus"), "positive 2", dict(optimizer=ADAM, loss="poisson")),
    short("loss kl_divergence", mlp(3, "softmax"), "one hot",
          dict(optimizer=ADAM, loss="kl_divergence")),
    short("loss hinge", mlp(1, "linear"), "yes or no", dict(optimizer=ADAM, loss="hinge")),
    short("loss squared_hinge", mlp(1, "tanh"), "yes or no",
          dict(optimizer=ADAM, loss="squared_hinge")),
    short("loss categorical_hinge", mlp(3, "softmax"), "one hot",
          dict(optimizer=ADAM, loss="categorical_hinge")),
    short("loss binary_focal_crossentropy", mlp(1, "sigmoid"), "yes or no",
          dict(optimizer=ADAM, loss=loss("BinaryFocalCrossentropy", apply_class_balancing=True,
                                         gamma=1.5))),
    short("loss categorical_focal_crossentropy", mlp(3, "softmax"), "one hot",
          dict(optimizer=ADAM, loss="categorical_focal_crossentropy")),
    short("loss categorical_generalized_cross_entropy", mlp(3, "softmax"), "classes",
          dict(optimizer=ADAM, loss=loss("CategoricalGeneralizedCrossEntropy", q=0.7))),
    short("loss dice", mlp(1, "sigmoid"), "yes or no", dict(optimizer=ADAM, loss="dice")),
    short("loss tversky", mlp(1, "sigmoid"), "yes or no",
          dict(optimizer=ADAM, loss=loss("Tversky", alpha=0.3, beta=0.7))),
    short("loss circle", embedding, "classes", dict(optimizer=ADAM, loss=loss("Circle", gamma=8.0))),
    short("loss ctc", reader, "labelled series", dict(optimizer=ADAM, loss="ctc")),
    short("loss mean with weights", mlp(3, "softmax"), "classes weighted",
          dict(optimizer=ADAM, loss=loss("SparseCategoricalCrossentropy",
                                         reduction="mean_with_sample_weight"),
               weighted_metrics=["accuracy"])),
    short("weights of steps", chain(keras.Input((8, 3)), L.GRU(4, return_sequences=True), L.Dense(2)),
          "series weighted", dict(optimizer=ADAM, loss="mse", weighted_metrics=["mae"])),
    short("weights of masked steps", chain(
        keras.Input((7,), dtype="int32"), L.Embedding(9, 4, mask_zero=True),
        L.LSTM(4, return_sequences=True), L.TimeDistributed(L.Dense(3, "softmax"))),
          "words to classes weighted",
          dict(optimizer=ADAM, loss="sparse_categorical_crossentropy", metrics=["accuracy"],
               weighted_metrics=["accuracy"])),
    short("metrics of several numbers", mlp(3, "softmax"), "one hot",
          dict(optimizer=ADAM, loss="categorical_crossentropy",
               metrics=[metric("F1Score", average="macro"), metric("OneHotMeanIoU", num_classes=3),
                        metric("PrecisionAtRecall", recall=0.5), metric("R2Score"),
                        metric("TopKCategoricalAccuracy", k=2), metric("PearsonCorrelation")]),
          validation_split=0.3),
]

# MARK: optimizers

TRAINED = {
    "SGD nesterov": optimizer("SGD", learning_rate=0.02, momentum=0.9, nesterov=True),
    "SGD decay": optimizer("SGD", learning_rate=0.05, weight_decay=0.04, clipvalue=0.02),
    "RMSprop centered": optimizer("RMSprop", learning_rate=0.01, centered=True, momentum=0.5),
    "Adam amsgrad": optimizer("Adam", learning_rate=0.01, amsgrad=True, global_clipnorm=0.2),
    "Nadam": optimizer("Nadam", learning_rate=0.01),
    "Adamax": optimizer("Adamax", learning_rate=0.01, clipnorm=0.1),
    "Adagrad": optimizer("Adagrad", learning_rate=0.05),
    "Adadelta": optimizer("Adadelta", learning_rate=0.5),
    "Ftrl": optimizer("Ftrl", learning_rate=0.05, l1_regularization_strength=0.001,
                      l2_regularization_strength=0.01, beta=0.1),
    "Lion": optimizer("Lion", learning_rate=0.003, weight_decay=0.1),
    "Lamb": optimizer("Lamb", learning_rate=0.02),
    "Adafactor": optimizer("Adafactor", learning_rate=0.05),
    "Muon": optimizer("Muon", learning_rate=0.01),
    "ScheduleFreeAdamW": optimizer("ScheduleFreeAdamW", learning_rate=0.01, warmup_steps=3),
    "averages overwrite": optimizer("SGD", learning_rate=0.05, use_ema=True, ema_momentum=0.8,
                                    ema_overwrite_frequency=2),
    "all options": optimizer("AdamW", learning_rate=0.01, weight_decay=0.05, clipnorm=0.3,
                             use_ema=True, ema_momentum=0.7, gradient_accumulation_steps=2,
                             loss_scale_factor=16.0),
    "loss scale": lambda: keras.optimizers.LossScaleOptimizer(
        keras.optimizers.Adam(0.01), initial_scale=4.0, dynamic_growth_steps=2),
    "loss scale too large": lambda: keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(0.05, momentum=0.9), initial_scale=2.0**127, dynamic_growth_steps=3),
    "several": lambda: keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(
        keras.optimizers.Adam(0.01), {".*bias": keras.optimizers.SGD(0.05, momentum=0.5)})),
}
OPTIMIZERS = [
    # (Built in graph mode, ScheduleFreeAdamW of Keras 3.15 forgets the weights that it starts from.)
    *[short(f"optimizer {name}", mlp(2, "linear"), "real 2",
            dict(optimizer=make, loss="mse", run_eagerly=name == "ScheduleFreeAdamW"))
      for name, make in TRAINED.items()],
    # Shapes other than those of dense layers, and a table whose rows are looked up.
    *[short(f"optimizer {name} of words", chain(
        keras.Input((7,), dtype="int32"), L.Embedding(9, 4), L.Conv1D(3, 2), L.Flatten(),
        L.Dense(1, "sigmoid")), "words", dict(optimizer=TRAINED[name], loss="binary_crossentropy"))
      for name in ("Lamb", "Adafactor", "Muon", "Adamax", "Ftrl", "Lion", "Nadam", "SGD decay",
                   "Adam amsgrad", "averages overwrite", "RMSprop centered", "Adagrad", "Adadelta",
                   "loss scale")],
    *[short(f"schedule {name}", mlp(2, "linear"), "real 2",
            dict(optimizer=optimizer("SGD", learning_rate=schedule), loss="mse"))
      for name, schedule in {
          "exponential": SCHEDULES.ExponentialDecay(0.1, 2, 0.5, staircase=True),
          "inverse time": SCHEDULES.InverseTimeDecay(0.1, 2, 0.5),
          "piecewise": SCHEDULES.PiecewiseConstantDecay([1, 4], [0.1, 0.05, 0.01]),
          "polynomial": SCHEDULES.PolynomialDecay(0.1, 4, 0.01, power=2.0),
          "cosine": SCHEDULES.CosineDecay(0.02, 5, alpha=0.1, warmup_target=0.1, warmup_steps=2),
          "restarts": SCHEDULES.CosineDecayRestarts(0.1, 2, t_mul=1.5, m_mul=0.8)}.items()],
]

# MARK: penalties

REGULARIZERS = {"l1": keras.regularizers.L1(0.02), "l2": keras.regularizers.L2(0.03),
                "l1 and l2": keras.regularizers.L1L2(0.01, 0.02),
                "rows": keras.regularizers.OrthogonalRegularizer(0.1, mode="rows"),
                "columns": keras.regularizers.OrthogonalRegularizer(0.1, mode="columns")}
CONSTRAINTS = {"MaxNorm": keras.constraints.MaxNorm(0.6), "NonNeg": keras.constraints.NonNeg(),
               "UnitNorm": keras.constraints.UnitNorm(axis=0),
               "MinMaxNorm": keras.constraints.MinMaxNorm(0.3, 0.7, rate=0.5, axis=1)}
PENALTIES = [
    *[short(f"regularizer {name}", chain(
        keras.Input((5,)), L.Dense(4, "tanh", kernel_regularizer=r), L.Dense(2)), "real 2", REAL)
      for name, r in REGULARIZERS.items()],
    *[short(f"constraint {name}", chain(
        keras.Input((5,)), L.Dense(4, "tanh", kernel_constraint=c), L.Dense(2)), "real 2", REAL)
      for name, c in CONSTRAINTS.items()],
    short("penalties everywhere", chain(
        keras.Input((8, 3)),
        L.SeparableConv1D(4, 3, depthwise_regularizer="l2", pointwise_regularizer="l1",
                          depthwise_constraint="unit_norm"),
        L.BatchNormalization(gamma_regularizer="l2", beta_constraint="non_neg"),
        L.LSTM(3, recurrent_regularizer="l2", recurrent_constraint="max_norm",
               bias_regularizer="l1", kernel_constraint="unit_norm", activity_regularizer="l2"),
        L.Dense(1)), "series", REAL),
    short("activity regularized twice", chain(
        keras.Input((5,)), L.Dense(4, activity_regularizer="l1"), L.ActivityRegularization(0.01, 0.02),
        L.Dense(2, "softmax", activity_regularizer=keras.regularizers.L2(0.01))), "real 2", REAL),
]

# MARK: layers

IMAGE, SERIES, VOLUME = keras.Input((6, 6, 2)), keras.Input((8, 3)), keras.Input((4, 4, 4, 1))


def images(*layers):
    return chain(keras.Input((6, 6, 2)), *layers, L.Flatten(), L.Dense(3, "softmax"))


def series(*layers):
    return chain(keras.Input((8, 3)), *layers, L.Flatten(), L.Dense(1))


def volumes(*layers):
    return chain(keras.Input((4, 4, 4, 1)), *layers, L.Flatten(), L.Dense(3, "softmax"))


def words(*layers):
    return chain(keras.Input((7,), dtype="int32"), L.Embedding(9, 4, mask_zero=True), *layers,
                 L.Dense(1, "sigmoid"))


def attended(make):
    def model():
        x = keras.Input((8, 3), name="x")
        q, v = L.Dense(4, name="q")(x), L.Dense(4, name="v")(x)
        y = make(q, v)
        return keras.Model(x, L.Dense(1)(L.GlobalAveragePooling1D()(y)))
    return model


def transformer():
    words = keras.Input((7,), dtype="int32")
    x = L.Embedding(9, 4, mask_zero=True)(words)
    y = L.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)
    x = L.LayerNormalization()(L.Add()([x, y]))
    y = L.Dense(4)(L.Dense(6, "gelu")(x))
    x = L.RMSNormalization()(L.Add()([x, y]))
    return keras.Model(words, L.Dense(1, "sigmoid")(L.GlobalAveragePooling1D()(x)))


def merges():
    a, b = keras.Input((5,), name="a"), keras.Input((5,), name="b")
    x, y = L.Dense(4, "tanh", name="x")(a), L.Dense(4, "tanh", name="y")(b)
    parts = [merge()([x, y]) for merge in
             (L.Add, L.Subtract, L.Multiply, L.Average, L.Maximum, L.Minimum, L.Concatenate)]
    parts.append(L.Dot(1, normalize=True)([x, y]))
    return keras.Model([a, b], L.Dense(2)(L.Concatenate()(parts)))


def noisy():
    return keras.Sequential([
        keras.Input((8, 3)), L.Dense(4, "tanh"), L.Dropout(0.0), L.SpatialDropout1D(0.0),
        L.GaussianNoise(0.0), L.GaussianDropout(0.0), L.AlphaDropout(0.0), L.Flatten(), L.Dense(1)])


def nested_states():
    x = keras.Input((8, 3), name="x")
    y, h, c = L.LSTM(4, return_sequences=True, return_state=True)(x)
    y = L.LSTM(4, go_backwards=True)(y, initial_state=[h, c])
    return keras.Model(x, L.Dense(1)(y))


LAYERS = {
    "grouped convolution": (images(L.Conv2D(4, 3, groups=2, activation="relu"),
                                   L.Conv2D(3, (1, 2), dilation_rate=(1, 2))), "images", CLASSES),
    "strided convolution": (images(L.Conv2D(3, 3, strides=2, padding="same"), L.ReLU(6.0)),
                            "images", CLASSES),
    "transposed in time": (series(L.Conv1DTranspose(3, 3, strides=2, padding="same"),
                                  L.AveragePooling1D(2)), "series", REAL),
    "transposed without a stride": (images(L.Conv2DTranspose(2, 2, activation="tanh")), "images",
                                    CLASSES),
    "transposed in space": (volumes(L.Conv3DTranspose(2, 2, strides=2)), "volumes", CLASSES),
    "separable in time": (series(L.SeparableConv1D(4, 3, depth_multiplier=2, padding="same")),
                          "series", REAL),
    "depthwise in time": (series(L.DepthwiseConv1D(3, depth_multiplier=2, activation="elu")),
                          "series", REAL),
    "depthwise strided": (images(L.DepthwiseConv2D(3, strides=2, padding="same",
                                                   depth_multiplier=2)), "images", CLASSES),
    "pooling in time": (series(L.Conv1D(4, 2), L.MaxPooling1D(3, strides=2, padding="same"),
                               L.AveragePooling1D(2)), "series", REAL),
    "pooling overlaps": (images(L.Conv2D(4, 2), L.MaxPooling2D(3, 1, padding="same"),
                                L.AveragePooling2D(3, 2, padding="same")), "images", CLASSES),
    "pooling in space": (volumes(L.Conv3D(3, 2, padding="same"), L.AveragePooling3D(2),
                                 L.GlobalAveragePooling3D()), "volumes", CLASSES),
    "largest of all": (images(L.Conv2D(4, 3), L.GlobalMaxPooling2D(keepdims=True)), "images",
                       CLASSES),
    "adaptive pooling": (images(L.Conv2D(4, 3), L.AdaptiveAveragePooling2D(3),
                                L.AdaptiveMaxPooling2D(2)), "images", CLASSES),
    "simple recurrence": (series(L.SimpleRNN(4, return_sequences=True, activation="relu"),
                                 L.SimpleRNN(3, go_backwards=True)), "series", REAL),
    "GRU before": (series(L.GRU(4, reset_after=False, return_sequences=True), L.GRU(3)), "series",
                   REAL),
    "LSTM hard": (series(L.LSTM(4, recurrent_activation="hard_sigmoid", unit_forget_bias=False)),
                  "series", REAL),
    "states passed on": (nested_states, "series", REAL),
    "stacked cells": (series(L.RNN([L.LSTMCell(4), L.GRUCell(3), L.SimpleRNNCell(2)])), "series",
                      REAL),
    "masked both ways": (words(L.Bidirectional(L.LSTM(3, return_sequences=True)),
                               L.Bidirectional(L.GRU(2), merge_mode="ave")), "words",
                         dict(optimizer=ADAM, loss="binary_crossentropy")),
    "masking": (chain(keras.Input((8, 3)), L.Masking(), L.GRU(4, return_sequences=True),
                      L.TimeDistributed(L.Dense(2, "tanh")), L.SimpleRNN(3), L.Dense(1)),
                "series with gaps", REAL),
    "batch normalization under a mask": (words(L.BatchNormalization(momentum=0.8), L.LSTM(3)),
                                         "words", dict(optimizer=ADAM, loss="binary_crossentropy")),
    "convolutional LSTM": (chain(keras.Input((4, 5, 5, 1)), L.ConvLSTM2D(2, 2), L.Flatten(),
                                 L.Dense(3, "softmax")), "films", CLASSES),
    "convolutional LSTM in time": (chain(keras.Input((4, 6, 2)), L.ConvLSTM1D(2, 3, padding="same"),
                                         L.Flatten(), L.Dense(3, "softmax")), "strips", CLASSES),
    "time distributed convolution": (chain(
        keras.Input((4, 5, 5, 1)), L.TimeDistributed(L.Conv2D(2, 3)), L.TimeDistributed(L.Flatten()),
        L.GRU(3), L.Dense(3, "softmax")), "films", CLASSES),
    "attention": (attended(lambda q, v: L.Attention(use_scale=True)([q, v])), "series", REAL),
    "concatenating attention": (attended(lambda q, v: L.Attention(score_mode="concat")([q, v])),
                                "series", REAL),
    "additive attention": (attended(lambda q, v: L.AdditiveAttention()([q, v])), "series", REAL),
    "several heads": (attended(lambda q, v: L.MultiHeadAttention(2, 3, value_dim=2)(q, v)), "series",
                      REAL),
    "grouped heads": (attended(lambda q, v: L.GroupQueryAttention(3, 4, 2)(q, v)), "series", REAL),
    "causal transformer": (transformer, "words", dict(optimizer=ADAM, loss="binary_crossentropy")),
    "batch normalization": (images(L.Conv2D(4, 2, use_bias=False),
                                   L.BatchNormalization(momentum=0.8, scale=False), L.ReLU(),
                                   L.BatchNormalization(center=False, epsilon=0.01)), "images",
                            CLASSES),
    "layer normalization": (images(L.Conv2D(4, 2), L.LayerNormalization(axis=[1, 2, 3]),
                                   L.LayerNormalization(epsilon=0.01)), "images", CLASSES),
    "group normalization": (images(L.Conv2D(4, 2), L.GroupNormalization(2), L.UnitNormalization(),
                                   L.GroupNormalization(-1)), "images", CLASSES),
    "root mean square normalization": (series(L.Dense(4), L.RMSNormalization()), "series", REAL),
    "spectral normalization": (images(L.SpectralNormalization(L.Conv2D(3, 2))), "images", CLASSES),
    "reshaping": (series(L.Permute((2, 1)), L.Reshape((4, 6)), L.Dense(3, "tanh"), L.Flatten(),
                         L.RepeatVector(2), L.ZeroPadding1D((1, 2)), L.Cropping1D(1),
                         L.UpSampling1D(2), L.Conv1D(2, 2)), "series", REAL),
    "bilinear pictures": (images(L.Conv2D(2, 3), L.UpSampling2D(2, interpolation="bilinear"),
                                 L.Resizing(5, 7), L.ZeroPadding2D(((0, 1), (1, 0))),
                                 L.Cropping2D(1), L.Conv2D(2, 2)), "images", CLASSES),
    "volumes reshaped": (volumes(L.Conv3D(2, 2), L.UpSampling3D(2), L.ZeroPadding3D(1),
                                 L.Cropping3D(2), L.MaxPooling3D(2, padding="same")), "volumes",
                         CLASSES),
    "noise of nothing": (noisy, "series", REAL),
    "merging": (merges, "pair", REAL),
    "activations": (series(L.Dense(4), L.PReLU(shared_axes=[1]), L.Dense(4), L.LeakyReLU(0.2),
                           L.Dense(4), L.ELU(0.7), L.Dense(4, "selu"), L.Dense(4, "mish"),
                           L.Dense(4, "hard_silu"), L.Softmax(), L.Activation("swish")), "series",
                    REAL),
    "einsum": (series(L.EinsumDense("abc,cd->abd", output_shape=(8, 4), bias_axes="d",
                                    activation="tanh")), "series", REAL),
    "maxout and embeddings": (chain(
        keras.Input((7,), dtype="int32"),
        L.Embedding(9, 4, embeddings_regularizer="l2", embeddings_constraint="unit_norm"),
        L.GlobalMaxPooling1D(), L.Dense(1, "sigmoid")), "words",
        dict(optimizer=SGD, loss="binary_crossentropy")),
}
LAYERS = [short(name, model, data, compile) for name, (model, data, compile) in LAYERS.items()]

MANY = {"losses": LOSSES, "optimizers": OPTIMIZERS + PENALTIES, "layers": LAYERS}
