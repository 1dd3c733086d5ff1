"""Models of Keras 1, built, run and saved by Keras 1 itself.

Run by tools/make-release-fixtures in an environment of its own: python keras1.py FOLDER NAME
writes FOLDER/NAME-<model>.h5 (or .json and -weights.h5) and FOLDER/NAME-<model>.npz.
"""

import json
import os
import sys

import keras
import numpy as np
from keras import backend as K
from keras.layers import (Activation, Dense, Dropout, Embedding, Flatten, GRU, Highway, Input, LSTM,
                          MaxoutDense, Merge, Permute, RepeatVector, Reshape, SimpleRNN,
                          TimeDistributed, merge)
from keras.layers.advanced_activations import ELU, LeakyReLU, PReLU, ThresholdedReLU
from keras.layers.convolutional import (AtrousConvolution2D, AveragePooling2D, Convolution1D,
                                        Convolution2D, Convolution3D, Deconvolution2D, MaxPooling1D,
                                        MaxPooling2D, UpSampling2D, ZeroPadding2D)
from keras.layers.core import Masking, TimeDistributedDense
from keras.layers.normalization import BatchNormalization
from keras.models import Model, Sequential
from keras.regularizers import l2

if K.backend() == "theano":
    import theano.ifelse  # Keras 1 relies on somebody having imported it


def images(ordering, rows=8, columns=7, channels=3):
    return (channels, rows, columns) if ordering == "th" else (rows, columns, channels)


def cnn(ordering):
    axis = 1 if ordering == "th" else -1
    same = "same"
    model = Sequential()
    model.add(Convolution2D(4, 3, 2, input_shape=images(ordering), dim_ordering=ordering,
                            subsample=(1, 1), W_regularizer=l2(0.01), name="conv_a"))
    model.add(BatchNormalization(axis=axis, name="norm"))
    model.add(Activation("relu"))
    model.add(ZeroPadding2D((1, 2), dim_ordering=ordering))
    model.add(Convolution2D(4, 3, 3, border_mode=same, subsample=(2, 2), activation="tanh",
                            dim_ordering=ordering, bias=False, init="he_normal", name="conv_b"))
    model.add(Convolution2D(5, 2, 2, border_mode=same, dim_ordering=ordering, name="conv_c"))
    model.add(MaxPooling2D((2, 2), dim_ordering=ordering))
    model.add(LeakyReLU(0.2))
    model.add(Dropout(0.5))
    model.add(Flatten())
    model.add(Dense(6, activation="hard_sigmoid", W_constraint="nonneg"))
    model.add(Dense(3, activation="softmax"))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


def recurrent():
    model = Sequential()
    model.add(Embedding(11, 5, input_length=6, mask_zero=False, dropout=0.1))
    model.add(LSTM(4, return_sequences=True, dropout_W=0.2, dropout_U=0.2, activation="softsign"))
    model.add(GRU(3, return_sequences=True, W_regularizer=l2(0.01)))
    model.add(TimeDistributedDense(4, activation="relu"))
    model.add(Convolution1D(4, 3, border_mode="same", activation="relu"))
    model.add(MaxPooling1D(2, stride=1))
    model.add(TimeDistributed(Dense(3), name="each"))
    model.add(SimpleRNN(4, go_backwards=True))
    model.add(Highway(activation="tanh"))
    model.add(MaxoutDense(3, nb_feature=2))
    model.compile("rmsprop", "mse")
    return model


def merged():
    def branch(name, width):
        model = Sequential()
        model.add(Dense(4, input_dim=width, activation="tanh", name=name + "_dense"))
        model.add(BatchNormalization(name=name + "_norm"))
        return model

    right = Sequential()
    right.add(Merge([branch("b", 2), branch("c", 4)], mode="mul"))
    right.add(Dense(3, name="right"))
    model = Sequential()
    model.add(Merge([branch("a", 3), right], mode="concat", concat_axis=1))
    model.add(Dense(2, activation="sigmoid", name="end"))
    model.compile("sgd", "mse")
    return model


def graph():
    a, b = Input((4, 3), name="a"), Input((4, 3), name="b")
    shared = LSTM(3, return_sequences=True, name="shared", consume_less="gpu")
    one, two = shared(a), shared(b)
    inner_input = Input((3,), name="inner_input")
    inner_norm = BatchNormalization(name="inner_norm")(Dense(3, name="inner_dense")(inner_input))
    inner = Model(inner_input, Dense(2, name="inner_end")(inner_norm), name="inner")
    stack = Sequential(name="stack")
    stack.add(GRU(3, input_shape=(4, 3), name="stack_gru"))
    stack.add(Dense(3, name="stack_dense"))
    x = merge([one, two], mode="sum", name="sum")
    y = merge([one, x], mode="ave", name="ave")
    z = merge([x, y], mode="max", name="max")
    dot = merge([z, y], mode="dot", dot_axes=[2, 2], name="dot")
    p, q = inner(stack(a)), inner(stack(z))
    cosine = Flatten(name="flat_cosine")(merge([p, q], mode="cos", dot_axes=1, name="cos"))
    products = merge([p, q], mode="dot", dot_axes=1, name="product")
    end = merge([Flatten(name="flat")(dot), cosine, products, p], mode="concat", name="joined")
    return Model([a, b], [Dense(2, name="end")(end), Reshape((2, 1), name="also")(q)])


