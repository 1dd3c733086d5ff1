"""Pooling, resizing and their derivatives, as TensorFlow computes them."""

from op_cases.elementwise import some

import numpy as np
import tensorflow as tf

VERSIONS = {"tensorflow": tf.__version__}


def poolings():
    """Name, input, window, strides, padding as TensorFlow names it."""
    yield "pairs", some(2, 7, 3), [2], [2], "VALID"
    yield "overlapping", some(2, 7, 11), [3], [1], "SAME"
    yield "images", some(2, 6, 5, 9), [2, 2], [2, 2], "VALID"
    yield "images, same", some(2, 6, 5, 9), [3, 3], [2, 2], "SAME"
    yield "images, one channel", some(1, 7, 7, 1), [3, 2], [1, 2], "SAME"
    yield "volumes", some(1, 4, 5, 3, 2), [2, 3, 2], [2, 1, 1], "SAME"
    yield "volumes, valid", some(1, 4, 5, 3, 10), [2, 2, 2], [1, 2, 1], "VALID"


def unlike(x):
    """Different numbers, so that derivatives do not depend on which of equal ones is taken."""
    return (x + np.random.RandomState(7).permutation(x.size).reshape(x.shape) / 4096).astype(
        "float32")


def cases():
    for name, x, size, strides, padding in poolings():
        for kind in ["MAX", "AVG"]:
            title = f"{kind.lower()} of {name}"

            def pool(x, kind=kind, size=size, strides=strides, padding=padding):
                return tf.nn.pool(x, size, kind, strides=strides, padding=padding)

            yield title, [x], lambda x, pool=pool: pool(x).numpy()

            def derivative(x, dy, pool=pool):
                x = tf.constant(x)
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    y = pool(x)
                return tape.gradient(y, x, tf.constant(dy)).numpy()

            point = unlike(x)
            yield f"derivative of {title}", [point, some(*pool(point).shape, seed=3)], derivative
    for method in ["nearest", "bilinear"]:
        for old, new in [((3, 5), (6, 10)), ((7, 4), (3, 9)), ((5, 6), (5, 2)), ((1, 3), (4, 4))]:

            def resize(x, method=method, new=new):
                return tf.image.resize(x, new, method=method)

            x = some(2, *old, 3)
            yield f"{method} {old} to {new}", [x], lambda x, f=resize: f(x).numpy()

            def derivative(x, dy, resize=resize):
                x = tf.constant(x)
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    y = resize(x)
                return tape.gradient(y, x, tf.constant(dy)).numpy()

            yield f"derivative of {method} {old} to {new}", [x, some(2, *new, 3, seed=1)], derivative
