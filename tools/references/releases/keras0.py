"""A model of Keras 0.3, built, run and saved by it: python keras0.py FOLDER NAME [LABEL]."""

import json
import os
import sys

import numpy as np
import keras
import theano.ifelse
from keras.layers.convolutional import Convolution2D, MaxPooling2D
from keras.layers.core import Activation, Dense, Dropout, Flatten
from keras.layers.normalization import BatchNormalization
from keras.models import Sequential


def main():
    stem = os.path.join(sys.argv[1], sys.argv[2] + "-first")
    np.random.seed(1)
    model = Sequential()
    model.add(Convolution2D(3, 3, 2, input_shape=(2, 6, 5), border_mode="valid"))
    model.add(Activation("relu"))
    model.add(MaxPooling2D((2, 2)))
    model.add(Flatten())
    model.add(Dense(4, activation="tanh"))
    model.add(BatchNormalization())
    model.add(Dropout(0.3))
    model.add(Dense(3, activation="softmax"))
    model.compile("sgd", "mse")
    random = np.random.RandomState(2)
    model.set_weights([random.uniform(0.1, 0.9, w.shape) - (0.4 if w.ndim > 1 else 0)
                       for w in model.get_weights()])
    x = random.normal(size=(2, 2, 6, 5)).astype("float32")
    np.savez(stem + ".npz", input_0=x, output_0=model.predict(x).astype("float32"))
    with open(stem + ".json", "w") as file:
        file.write(model.to_json())
    model.save_weights(stem + "-weights.h5", overwrite=True)
    name = os.path.basename(stem)
    print(json.dumps([{"file": name + ".json", "weights_file": name + "-weights.h5",
                       "reference": name + ".npz", "keras": keras.__version__, "backend": "theano"}]))


if __name__ == "__main__":
    main()
