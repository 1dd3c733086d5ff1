"""Training alike: from the same weights, without shuffling, the same losses epoch by epoch."""

import tempfile

import numpy as np
import tensorflow as tf

from keras_cases import files
from keras_cases.values import distinct, generator

from .comparing import Unlike, histories_alike
from .results import FAILED, OK, Result
from .swiftlet import Refused

TOLERANCE = 1e-4
SAMPLES, BATCH, EPOCHS = 20, 8, 3  # the last batch of an epoch is a smaller one

OPTIMIZERS = {
    "SGD": ("SGD", dict(learning_rate=0.05)),
    "SGD momentum": ("SGD", dict(learning_rate=0.02, momentum=0.9)),
    "SGD Nesterov": ("SGD", dict(learning_rate=0.02, momentum=0.8, nesterov=True)),
    "RMSprop": ("RMSprop", dict(learning_rate=0.005)),
    "Adam": ("Adam", dict(learning_rate=0.01)),
    "AdamW": ("AdamW", dict(learning_rate=0.01, weight_decay=0.02)),
}
# Options that do not depend on the layers are tried on one family.
MORE_OPTIMIZERS = {
    "SGD decay and clipping": ("SGD", dict(learning_rate=0.05, weight_decay=0.01, clipnorm=0.5)),
    "SGD clip value": ("SGD", dict(learning_rate=0.05, clipvalue=0.05)),
    "SGD global clipping": ("SGD", dict(learning_rate=0.05, global_clipnorm=0.3)),
    "RMSprop momentum": ("RMSprop", dict(learning_rate=0.005, momentum=0.7, rho=0.8)),
    "RMSprop centered": ("RMSprop", dict(learning_rate=0.005, centered=True)),
    "Adam AMSGrad": ("Adam", dict(learning_rate=0.01, amsgrad=True, epsilon=1e-4)),
    "AdamW betas": ("AdamW", dict(learning_rate=0.01, beta_1=0.8, beta_2=0.9)),
}

# Tried alone: two epochs there and two here. A dict of optimizers is a MultiOptimizer's.
STATE_OPTIMIZERS = {
    "Nadam": ("Nadam", dict(learning_rate=0.01)),
    "Adamax": ("Adamax", dict(learning_rate=0.01)),
    "Adagrad": ("Adagrad", dict(learning_rate=0.05)),
    "Adadelta": ("Adadelta", dict(learning_rate=0.5)),
    "Ftrl": ("Ftrl", dict(learning_rate=0.05, l1_regularization_strength=0.001)),
    "Lion": ("Lion", dict(learning_rate=0.003, weight_decay=0.1)),
    "Lamb": ("Lamb", dict(learning_rate=0.02)),
    "Adafactor": ("Adafactor", dict(learning_rate=0.05)),
    "Muon": ("Muon", dict(learning_rate=0.01)),
    "ScheduleFreeAdamW": ("ScheduleFreeAdamW", dict(learning_rate=0.01, warmup_steps=5)),
    "averages": ("Adam", dict(learning_rate=0.01, use_ema=True, ema_momentum=0.8)),
    "averages overwrite": ("SGD", dict(learning_rate=0.05, use_ema=True, ema_momentum=0.8,
                                       ema_overwrite_frequency=2)),
    "accumulated gradients": ("Adam", dict(learning_rate=0.01, gradient_accumulation_steps=2)),
    "accumulated averages": ("AdamW", dict(learning_rate=0.01, gradient_accumulation_steps=4,
                                           use_ema=True, ema_momentum=0.7, global_clipnorm=0.3)),
    "exponential schedule": ("Adam", dict(learning_rate=("ExponentialDecay", dict(
        initial_learning_rate=0.02, decay_steps=3, decay_rate=0.7)))),
    "cosine schedule": ("SGD", dict(momentum=0.9, learning_rate=("CosineDecay", dict(
        initial_learning_rate=0.01, decay_steps=10, warmup_target=0.05, warmup_steps=4)))),
    "loss scale factor": ("Adam", dict(learning_rate=0.01, loss_scale_factor=8.0)),
    "LossScaleOptimizer": ("LossScaleOptimizer", dict(
        inner=("Adam", dict(learning_rate=0.01)), initial_scale=4.0, dynamic_growth_steps=5)),
    "MultiOptimizer": ("MultiOptimizer", dict(
        inner=("Adam", dict(learning_rate=0.01)),
        parts={".*bias": ("SGD", dict(learning_rate=0.05, momentum=0.5)),
               ".*gamma": ("RMSprop", dict(learning_rate=0.005))})),
}


