"""Functions of one, two and three numbers. Float references are computed in double precision."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras  # noqa: E402
import ml_dtypes  # noqa: E402
import numpy as np  # noqa: E402
import scipy  # noqa: E402
import scipy.special  # noqa: E402
import tensorflow as tf  # noqa: E402

np.seterr(all="ignore")

VERSIONS = {
    "keras": keras.__version__,
    "ml_dtypes": ml_dtypes.__version__,
    "scipy": scipy.__version__,
    "tensorflow": tf.__version__,
}

# Both sides of every kink, both tails, and what is no number; 35 of them, so that a part of a vector
# remains at every width.
POINTS = np.array(
    [0, -0.0, 1e-30, -1e-6, 1e-3, -0.01, 0.1, -0.1, 0.3, -0.3, 0.5, -0.5, 0.7, -0.7, 0.99, -0.99]
    + [1, -1, 1.5, -1.5, 2.5, -2.5, 3, -3, 3.5, -4.5, 6, 6.5, -9, 12, 19, -25, np.nan]
    + [np.inf, -np.inf],
    "float32",
)


def single(function):
    """The function in double precision, rounded to single."""

    def compute(*inputs):
        wide = [x.astype("float64") if x.dtype == np.float32 else x for x in inputs]
        result = np.asarray(function(*wide))
        return result.astype("float32") if result.dtype == np.float64 else result

    return compute


def keras_function(function):
    return single(lambda x: function(tf.constant(x)).numpy())


def numpy_functions():
    yield "negate", np.negative
    yield "abs", np.abs
    yield "sign", np.sign
    yield "square", np.square
    yield "sqrt", np.sqrt
    yield "rsqrt", lambda x: 1 / np.sqrt(x)
    yield "reciprocal", np.reciprocal
    for name in ["exp", "expm1", "log", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh"]:
        yield name, getattr(np, name)
    for name in ["asin", "acos", "atan", "asinh", "acosh", "atanh"]:
        yield name, getattr(np, name.replace("a", "arc", 1))
    yield "erf", scipy.special.erf
    yield "floor", np.floor
    yield "ceil", np.ceil
    yield "round", np.rint


def keras_functions():
    a = keras.activations
    for name in ["sigmoid", "log_sigmoid", "softplus", "softsign", "relu6", "elu", "selu", "silu"]:
        yield name, getattr(a, name)
    for name in ["mish", "hard_sigmoid", "hard_silu", "hard_tanh", "tanh_shrink"]:
        yield name, getattr(a, name)
    for name in ["sparse_sigmoid", "sparse_plus", "gelu", "squareplus"]:
        yield name, getattr(a, name)
    yield "relu", a.relu
    yield "relu, slope 0.3", lambda x: a.relu(x, negative_slope=0.3)
    yield "relu, up to 2", lambda x: a.relu(x, max_value=2.0)
    yield "relu above 0.5", lambda x: a.relu(x, threshold=0.5)
    yield "relu, slope 0.3, up to 2, above 0.5", lambda x: a.relu(
        x, negative_slope=0.3, max_value=2.0, threshold=0.5)
    yield "leaky_relu", a.leaky_relu
    yield "elu, alpha 0.7", lambda x: a.elu(x, 0.7)
    yield "celu, alpha 0.7", lambda x: a.celu(x, 0.7)
    yield "gelu by tanh", lambda x: a.gelu(x, approximate=True)
    yield "hard_shrink", a.hard_shrink
    yield "soft_shrink", a.soft_shrink
    yield "threshold", lambda x: a.threshold(x, 0.7, -2.0)
    yield "squareplus, b 2", lambda x: a.squareplus(x, 2)
    yield "clip", lambda x: keras.ops.clip(x, -0.7, 1.5)
    # Keras 1 and 2.
    yield "hard_sigmoid of slope 0.2", lambda x: tf.clip_by_value(0.2 * x + 0.5, 0.0, 1.0)


def some(*shape, dtype="float32", seed=0):
    """Numbers around zero in eighths, so that some are equal and some whole."""
    order = np.random.RandomState(seed + int(np.prod(shape))).randint(-24, 25, shape)
    if dtype == "bool":
        return order % 3 == 0
    return (order / 8).astype(dtype) if dtype == "float32" else order.astype(dtype)


BROADCASTS = [((3, 9), (3, 9)), ((3, 9), (9,)), ((2, 1, 3), (4, 1)), ((), (7,))]


def binary_functions():
    yield "add", np.add, True
    yield "subtract", np.subtract, True
    yield "multiply", np.multiply, True
    yield "divide", np.divide, False
    yield "maximum", np.maximum, True
    yield "minimum", np.minimum, True
    yield "squared_difference", lambda a, b: (a - b) ** 2, True
    yield "floor_divide", np.floor_divide, True
    yield "floor_mod", np.mod, True
    yield "power", np.power, False
    yield "atan2", np.arctan2, False


def binaries():
    for name, function, has_integers in binary_functions():
        for shapes in BROADCASTS:
            a, b = some(*shapes[0]), some(*shapes[1], seed=1)
            if name.startswith("floor"):
                b = np.where(b == 0, np.float32(0.25), b)
            yield f"{name} of {shapes[0]} and {shapes[1]}", [a, b], single(function)
        for dtype in ["int32", "int64"] if has_integers else []:
            a, b = some(3, 9, dtype=dtype), some(9, dtype=dtype, seed=1)
            if name.startswith("floor"):
                b = np.where(b == 0, 7, b).astype(dtype)
            yield f"{name} of {dtype}", [a, b], function
    a = np.array([np.nan, 1, np.nan, np.inf, -np.inf], "float32")
    b = np.array([1, np.nan, np.nan, 1, 1], "float32")
    yield "maximum with nan", [a, b], np.maximum
    yield "minimum with nan", [a, b], np.minimum
    wide = np.array([2**31 - 1, -(2**31)], "int32")
    yield "add past the end of int32", [wide, wide[::-1].copy()], np.add
    yield "multiply past the end of int32", [wide, wide], np.multiply


def questions():
    for name in ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"]:
        function = getattr(np, name)
        for shapes in BROADCASTS:
            inputs = [some(*shapes[0]), some(*shapes[1], seed=1)]
            yield f"{name} of {shapes[0]} and {shapes[1]}", inputs, function
        yield f"{name} of int64", [some(40, dtype="int64"), some(40, dtype="int64", seed=1)], function
        yield f"{name} of bool", [some(9, dtype="bool"), some(9, dtype="bool", seed=1)], function
        yield f"{name} with nan", [POINTS, POINTS[::-1].copy()], function
    for name in ["logical_and", "logical_or", "logical_xor"]:
        inputs = [some(4, 5, dtype="bool"), some(5, dtype="bool", seed=1)]
        yield name, inputs, getattr(np, name)
    yield "logical_not", [some(13, dtype="bool")], np.logical_not
    for name in ["isnan", "isinf", "isfinite"]:
        yield name, [POINTS], getattr(np, name)


def choices():
    condition = some(4, 5, dtype="bool")
    for dtype in ["float32", "int64", "bool"]:
        yield f"select {dtype}", [
            condition, some(4, 5, dtype=dtype), some(4, 5, dtype=dtype, seed=1)], np.where
    yield "select rows", [condition[:, :1].copy(), some(4, 5), some(5)], np.where
    yield "select numbers", [condition, np.float32(1.5), np.float32(-2)], np.where


def derivative(function):
    """Of the function of all operands but the last, which is the derivative that comes in."""

    def compute(*inputs):
        operands = [tf.constant(x) for x in inputs[:-1]]
        with tf.GradientTape() as tape:
            tape.watch(operands)
            y = function(*operands)
        gradients = tape.gradient(
            y, operands, tf.constant(inputs[-1]), unconnected_gradients="zero")
        return np.concatenate([g.numpy().ravel() for g in gradients])

    return compute


# Where the functions have corners.
CORNERS = np.array(
    [-4, -3, -2.5, -1, -0.7, -0.5, 0, 0.5, 0.7, 1, 1.5, 2, 2.5, 3, 5, 6, 7], "float32")


def derivatives():
    slopes = np.arange(1, CORNERS.size + 1, dtype="float32")
    for name, function in keras_functions():
        yield f"derivative of {name}", [CORNERS, slopes], derivative(function)
    yield "derivative of relu, up to 6", [CORNERS, slopes], derivative(
        lambda x: keras.activations.relu(x, max_value=6.0))
    for name in ["abs", "sign", "square", "floor", "round"]:
        yield f"derivative of {name}", [CORNERS, slopes], derivative(getattr(tf.math, name))
    a = np.array([1, 2, 3, -1, 0, 2], "float32")
    b = np.array([1, 3, 2, -1, 0, -2], "float32")
    for name, function in [
        ("maximum", tf.maximum), ("minimum", tf.minimum), ("multiply", tf.multiply),
        ("squared_difference", tf.math.squared_difference),
    ]:
        yield f"derivative of {name}", [a, b, slopes[:6]], derivative(function)
    base = np.array([0, 0, 2, 3, 1, 0.5], "float32")
    exponent = np.array([2, 1, 3, 0, -1, 0.5], "float32")
    yield "derivative of power", [base, exponent, slopes[:6]], derivative(tf.pow)


def eighths():
    """Numbers rounded to 8-bit floats, the largest kept: both sides of ties and of the smallest."""
    points = np.concatenate([POINTS[np.isfinite(POINTS)] * scale for scale in (1, 2**-6, 2**-9, 30)]
                            + [np.array([447, 464, 500, 57344, 61440, 1e9, -1e9], "float32"),
                               (1 + np.arange(33) / 32).astype("float32"),
                               (np.arange(33) / 2**11).astype("float32")]).astype("float32")
    for name in ["float8_e4m3fn", "float8_e5m2"]:
        dtype = getattr(ml_dtypes, name)
        limit = np.float32(ml_dtypes.finfo(dtype).max)
        yield name, [points], lambda x, dtype=dtype, limit=limit: np.clip(
            x, -limit, limit).astype(dtype).astype("float32")


def cases():
    yield from derivatives()
    yield from eighths()
    for name, function in numpy_functions():
        yield name, [POINTS], single(function)
    for name, function in keras_functions():
        yield name, [POINTS], keras_function(function)
    yield from binaries()
    yield from questions()
    yield from choices()
