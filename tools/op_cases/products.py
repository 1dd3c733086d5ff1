"""Matrix products by NumPy; convolutions and their gradients by TensorFlow. Small whole numbers, so
that every sum is exact."""

import numpy as np
import tensorflow as tf

VERSIONS = {"tensorflow": tf.__version__}


def numbers(*shape):
    """Whole numbers from -9 to 9, the same at every run."""
    return np.random.RandomState(int(np.prod(shape))).randint(-9, 10, shape).astype("float32")


def cases():
    yield from matrices()
    yield from convolutions()


def matrices():
    a, b = numbers(3, 5), numbers(5, 4)
    yield "matmul", [a, b], np.matmul
    yield "matmul transposed", [a.T.copy(), b.T.copy()], lambda a, b: a.T @ b.T
    yield "matmul of batches", [numbers(2, 3, 5), numbers(2, 5, 4)], np.matmul
    yield "matmul of repeated batches", [numbers(2, 1, 3, 5), numbers(3, 5, 4)], np.matmul
    yield "matmul with one matrix", [numbers(2, 3, 5), b], np.matmul
    yield "matmul over nothing", [numbers(3, 0), numbers(0, 4)], np.matmul


def convolution(strides, dilation=1, padding="VALID"):
    return lambda x, k: tf.nn.convolution(
        x, k, strides=strides, padding=padding, dilations=dilation).numpy()


def kernel_gradient(forward, kernel_shape):
    def compute(x, dy):
        kernel = tf.zeros(kernel_shape)
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            y = forward(x, kernel)
        return tape.gradient(y, kernel, output_gradients=dy).numpy()

    return compute


def convolutions():
    yield "conv1d causal", [numbers(2, 7, 3), numbers(3, 3, 4)], lambda x, k: tf.nn.convolution(
        np.pad(x, ((0, 0), (4, 0), (0, 0))), k, dilations=2).numpy()
    x = numbers(2, 7, 6, 3)
    yield "conv2d same, stride 2", [x, numbers(3, 3, 3, 5)], convolution(2, padding="SAME")
    yield "conv2d dilated", [x, numbers(3, 2, 3, 5)], convolution(1, [2, 3])
    yield "conv2d in groups", [numbers(1, 5, 5, 6), numbers(3, 3, 2, 9)], convolution(1)
    yield "conv3d", [numbers(1, 4, 5, 6, 2), numbers(2, 3, 2, 2, 3)], convolution([1, 2, 2])
    yield "depthwise conv2d", [x, numbers(3, 3, 3, 2)], lambda x, k: tf.nn.depthwise_conv2d(
        x, k, [1, 2, 2, 1], "SAME").numpy()
    yield "transposed conv2d", [numbers(2, 4, 3, 5), numbers(3, 3, 2, 5)], lambda x, k: (
        tf.nn.conv2d_transpose(x, k, [2, 7, 6, 2], 2, "SAME").numpy())
    yield "transposed conv2d, kernel under stride", [numbers(1, 3, 3, 2), numbers(2, 2, 3, 2)], (
        lambda x, k: tf.nn.conv2d_transpose(x, k, [1, 9, 9, 3], 3, "VALID").numpy())
    yield "conv2d kernel gradient", [numbers(2, 7, 6, 3), numbers(2, 4, 3, 5)], kernel_gradient(
        lambda x, k: tf.nn.conv2d(x, k, 2, "SAME"), [3, 3, 3, 5])