def optimizer_of(k, class_name, options):
    """An optimizer with those inside; None if this Keras has none of that name or option."""
    options = dict(options)
    make = getattr(k.optimizers, class_name, None)
    only_3 = ("gradient_accumulation_steps", "loss_scale_factor", "inner")
    if make is None or k.__version__ < "3" and any(key in options for key in only_3):
        return None
    if isinstance(options.get("learning_rate"), tuple):
        schedule, arguments = options["learning_rate"]
        options["learning_rate"] = getattr(k.optimizers.schedules, schedule)(**arguments)
    if class_name == "LossScaleOptimizer":
        return make(optimizer_of(k, *options.pop("inner")), **options)
    if class_name == "MultiOptimizer":
        parts = {key: optimizer_of(k, *value) for key, value in options["parts"].items()}
        return make(k.optimizers.OptimizerMap(optimizer_of(k, *options["inner"]), parts))
    return make(**options)


# name: (class, options, activation of the last layer, kind of truth)
LOSSES = {
    "mse": ("MeanSquaredError", {}, None, "real"),
    "mae": ("MeanAbsoluteError", {}, None, "real"),
    "huber": ("Huber", {}, None, "real"),  # files do not keep its delta
    "binary": ("BinaryCrossentropy", {}, "sigmoid", "bits"),
    "categorical": ("CategoricalCrossentropy", {}, "softmax", "one hot"),
    "sparse": ("SparseCategoricalCrossentropy", {}, "softmax", "classes"),
    "sparse logits": ("SparseCategoricalCrossentropy", dict(from_logits=True), None, "classes"),
}
MORE_LOSSES = {
    "binary logits": ("BinaryCrossentropy", dict(from_logits=True), None, "bits"),
    "binary smoothed": ("BinaryCrossentropy", dict(label_smoothing=0.1), "sigmoid", "bits"),
    "categorical logits": ("CategoricalCrossentropy", dict(from_logits=True), None, "one hot"),
    "categorical smoothed": ("CategoricalCrossentropy", dict(label_smoothing=0.2), "softmax",
                             "one hot"),
}
WIDTH = 3


def sequential(*layers):
    return lambda k: [getattr(k.layers, name)(*a, **o) for name, a, o in layers]


def l(name, *arguments, **options):
    return name, arguments, options


def time_distributed(k):
    return [k.layers.TimeDistributed(k.layers.Dense(4, activation="tanh")),
            k.layers.GlobalMaxPooling1D()]


def bidirectional(k):
    return [k.layers.Bidirectional(k.layers.LSTM(3, return_sequences=True)),
            k.layers.Bidirectional(k.layers.GRU(2), merge_mode="sum")]