def more(ordering):
    shape = images(ordering, 6, 6, 2)
    x = Input(shape, name="x")
    y = AtrousConvolution2D(3, 3, 3, atrous_rate=(2, 2), border_mode="valid", dim_ordering=ordering,
                            name="atrous")(x)
    y = UpSampling2D((2, 1), dim_ordering=ordering)(y)
    full = (2, 3, 9, 5) if ordering == "th" else (2, 9, 5, 3)
    y = Deconvolution2D(3, 3, 3, output_shape=full, border_mode="valid", subsample=(2, 2),
                        dim_ordering=ordering, name="deconv")(y) if False else y
    y = PReLU(name="prelu")(y)
    y = ELU(0.7, name="elu")(y)
    y = ThresholdedReLU(0.1, name="threshold")(y)
    y = AveragePooling2D((2, 2), dim_ordering=ordering, name="pool")(y)
    flat = Flatten(name="flat")(y)
    y = RepeatVector(3, name="repeat")(Dense(2, name="small")(flat))
    y = Permute((2, 1), name="permute")(y)
    return Model(x, y)


def deconvolution(ordering):
    x = Input(images(ordering, 4, 3, 2), name="x")
    full = (2, 3, 9, 7) if ordering == "th" else (2, 9, 7, 3)
    y = Deconvolution2D(3, 3, 3, output_shape=full, border_mode="valid", subsample=(2, 2),
                        dim_ordering=ordering, name="deconv")(x)
    return Model(x, y)


def volumes(ordering):
    shape = (2, 4, 5, 4) if ordering == "th" else (4, 5, 4, 2)
    x = Input(shape, name="x")
    return Model(x, Convolution3D(3, 2, 3, 2, dim_ordering=ordering, name="conv3d")(x))


def separable():
    from keras.layers.convolutional import SeparableConvolution2D
    x = Input(images("tf"), name="x")
    return Model(x, SeparableConvolution2D(4, 3, 2, depth_multiplier=2, border_mode="same",
                                           dim_ordering="tf", name="separable")(x))


def both_ways():
    from keras.layers.wrappers import Bidirectional
    model = Sequential()
    model.add(Masking(input_shape=(5, 3)))
    model.add(Bidirectional(LSTM(2, return_sequences=True), merge_mode="concat"))
    model.add(Bidirectional(GRU(3), merge_mode="ave"))
    return model


MODELS = {
    "cnn-th": lambda: cnn("th"), "cnn-tf": lambda: cnn("tf"), "recurrent": recurrent,
    "merged": merged, "graph": graph, "more-th": lambda: more("th"), "more-tf": lambda: more("tf"),
    "deconv-th": lambda: deconvolution("th"), "deconv-tf": lambda: deconvolution("tf"),
    "volumes-th": lambda: volumes("th"), "volumes-tf": lambda: volumes("tf"),
    "separable": separable, "both-ways": both_ways,
}


def write(folder, name, label):
    np.random.seed(len(label))
    model = MODELS[label]()
    random = np.random.RandomState(7)
    model.set_weights([random.uniform(0.1, 0.9, w.shape) - (0.4 if w.ndim > 1 else 0)
                       for w in model.get_weights()])
    inputs = []
    for shape in [model.input_shape] if not isinstance(model.input_shape, list) else model.input_shape:
        values = random.normal(size=(2,) + tuple(shape[1:]))
        if label == "recurrent":
            values = random.randint(0, 11, (2,) + tuple(shape[1:]))
        inputs.append(values.astype("float32"))
    if label == "both-ways":
        inputs[0][0, 3:] = 0
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0])
    outputs = outputs if isinstance(outputs, list) else [outputs]
    stem = os.path.join(folder, name + "-" + label)
    arrays = {"input_%d" % i: a for i, a in enumerate(inputs)}
    arrays.update({"output_%d" % i: np.asarray(a, "float32") for i, a in enumerate(outputs)})
    np.savez(stem + ".npz", **arrays)
    row = {"file": os.path.basename(stem) + ".h5", "reference": os.path.basename(stem) + ".npz"}
    model.save(stem + ".h5")
    rows = [row]
    if label in ("cnn-th", "merged"):
        with open(stem + ".json", "w") as file:
            file.write(model.to_json())
        model.save_weights(stem + "-weights.h5", overwrite=True)
        rows.append({"file": os.path.basename(stem) + ".json", "reference": row["reference"],
                     "weights_file": os.path.basename(stem) + "-weights.h5"})
    return rows


def main():
    folder, name, labels = sys.argv[1], sys.argv[2], sys.argv[3:] or sorted(MODELS)
    rows = []
    for label in labels:
        try:
            for row in write(folder, name, label):
                row["keras"], row["backend"] = keras.__version__, K.backend()
                rows.append(row)
        except Exception as error:
            sys.stderr.write("%s: %s: %s\n" % (name, label, str(error)[:300]))
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
