"""Reductions over axes and functions of whole rows. Float references are in double precision."""

from op_cases.elementwise import POINTS, derivative, single, some

import numpy as np
import scipy
import scipy.special
import tensorflow as tf

VERSIONS = {"scipy": scipy.__version__, "tensorflow": tf.__version__}

SHAPES = [((5,), (0,)), ((3, 40), (0,)), ((3, 40), (1,)), ((2, 3, 4), (0, 1, 2)), ((2, 3, 4), (1,))]
SHAPES += [((2, 3, 5), (0, 2)), ((2, 3, 2, 5), (0, 2)), ((1, 6, 1), (1,)), ((37, 2, 33), (0, 1))]


def ahead(function, axes, keeps):
    return lambda x: function(x, axis=axes, keepdims=keeps)


def reductions():
    for name in ["sum", "mean", "prod", "max", "min"]:
        function = getattr(np, name)
        for shape, axes in SHAPES:
            if name == "prod" and np.prod(shape) > 1000:
                continue
            for keeps in [False, True]:
                title = f"{name} of {shape} over {axes}" + (", kept" if keeps else "")
                yield title, [some(*shape)], single(ahead(function, axes, keeps))
        for dtype in ["int32", "int64"] if name != "mean" else []:
            x = some(4, 6, dtype=dtype)
            yield f"{name} of {dtype}", [x], lambda x, f=function: f(x, axis=1).astype(x.dtype)
    for name in ["any", "all"]:
        x = np.array([[0, 0, 0], [0, 1, 0], [1, 1, 1]], "bool")
        for axis in [0, 1]:
            yield f"{name} over {axis}", [x], ahead(getattr(np, name), axis, False)
    for name in ["max", "min", "sum"]:
        yield f"{name} with nan", [POINTS.reshape(5, 7)], ahead(getattr(np, name), 1, False)
    yield "sum of nothing", [np.zeros((0, 3), "float32")], ahead(np.sum, 0, False)


def positions():
    for name in ["argmax", "argmin"]:
        function = getattr(np, name)
        for axis in [0, 1, 2]:
            yield f"{name} over {axis}", [some(3, 5, 4)], (
                lambda x, f=function, a=axis: f(x, a).astype("int32"))
        yield f"{name} of int64, kept", [some(3, 9, dtype="int64")], (
            lambda x, f=function: f(x, -1, keepdims=True).astype("int32"))
        yield f"{name} with nan", [POINTS.reshape(7, 5)], (
            lambda x, f=function: f(x, -1).astype("int32"))


def rows():
    wide = some(3, 35) * np.float32(4)
    far = np.array([[1000, 1001, -1000], [-np.inf, 0, 1], [-1e30, 0, 1e30]], "float32")
    for name in ["softmax", "log_softmax"]:
        function = getattr(scipy.special, name)
        yield name, [wide], single(lambda x, f=function: f(x, axis=-1))
        yield f"{name} of far numbers", [far], single(lambda x, f=function: f(x, axis=-1))
        yield f"{name} over 1", [some(2, 5, 3)], single(lambda x, f=function: f(x, axis=1))
    yield "logsumexp", [wide], single(lambda x: scipy.special.logsumexp(x, axis=-1))
    yield "logsumexp of far numbers", [far], single(
        lambda x: scipy.special.logsumexp(x, axis=-1))
    yield "logsumexp over 0 and 2, kept", [some(2, 5, 3)], single(
        lambda x: scipy.special.logsumexp(x, axis=(0, 2), keepdims=True))


def normalizations():
    def norm(x, gamma, beta, axes):
        mean = x.mean(axis=axes, keepdims=True)
        variance = x.var(axis=axes, keepdims=True)
        return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta

    gamma, beta = some(21, seed=1) + np.float32(1), some(21, seed=2)
    yield "layer normalization", [some(4, 21), gamma, beta], single(
        lambda x, g, b: norm(x, g, b, -1))
    gamma, beta = some(3, 4, seed=1), some(3, 4, seed=2)
    yield "layer normalization of two axes", [some(2, 2, 3, 4), gamma, beta], single(
        lambda x, g, b: norm(x, g, b, (2, 3)))
    yield "layer normalization far from zero", [some(4, 21) + np.float32(4096)], single(
        lambda x: norm(x, 1, 0, -1))
    yield "layer normalization, scaled", [some(4, 9), some(9, seed=1)], single(
        lambda x, g: norm(x, g, 0, -1))


def derivatives():
    """Equal numbers share a maximum; a product with zeros has derivatives where they stand."""
    ties = np.array([[1, 3, 3], [2, 2, 2], [-1, 0, -5]], "float32")
    zeros = np.array([[2, 0, 3], [0, 0, 4], [1, 2, 3]], "float32")
    dy = np.array([1, 2, 3], "float32")
    for name, x, function in [
        ("max", ties, tf.reduce_max), ("min", ties, tf.reduce_min), ("prod", zeros, tf.reduce_prod),
        ("mean", ties, tf.reduce_mean), ("logsumexp", ties, tf.reduce_logsumexp),
    ]:
        for axis in [0, 1]:
            yield f"derivative of {name} over {axis}", [x, dy], derivative(
                lambda x, f=function, a=axis: f(x, a))


def cases():
    yield from derivatives()
    yield from reductions()
    yield from positions()
    yield from rows()
    yield from normalizations()