# name: (input shape, layers of a stack)
STACKS = {
    "Dense": ((5,), sequential(l("Dense", 6, activation="relu"), l("Dense", 4, activation="tanh"))),
    "Conv2D and batch normalization": ((6, 6, 2), sequential(
        l("Conv2D", 3, 3, padding="same", strides=2), l("BatchNormalization"), l("ReLU"),
        l("MaxPooling2D", 2), l("Flatten"))),
    "Conv1D": ((8, 2), sequential(
        l("Conv1D", 4, 3, padding="causal", dilation_rate=2, activation="relu"),
        l("AveragePooling1D", 2), l("GlobalMaxPooling1D"))),
    "Conv3D": ((3, 4, 4, 1), sequential(
        l("Conv3D", 2, 2, activation="tanh"), l("MaxPooling3D", (1, 2, 2)), l("Flatten"))),
    "Depthwise and separable": ((5, 5, 2), sequential(
        l("DepthwiseConv2D", 3, padding="same", depth_multiplier=2, activation="elu"),
        l("SeparableConv2D", 3, 3), l("GlobalAveragePooling2D"))),
    "Conv2DTranspose and upsampling": ((3, 3, 2), sequential(
        l("Conv2DTranspose", 2, 3, strides=2, padding="same", activation="relu"),
        l("UpSampling2D", 2), l("Cropping2D", 1), l("ZeroPadding2D", 1), l("AveragePooling2D", 3),
        l("Flatten"))),
    "LSTM": ((5, 3), sequential(l("LSTM", 4, return_sequences=True), l("LSTM", 3))),
    "GRU": ((5, 3), sequential(l("GRU", 4, return_sequences=True),
                               l("GRU", 3, reset_after=False))),
    "SimpleRNN": ((5, 3), sequential(l("SimpleRNN", 4, return_sequences=True, go_backwards=True),
                                     l("SimpleRNN", 3, activation="relu"))),
    "Bidirectional": ((4, 3), bidirectional),
    "TimeDistributed": ((4, 3), time_distributed),
    "Embedding": ((3,), sequential(l("Embedding", 64, 4), l("LSTM", 3))),
    "Layer normalization and activations": ((6,), sequential(
        l("Dense", 5), l("LayerNormalization"), l("PReLU"), l("Dense", 5), l("LeakyReLU"),
        l("Dense", 4), l("ELU"), l("Softmax"))),
    "Regularized": ((5,), sequential(
        l("Dense", 6, activation="relu", kernel_regularizer="l2", bias_regularizer="l1"),
        l("BatchNormalization", momentum=0.8, gamma_regularizer="l2"),
        l("Dense", 4, activation="gelu", kernel_regularizer="l1"))),
    "Preprocessing and reshaping": ((4, 6), sequential(
        l("Rescaling", 0.5, offset=0.25), l("Normalization"), l("Permute", (2, 1)),
        l("Reshape", (8, 3)), l("Conv1D", 3, 3), l("Flatten"), l("RepeatVector", 2),
        l("Flatten"))),
}


def merged(k, activation):
    """Every merge, a shared layer, a nested model called twice, two inputs."""
    a, b = k.Input((4,), name="a"), k.Input((4,), name="b")
    shared = k.layers.Dense(4, activation="tanh", name="shared")
    x = k.Input((4,), name="x")
    inner = k.Model(x, k.layers.Add(name="plus")([x, k.layers.Dense(4, name="inside")(x)]),
                    name="inner")
    p, q = inner(shared(a)), inner(shared(b))
    parts = [getattr(k.layers, name)(name=name.lower())([p, q])
             for name in ("Subtract", "Multiply", "Average", "Maximum", "Minimum")]
    parts.append(k.layers.Dot(axes=1, normalize=True, name="likeness")([p, q]))
    y = k.layers.Concatenate(name="parts")(parts)
    return k.Model([a, b], k.layers.Dense(WIDTH, activation=activation, name="head")(y))


FAMILIES = list(STACKS) + ["Merges, shared and nested"]


def model_of(k, family, activation):
    if family not in STACKS:
        return merged(k, activation)
    shape, layers = STACKS[family]
    dtype = "int32" if family == "Embedding" else "float32"
    return k.Sequential([k.Input(shape, dtype=dtype, name="x"), *layers(k),
                         k.layers.Dense(WIDTH, activation=activation, name="head")])


def inputs_of(family, model):
    rng = generator(family, "x")
    if family == "Embedding":
        # Each index once a batch: Keras 3 on TensorFlow squares the parts of a repeated row's
        # gradient one by one, unlike Keras 2 and unlike Keras 3 on other backends.
        rows = [rng.permutation(64)[:BATCH * 3].reshape(BATCH, 3) for _ in range(3)]
        return [np.concatenate(rows)[:SAMPLES].astype(np.int32)]
    return [distinct(rng, (SAMPLES, *t.shape[1:]), offset=i) for i, t in enumerate(model.inputs)]


