"""Models of Keras 2, tf.keras and Keras 3, built, run and saved by that very release.

Run by tools/make-release-fixtures in an environment of its own: python keras2.py MODULE FOLDER NAME
writes every kind of file that the release knows, FOLDER/NAME-<model>….  MODULE is keras, tf_keras
or tensorflow.keras.
"""

import importlib
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

MODULE = sys.argv[1]
keras = importlib.import_module(MODULE)
layers, models, backend = keras.layers, keras.models, keras.backend
Input = layers.Input
VERSION = getattr(keras, "__version__", None) or importlib.import_module("keras").__version__
BACKEND = backend.backend()
if BACKEND == "theano":
    import theano.ifelse  # Keras relies on somebody having imported it


def has(name):
    return hasattr(layers, name)


def cnn():
    model = models.Sequential(name="cnn")
    model.add(layers.Conv2D(4, (3, 2), input_shape=(9, 8, 3), padding="same",
                            kernel_initializer="he_normal", name="conv_a"))
    model.add(layers.BatchNormalization(name="norm"))
    model.add(layers.Activation("relu", name="act"))
    if BACKEND != "theano":
        model.add(layers.SeparableConv2D(5, 3, depth_multiplier=2, name="separable"))
        model.add(layers.DepthwiseConv2D(3, name="depthwise") if has("DepthwiseConv2D")
                  else layers.Conv2D(3, 2, name="instead"))
    model.add(layers.ZeroPadding2D(((1, 0), (0, 1)), name="pad"))
    model.add(layers.Conv2DTranspose(3, 2, strides=(2, 2), name="up"))
    model.add(layers.LeakyReLU(0.2, name="leaky"))
    model.add(layers.PReLU(shared_axes=[1, 2], name="prelu"))
    model.add(layers.MaxPooling2D((2, 2), name="pool"))
    model.add(layers.SpatialDropout2D(0.2, name="drop"))
    model.add(layers.GlobalAveragePooling2D(name="mean"))
    model.add(layers.Dense(4, activation="hard_sigmoid", kernel_regularizer="l2", name="hidden"))
    model.add(layers.Dense(3, activation="softmax", name="end"))
    return model


def recurrent():
    model = models.Sequential(name="recurrent")
    model.add(layers.Embedding(11, 5, input_length=6, mask_zero=True, name="embedding")
              if not is_keras_3() else layers.Embedding(11, 5, mask_zero=True, name="embedding"))
    model.add(layers.Bidirectional(layers.LSTM(3, return_sequences=True, name="lstm"), name="both"))
    model.add(layers.GRU(4, return_sequences=True, dropout=0.1, name="gru"))
    model.add(layers.TimeDistributed(layers.Dense(3, activation="elu", name="each"), name="steps"))
    model.add(layers.SimpleRNN(4, go_backwards=True, name="simple"))
    model.add(layers.Dense(2, name="end"))
    if is_keras_3():
        model.build((None, 6))
    return model


def is_keras_3():
    return MODULE == "keras" and VERSION.startswith("3")


def graph():
    a, b = Input((4, 3), name="a"), Input((4, 3), name="b")
    shared = layers.Dense(3, activation="tanh", name="shared")
    one, two = shared(a), shared(b)
    inner_input = Input((3,), name="inner_input")
    inner_norm = layers.BatchNormalization(name="inner_norm")(layers.Dense(3, name="inner_dense")(inner_input))
    inner = models.Model(inner_input, layers.Dense(2, name="inner_end")(inner_norm), name="inner")
    stack = models.Sequential([layers.LSTM(3, input_shape=(4, 3), name="stack_lstm"),
                               layers.BatchNormalization(name="stack_norm"),
                               layers.Dense(3, name="stack_dense")], name="stack")
    stack.layers[-1].trainable = False
    total = layers.Add(name="sum")([one, two])
    mean = layers.Average(name="mean")([one, total])
    dot = layers.Dot(axes=2, name="dot")([mean, layers.Multiply(name="product")([one, two])])
    p, q = inner(stack(a)), inner(stack(total))
    state_source = layers.LSTM(2, return_state=True, name="encoder")(b)
    decoded = layers.LSTM(2, name="decoder")(a, initial_state=state_source[1:])
    joined = layers.Concatenate(name="joined")(
        [layers.Flatten(name="flat")(dot), p, decoded, layers.Maximum(name="most")([p, q])])
    return models.Model([a, b], [layers.Dense(2, name="end")(joined),
                                 layers.Reshape((2, 1), name="also")(q)], name="graph")


def first_channels():
    x = Input((3, 6, 5), name="x")
    y = layers.Conv2D(4, 3, padding="same", strides=2, data_format="channels_first", name="conv")(x)
    y = layers.Conv2D(4, 2, padding="same", data_format="channels_first", name="even")(y)
    y = layers.BatchNormalization(axis=1, name="norm")(y)
    return models.Model(x, layers.Flatten(name="flat")(y), name="first")


