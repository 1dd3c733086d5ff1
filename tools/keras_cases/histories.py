"""Small models with all it takes to train them: the rows of training histories.

A row is a name, a function that makes the model, what `compile` takes, what `fit` takes and the kind
of data (see `references/histories.py`).
"""

import keras
from keras import layers as L

SAMPLES = 22  # batches of 8, 8 and 6


def row(name, model, data, compile, **fit):
    return {"name": name, "model": model, "data": data, "compile": compile, "fit": fit}


def chain(*layers):
    return lambda: keras.Sequential(list(layers))


def mlp(units, activation, hidden="tanh"):
    return chain(keras.Input((5,)), L.Dense(6, hidden), L.Dense(units, activation))


def two_ends():
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    left = L.Dense(4, "tanh", name="left")(a)
    right = L.Dense(4, "relu", name="right")(b)
    both = L.Concatenate()([L.Add()([left, right]), L.Multiply()([left, right])])
    number = L.Dense(1, name="number")(both)
    kind = L.Dense(3, "softmax", name="kind")(both)
    return keras.Model([a, b], [number, kind])


def shared():
    a, b = keras.Input((5,), name="a"), keras.Input((5,), name="b")
    dense = L.Dense(4, "tanh", name="shared")
    x, y = dense(a), dense(b)
    merged = L.Concatenate()([L.Subtract()([x, y]), L.Maximum()([x, y]), L.Average()([x, y])])
    return keras.Model([a, b], L.Dense(2)(merged))


def residual():
    image = keras.Input((6, 6, 2))
    x = L.Conv2D(4, 3, padding="same", use_bias=False)(image)
    x = L.ReLU()(L.BatchNormalization()(x))
    y = L.BatchNormalization()(L.Conv2D(4, 3, padding="same", use_bias=False)(x))
    y = L.MaxPooling2D()(L.ReLU()(L.Add()([x, y])))
    return keras.Model(image, L.Dense(3, "softmax")(L.GlobalAveragePooling2D()(y)))


def frozen():
    model = keras.Sequential([keras.Input((5,)), L.Dense(4, "relu"), L.Dense(3, "tanh"),
                              L.Dense(1)])
    model.layers[1].trainable = False
    return model


def optimizer(class_name, **options):
    return lambda: getattr(keras.optimizers, class_name)(**options)


def loss(class_name, **options):
    return lambda: getattr(keras.losses, class_name)(**options)


def metric(class_name, **options):
    return lambda: getattr(keras.metrics, class_name)(**options)


ADAM = optimizer("Adam", learning_rate=0.01)
SGD = optimizer("SGD", learning_rate=0.05, momentum=0.9)
RMSPROP = optimizer("RMSprop", learning_rate=0.005)
ADAMW = optimizer("AdamW", learning_rate=0.01, weight_decay=0.02)
OPTIMIZERS = {"SGD": SGD, "RMSprop": RMSPROP, "Adam": ADAM, "AdamW": ADAMW}

HALF = keras.optimizers.schedules.ExponentialDecay(0.05, 3, 0.5)
NUMBER_LOSSES = ["mean_squared_error", "mean_absolute_error", "huber", "log_cosh"]