def truth_of(kind):
    rng = generator("truth", kind)
    classes = rng.integers(0, WIDTH, SAMPLES)
    return {"real": lambda: distinct(rng, (SAMPLES, WIDTH), spread=1.5),
            "bits": lambda: rng.integers(0, 2, (SAMPLES, WIDTH)).astype(np.float32),
            "one hot": lambda: np.eye(WIDTH, dtype=np.float32)[classes],
            "classes": lambda: classes.astype(np.int32)}[kind]()


class Reference:
    """Keras's training step, traced once for a family and a loss and used by every optimizer."""

    def __init__(self, model, loss, inputs, truth):
        self.model, self.inputs, self.truth = model, inputs, truth

        @tf.function(reduce_retracing=True)
        def gradients(x, y):
            with tf.GradientTape() as tape:
                outputs = model(x if len(x) > 1 else x[0], training=True)
                value = loss(y, outputs) + sum(model.losses)
            return value, tape.gradient(value, [v.value for v in model.trainable_variables])

        self.gradients = gradients

    def epochs(self, optimizer, count):
        """Losses per epoch: the mean over samples, as `fit` reports it."""
        history = []
        for _ in range(count):
            total = 0.0
            for start in range(0, SAMPLES, BATCH):
                part = slice(start, start + BATCH)
                x = [tf.convert_to_tensor(a[part]) for a in self.inputs]
                y = tf.convert_to_tensor(self.truth[part])
                value, gradients = self.gradients(x, y)
                optimizer.apply(gradients, self.model.trainable_variables)
                total += float(value) * len(y)
            history.append(total / SAMPLES)
        return {"loss": history}


def fitted(model, inputs, truth, epochs):
    """History of Keras's own `fit`."""
    x = inputs if len(inputs) > 1 else inputs[0]
    model.run_eagerly = True  # so few steps do not repay tracing
    return model.fit(x, truth, batch_size=BATCH, epochs=epochs, shuffle=False, verbose=0).history


def compare(section, case, step, run, wanted):
    try:
        histories_alike(run(), wanted, TOLERANCE)
        return Result("training " + section, case, step, OK)
    except (Unlike, Refused, OSError) as error:
        return Result("training " + section, case, step, FAILED, str(error)[:500])


def jobs(quick):
    for family in FAMILIES:
        yield "training", family, family
    for name in OPTIMIZERS | ({} if quick else MORE_OPTIMIZERS | STATE_OPTIMIZERS):
        yield "optimizer state", name, name


FITTED = ("Dense", "Conv2D and batch normalization")


def choices(family, quick):
    """The losses and optimizers that a family is tried with, and whether by `fit`."""
    losses = LOSSES | MORE_LOSSES if family == "Dense" else LOSSES
    optimizers = OPTIMIZERS | MORE_OPTIMIZERS if family == "Dense" else OPTIMIZERS
    for i, loss in enumerate(losses):
        for j, optimizer in enumerate(optimizers):
            diagonal = i % len(optimizers) == j
            if diagonal or not quick:
                # Keras's own `fit`, metrics and all, now and then; else its step alone, for speed.
                yield loss, optimizer, diagonal and family in FITTED