def unbuilt():
    """No layer says what the input is; the weights do."""
    model = models.Sequential([layers.Dense(4, activation="tanh", name="one"),
                               layers.BatchNormalization(name="norm"),
                               layers.Dense(2, name="two")], name="unbuilt")
    model.build((None, 3))
    return model


def masked():
    """What becomes of masked steps is all that comes out."""
    model = models.Sequential(name="masked")
    model.add(layers.Masking(input_shape=(5, 3), name="masking"))
    model.add(layers.Bidirectional(layers.LSTM(2, return_sequences=True, name="lstm"), name="both"))
    return model


def trained():
    return models.Sequential([layers.Dense(2, input_shape=(3,), name="dense")], name="trained")


MODELS = {"cnn": cnn, "masked": masked, "trained": trained, "recurrent": recurrent, "graph": graph, "unbuilt": unbuilt}
if BACKEND == "theano":
    MODELS["first"] = first_channels
    del MODELS["unbuilt"]


def compiled(model, label):
    if label == "cnn":
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    elif label == "trained":
        model.compile("adam", "mse")
    elif label == "recurrent":
        model.compile(keras.optimizers.RMSprop(0.01) if not MODULE.startswith("tf_keras")
                      else keras.optimizers.RMSprop(learning_rate=0.01), "mse")
    return model


def save(model, label, stem):
    """(file, weights file or None) of every kind that can be written."""
    def attempt(path, weights, *actions):
        try:
            for action in actions:
                action()
        except Exception as error:
            sys.stderr.write("%s: %s\n" % (os.path.basename(path), str(error)[:200].replace("\n", " ")))
        else:
            yield os.path.basename(path), weights and os.path.basename(weights)

    def architecture(path):
        with open(path, "w") as file:
            file.write(model.to_json())

    for row in attempt(stem + ".h5", None, lambda: model.save(stem + ".h5")):
        yield row
    major = VERSION.split("-")[0].split(".")[:2]
    new = [int(p) for p in major] >= [2, 12] if VERSION else False
    if not new and label == "cnn":
        weights = stem + "-weights.h5"
        for row in attempt(stem + ".json", weights, lambda: architecture(stem + ".json"),
                           lambda: model.save_weights(weights)):
            yield row
    if new:
        for row in attempt(stem + ".keras", None, lambda: model.save(stem + ".keras")):
            yield row
        weights = stem + ".weights.h5"
        if label == "graph":
            for row in attempt(stem + ".json", weights, lambda: architecture(stem + ".json"),
                               lambda: model.save_weights(weights)):
                yield row


def write(folder, name, label):
    model = compiled(MODELS[label](), label)
    random = np.random.RandomState(7)
    model.set_weights([random.uniform(0.1, 0.9, w.shape) - (0.4 if w.ndim > 1 else 0)
                       for w in model.get_weights()])
    shapes = [(None, 3)] if label == "unbuilt" else [
        tuple(getattr(t, "_keras_shape", None) or t.shape) for t in model.inputs]
    inputs = []
    for shape in shapes:
        extents = tuple(int(e) for e in shape[1:])
        values = random.normal(size=(2,) + extents)
        if label == "recurrent":
            values = random.randint(0, 11, (2,) + extents)
        inputs.append(values.astype("float32"))
    if label == "masked":
        inputs[0][0, 1] = inputs[0][0, 3:] = 0
    if label in ("cnn", "trained"):  # leaves optimizer state behind
        model.train_on_batch(inputs[0], np.eye(3, dtype="float32")[:2, :int(model.output_shape[-1])])
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0])
    outputs = outputs if isinstance(outputs, list) else [outputs]
    stem = os.path.join(folder, name + "-" + label)
    arrays = {"input_%d" % i: a for i, a in enumerate(inputs)}
    arrays.update({"output_%d" % i: np.asarray(a, "float32") for i, a in enumerate(outputs)})
    np.savez(stem + ".npz", **arrays)
    for file, weights in save(model, label, stem):
        row = {"file": file, "reference": os.path.basename(stem) + ".npz", "keras": VERSION,
               "module": MODULE, "backend": BACKEND}
        if weights:
            row["weights_file"] = weights
        yield row


def main():
    folder, name, labels = sys.argv[2], sys.argv[3], sys.argv[4:] or sorted(MODELS)
    rows = []
    for label in labels:
        try:
            rows += list(write(folder, name, label))
        except Exception as error:
            sys.stderr.write("%s-%s: %s: %s\n" % (
                name, label, type(error).__name__, str(error)[:300].replace("\n", " ")))
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