ROWS = [
    # Every loss with every optimizer.
    *[row(f"{kind} {name}", mlp(2, "linear"), "real 2", dict(optimizer=make, loss=kind))
      for kind in NUMBER_LOSSES for name, make in OPTIMIZERS.items()],
    *[row(f"binary_crossentropy {name}", mlp(1, "sigmoid"), "yes or no",
          dict(optimizer=make, loss="binary_crossentropy", metrics=["accuracy"]))
      for name, make in OPTIMIZERS.items()],
    *[row(f"categorical_crossentropy {name}", mlp(3, "softmax"), "one hot",
          dict(optimizer=make, loss="categorical_crossentropy", metrics=["accuracy"]))
      for name, make in OPTIMIZERS.items()],
    *[row(f"sparse_categorical_crossentropy {name}", mlp(3, "softmax"), "classes",
          dict(optimizer=make, loss="sparse_categorical_crossentropy", metrics=["accuracy"]))
      for name, make in OPTIMIZERS.items()],
    # What a loss makes of an output.
    row("logits", mlp(3, "linear"), "classes",
        dict(optimizer=ADAM, loss=loss("SparseCategoricalCrossentropy", from_logits=True),
             metrics=["acc"])),
    row("smoothed logits", mlp(3, "linear"), "one hot",
        dict(optimizer=SGD, loss=loss("CategoricalCrossentropy", from_logits=True,
                                      label_smoothing=0.1))),
    row("softmax under a binary loss", mlp(3, "softmax"), "one hot",
        dict(optimizer=SGD, loss="binary_crossentropy")),
    row("probabilities without logits", chain(
        keras.Input((5,)), L.Dense(3, "softmax"), L.Reshape((3,)), L.Rescaling(0.9, 0.02)), "one hot",
        dict(optimizer=ADAM, loss="categorical_crossentropy")),
    row("one column for vectors", mlp(1, "linear"), "numbers", dict(optimizer=SGD, loss="mse")),
    row("sum", mlp(2, "linear"), "real 2",
        dict(optimizer=optimizer("SGD", learning_rate=0.002),
             loss=loss("MeanSquaredError", reduction="sum"))),
    # What is measured.
    row("validation split", mlp(3, "softmax"), "classes",
        dict(optimizer=ADAM, loss="sparse_categorical_crossentropy",
             metrics=["accuracy", metric("SparseTopKCategoricalAccuracy", k=2)]),
        validation_split=0.25),
    row("many metrics", mlp(1, "sigmoid"), "yes or no",
        dict(optimizer=ADAM, loss="bce",
             metrics=["accuracy", "mae", "mse", metric("AUC"), metric("Precision"),
                      metric("Recall"), metric("RootMeanSquaredError")]), validation_split=0.3),
    row("sample weights", mlp(3, "softmax"), "classes weighted",
        dict(optimizer=ADAM, loss="sparse_categorical_crossentropy", metrics=["accuracy"],
             weighted_metrics=["accuracy"])),
    row("class weights", mlp(3, "softmax"), "classes",
        dict(optimizer=ADAM, loss="sparse_categorical_crossentropy",
             weighted_metrics=["accuracy"]), class_weight={0: 2.0, 2: 0.5}),
    row("two outputs", two_ends, "two ends",
        dict(optimizer=ADAM, loss={"number": "mse", "kind": "sparse_categorical_crossentropy"},
             loss_weights={"number": 0.5, "kind": 2.0},
             metrics={"number": ["mae"], "kind": ["accuracy"]}), validation_split=0.2),
    row("shared layer", shared, "pair", dict(optimizer=ADAM, loss="mse")),
    # What goes with an optimizer.
    row("schedule and clipping", mlp(2, "linear"), "real 2",
        dict(optimizer=optimizer("SGD", learning_rate=HALF, clipnorm=0.3), loss="mse")),
    row("averaged weights", mlp(2, "linear"), "real 2",
        dict(optimizer=optimizer("Adam", learning_rate=0.01, use_ema=True, ema_momentum=0.8),
             loss="mse")),
    row("accumulated gradients", mlp(2, "linear"), "real 2",
        dict(optimizer=optimizer("Adam", learning_rate=0.01, gradient_accumulation_steps=2,
                                 global_clipnorm=0.5), loss="mse")),
    row("frozen layer", frozen, "numbers", dict(optimizer=ADAM, loss="mse")),
    row("regularized and constrained", chain(
        keras.Input((5,)),
        L.Dense(6, "relu", kernel_regularizer="l2", bias_regularizer=keras.regularizers.L1(0.02),
                kernel_constraint=keras.constraints.MaxNorm(0.8)),
        L.Dense(4, "tanh", kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02),
                activity_regularizer=keras.regularizers.L2(0.03)),
        L.Dense(1, kernel_constraint="non_neg")), "numbers",
        dict(optimizer=SGD, loss="mse"), validation_split=0.2),
    # Families of layers.
    row("convolutions", residual, "images", dict(
        optimizer=ADAM, loss="sparse_categorical_crossentropy", metrics=["accuracy"]),
        validation_split=0.25),
    row("separable convolutions", chain(
        keras.Input((6, 6, 2)), L.SeparableConv2D(4, 3, activation="relu"),
        L.DepthwiseConv2D(2, activation="elu"), L.AveragePooling2D(3), L.Flatten(),
        L.Dense(3, "softmax")), "images",
        dict(optimizer=RMSPROP, loss="sparse_categorical_crossentropy")),
    row("transposed convolutions", chain(
        keras.Input((6, 6, 2)), L.Conv2D(3, 3, strides=2, padding="same"), L.LeakyReLU(),
        L.Conv2DTranspose(3, 3, strides=2, padding="same"), L.PReLU(), L.ZeroPadding2D(1),
        L.Cropping2D(1), L.Conv2D(2, 1)), "pictures", dict(optimizer=ADAM, loss="mse")),
    row("upsampling", chain(
        keras.Input((6, 6, 2)), L.MaxPooling2D(2), L.Conv2D(3, 3, padding="same",
                                                            activation="tanh"),
        L.UpSampling2D(2), L.Conv2D(2, 3, padding="same")), "pictures",
        dict(optimizer=SGD, loss="mae")),
    row("convolutions in time", chain(
        keras.Input((8, 3)), L.Conv1D(4, 3, padding="causal", activation="relu"),
        L.LayerNormalization(), L.AveragePooling1D(2), L.Permute((2, 1)), L.Flatten(), L.Dense(1)),
        "series", dict(optimizer=ADAM, loss="mse")),
    row("convolutions in space", chain(
        keras.Input((4, 4, 4, 1)), L.Conv3D(2, 2, activation="relu"), L.MaxPooling3D(2),
        L.GlobalMaxPooling3D(), L.Dense(3, "softmax")), "volumes",
        dict(optimizer=SGD, loss="sparse_categorical_crossentropy")),
    row("embedding and LSTM", chain(
        keras.Input((7,), dtype="int32"), L.Embedding(9, 4, mask_zero=True), L.LSTM(5),
        L.Dense(1, "sigmoid")), "words",
        dict(optimizer=ADAM, loss="binary_crossentropy", metrics=["accuracy"])),
    row("masked sequences", chain(
        keras.Input((7,), dtype="int32"), L.Embedding(9, 4, mask_zero=True),
        L.GRU(4, return_sequences=True), L.TimeDistributed(L.Dense(2))), "words to series",
        dict(optimizer=ADAM, loss="mse", metrics=["mae"])),
    row("both directions", chain(
        keras.Input((8, 3)), L.Bidirectional(L.SimpleRNN(3, return_sequences=True)),
        L.Bidirectional(L.LSTM(2), merge_mode="sum"), L.RepeatVector(2), L.Flatten(), L.Dense(1)),
        "series", dict(optimizer=RMSPROP, loss="huber")),
]