def run_family(swiftlet, keras, family, quick):
    results = []
    references = {}
    with tempfile.TemporaryDirectory() as folder:
        for turn, (loss, optimizer, by_fit) in enumerate(choices(family, quick)):
            class_name, options, activation, kind = (LOSSES | MORE_LOSSES)[loss]
            optimizer_class, optimizer_options = (OPTIMIZERS | MORE_OPTIMIZERS)[optimizer]
            if loss not in references:
                model = model_of(keras, family, activation)
                files.fill(model, family)
                loss_object = getattr(keras.losses, class_name)(**options)
                references[loss] = (Reference(model, loss_object, inputs_of(family, model),
                                              truth_of(kind)), model.get_weights(), loss_object)
            reference, start, loss_object = references[loss]
            model = reference.model
            model.set_weights(start)
            make = getattr(keras.optimizers, optimizer_class)
            model.compile(optimizer=make(**optimizer_options), loss=loss_object,
                          metrics=["accuracy"] if by_fit and kind != "real" else None)
            path = f"{folder}/start" + (".keras" if turn % 2 else ".h5")
            model.save(path)
            if by_fit:
                wanted = fitted(model, reference.inputs, reference.truth, EPOCHS)
            else:
                wanted = reference.epochs(make(**optimizer_options), EPOCHS)
            results.append(compare(
                family, f"{loss}, {optimizer}", f"{EPOCHS} epochs, {class_name}",
                lambda: swiftlet.train(path, reference.inputs, [reference.truth], folder, EPOCHS,
                                       BATCH, f"{folder}/end.keras"), wanted))
    return results


STATE_FAMILIES = ("Conv2D and batch normalization", "GRU")


def run_state(swiftlet, kerases, name):
    """Two epochs there and two here are as good as four in one place, and the reverse."""
    class_name, options = (OPTIMIZERS | MORE_OPTIMIZERS | STATE_OPTIMIZERS)[name]
    results = []
    for keras, era in kerases:
        if optimizer_of(keras, class_name, options) is None:
            continue
        for family in STATE_FAMILIES if name in OPTIMIZERS else STATE_FAMILIES[:1]:
            model = model_of(keras, family, "softmax")
            files.fill(model, family)
            start = model.get_weights()
            inputs, truth = inputs_of(family, model), truth_of("classes")

            def begun():
                model.set_weights(start)
                model.compile(optimizer=optimizer_of(keras, class_name, options),
                              loss="sparse_categorical_crossentropy")

            begun()
            # In two goes, since each ends with the averages of the weights where some are kept.
            four = [loss for _ in range(2) for loss in fitted(model, inputs, truth, 2)["loss"]]
            for kind in files.KINDS:
                if kind.era != era or kind.weights_suffix:
                    continue
                # Keras 3 gives two of Adafactor's variables one name, which an .h5 has no room for.
                if class_name == "Adafactor" and kind.suffix == ".h5":
                    continue
                with tempfile.TemporaryDirectory() as folder:
                    begun()
                    path, _ = kind.save(model, f"{folder}/untrained")
                    fitted(model, inputs, truth, 2)
                    half, _ = kind.save(model, f"{folder}/half")
                    results.append(compare(
                        "optimizer state", f"{name}, {family}", f"{kind.name} -> Swiftlet goes on",
                        lambda: swiftlet.train(half, inputs, [truth], folder, 2, BATCH,
                                               f"{folder}/end{kind.suffix}"),
                        {"loss": four[2:]}))
                    # Swiftlet writes Keras 3's .keras, not 2's; and Keras 3 cannot go on from any
                    # .h5: it builds the restored optimizer without variables.
                    if kind.name in ("keras 2 .keras", "keras 3 .h5"):
                        continue
                    # Keras 2 forgets Nadam's product of momenta, and begins averages otherwise.
                    if era == 2 and (class_name == "Nadam" or options.get("use_ema")):
                        continue
                    ours = f"{folder}/ours{kind.suffix}"

                    def back():
                        swiftlet.train(path, inputs, [truth], folder, 2, BATCH, ours)
                        try:
                            loaded = keras.models.load_model(ours)
                            return fitted(loaded, inputs, truth, 2)
                        except (ValueError, TypeError, KeyError, OSError) as error:
                            raise Unlike(f"Keras: {type(error).__name__}: {error}") from None

                    results.append(compare("optimizer state", f"{name}, {family}",
                                           f"Swiftlet -> {kind.name} goes on", back,
                                           {"loss": four[2:]}))
    return results