SERIES, FILMS, WORDS = (2, 8, 3), (2, 4, 5, 5, 1), (2, 7)  # 11 batches, or 8 and 3 of validation


def one_for_two():
    a, b = keras.Input(batch_shape=SERIES, name="a"), keras.Input(batch_shape=SERIES, name="b")
    memory = L.GRU(3, stateful=True)
    return keras.Model([a, b], L.Dense(1)(L.Concatenate()([memory(a), memory(b)])))


def stateful(name, shape, *layers, data="series", loss="mse", **fit):
    return row(name, chain(keras.Input(batch_shape=shape,
                                       dtype="int32" if data == "words" else None), *layers),
               data, dict(optimizer=ADAM, loss=loss), batch_size=2, **fit)


# Layers that begin a batch where they ended the one before.
STATEFUL_ROWS = [
    stateful("LSTM", SERIES, L.LSTM(4, stateful=True), L.Dense(1), validation_split=0.27),
    stateful("GRU", SERIES, L.GRU(4, stateful=True), L.Dense(1), validation_split=0.27),
    stateful("two SimpleRNN", SERIES, L.SimpleRNN(4, stateful=True, return_sequences=True),
             L.SimpleRNN(3, stateful=True, go_backwards=True), L.Dense(1), validation_split=0.27),
    stateful("both directions", SERIES, L.Bidirectional(L.LSTM(3, stateful=True)), L.Dense(1)),
    stateful("stacked cells", SERIES, L.RNN([L.LSTMCell(3), L.GRUCell(2)], stateful=True),
             L.Dense(1)),
    stateful("masked", WORDS, L.Embedding(9, 4, mask_zero=True), L.LSTM(4, stateful=True),
             L.Dense(1, "sigmoid"), data="words", loss="binary_crossentropy"),
    stateful("ConvLSTM2D", FILMS, L.ConvLSTM2D(2, 3, stateful=True), L.Flatten(),
             L.Dense(3, "softmax"), data="films", loss="sparse_categorical_crossentropy",
             validation_split=0.27),
    row("shared", one_for_two, "two series", dict(optimizer=ADAM, loss="mse"), batch_size=2),
]


def changed(model, change):
    """A model whose layers take another form once they have seeded weights."""
    def make():
        from .values import weight_for

        made = model()
        for variable in made.weights:
            variable.assign(weight_for(["changed"], variable.path, variable.shape))
        change(made)
        for variable in made.trainable_weights:
            if "lora" in variable.path:
                variable.assign(weight_for(["changed"], variable.name, variable.shape))
        made.is_settled = True
        return made
    return make


def low_rank(model, alpha=None):
    for layer in model.layers:
        if hasattr(layer, "enable_lora") and layer.name != "last":
            layer.enable_lora(2, lora_alpha=alpha)


def quantized_low_rank(model):
    model.quantize("int8")
    low_rank(model)


FLOAT8 = dict(mode="float8", source_name="float32", amax_history_length=4)


def rounded():
    policy = keras.dtype_policies.QuantizedFloat8DTypePolicy(**FLOAT8)
    return keras.Sequential([keras.Input((5,)), L.Dense(6, "tanh", dtype=policy),
                             L.Dense(2, dtype=policy)])


# Quantized layers and changes of low rank.
QUANTIZED_ROWS = [
    row("low rank", changed(chain(
        keras.Input((5,)), L.Dense(6, "tanh", kernel_regularizer="l2"), L.Dense(2, name="last")),
        lambda model: low_rank(model, 6)), "real 2", dict(optimizer=ADAM, loss="mse")),
    row("low rank in convolutions", changed(chain(
        keras.Input((6, 6, 2)), L.Conv2D(4, 3, activation="relu"), L.Flatten(),
        L.Dense(3, "softmax", name="last")), low_rank), "images",
        dict(optimizer=SGD, loss="sparse_categorical_crossentropy")),
    row("low rank of words", changed(chain(
        keras.Input((7,), dtype="int32"), L.Embedding(9, 4), L.Flatten(),
        L.Dense(1, "sigmoid", name="last")), low_rank), "words",
        dict(optimizer=ADAM, loss="binary_crossentropy")),
    row("bytes and low rank", changed(chain(
        keras.Input((5,)), L.Dense(6, "tanh"), L.Dense(2)), quantized_low_rank), "real 2",
        dict(optimizer=SGD, loss="mse")),
    row("8-bit floats", rounded, "real 2", dict(optimizer=ADAM, loss="mse")),
]
