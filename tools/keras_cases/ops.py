"""Operations of `keras.ops` between the layers of a functional model, a row per configuration.

A row's function takes `keras.ops` and symbolic tensors; its result (a tensor or several) is the
model's output. Inputs are shapes (float32, batch included) or `I(shape, limit, dtype)`.
"""

from dataclasses import dataclass
from typing import Callable

import numpy as np


@dataclass(frozen=True)
class I:
    """Whole numbers (or truth values) from `low` to below `limit`."""

    shape: tuple
    limit: int = 5
    dtype: str = "int32"
    low: int = 0


@dataclass(frozen=True)
class P:
    """Positive numbers, or those between two bounds."""

    shape: tuple
    low: float = 0.2
    high: float = 3.0


@dataclass
class OpCase:
    name: str
    build: Callable
    inputs: tuple
    tolerance: float = 2e-5
    gradients: bool = True
    family: str = ""
    cpu: bool = True
    batched: bool = False  # whether the model needs to know the size of the batch


M = (2, 3, 4)
A = (2, 3)


def rows(family, *cases):
    for name, build, inputs, *more in cases:
        inputs = inputs if isinstance(inputs, list) else [inputs]
        options = more[0] if more else {}
        yield OpCase(name, build, tuple(inputs), family=family, **options)


def unary():
    positive = P(A)
    inner = P(A, -0.9, 0.9)
    inputs = {"sqrt": positive, "log": positive, "log2": positive, "log10": positive,
              "log1p": positive, "rsqrt": positive, "reciprocal": positive, "cbrt": positive,
              "arcsin": inner, "arccos": inner, "arctanh": inner, "erfinv": inner,
              "arccosh": P(A, 1.2, 3)}
    names = """absolute abs fabs negative sign square sqrt cbrt reciprocal exp exp2 expm1 log log2
        log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh floor ceil
        round trunc deg2rad rad2deg sinc i0 conj conjugate real imag copy rsqrt erf erfc erfinv
        isnan isinf isfinite isposinf isneginf isreal signbit logical_not relu relu6 sigmoid
        sparse_sigmoid softplus softsign sparse_plus silu squareplus log_sigmoid leaky_relu
        hard_sigmoid hard_silu elu selu gelu celu glu tanh_shrink hard_tanh hard_shrink soft_shrink
        softmax log_softmax sparsemax ones_like zeros_like nan_to_num stop_gradient"""
    for name in names.split():
        given = (2, 4) if name == "glu" else inputs.get(name, A)
        yield name, (lambda o, x, n=name: getattr(o, n)(x)), given
    whole = I(A, 9, low=-4)
    for name in """absolute negative sign square sqrt exp sin floor relu trunc isnan isfinite
            signbit deg2rad ones_like bitwise_not logical_not""".split():
        given = I(A, 9, low=1) if name == "sqrt" else whole
        yield f"{name} int32", (lambda o, x, n=name: getattr(o, n)(x)), given
    yield "round decimals", lambda o, x: o.round(x, 2), A
    yield "elu alpha", lambda o, x: o.elu(x, 0.5), A
    yield "celu alpha", lambda o, x: o.celu(x, 0.5), A
    yield "gelu exact", lambda o, x: o.gelu(x, approximate=False), A
    yield "leaky_relu slope", lambda o, x: o.leaky_relu(x, 0.3), A
    yield "threshold", lambda o, x: o.threshold(x, 0.3, -1.0), A
    yield "softmax axis", lambda o, x: o.softmax(x, axis=1), M
    yield "log_softmax axis", lambda o, x: o.log_softmax(x, axis=-2), M
    yield "sparsemax axis", lambda o, x: o.sparsemax(x, axis=1), M
    yield "glu axis", lambda o, x: o.glu(x, axis=1), (2, 4, 3)
    yield "nan_to_num values", lambda o, x: o.nan_to_num(o.log(x), nan=7.0, neginf=-3), A, \
        {"gradients": False}
    yield "clip", lambda o, x: o.clip(x, -0.5, 0.7), A
    yield "clip int", lambda o, x: o.clip(x, 1, 3), I(A)


def binary():
    names = """add subtract multiply divide true_divide maximum minimum power arctan2 hypot
        heaviside logaddexp logaddexp2 fmax fmin mod fmod floor_divide divide_no_nan equal not_equal
        greater greater_equal less less_equal isclose"""
    for name in names.split():
        left = P(A) if name == "power" else A
        yield name, (lambda o, x, y, n=name: getattr(o, n)(x, y)), [left, A]
        if name not in ("power",):
            yield f"{name} broadcast", (lambda o, x, y, n=name: getattr(o, n)(x, y)), \
                [(2, 3, 1), (2, 1, 4)]
        if name != "power":
            yield f"{name} int32", (lambda o, x, y, n=name: getattr(o, n)(x, y)), \
                [I(A, 9, low=-4), I(A, 5, low=1)]
    for name in "logical_and logical_or logical_xor".split():
        yield name, (lambda o, x, y, n=name: getattr(o, n)(x, y)), [I(A, 2), I(A, 2)]
    for name in "gcd lcm bitwise_and bitwise_or bitwise_xor left_shift right_shift".split():
        yield name, (lambda o, x, y, n=name: getattr(o, n)(x, y)), [I(A, 30), I(A, 7, low=1)]
    yield "bitwise_and uint8", lambda o, x, y: o.bitwise_and(x, y), [I(A, 30, "uint8"),
                                                                   I(A, 30, "uint8")]
    yield "add number", lambda o, x: x + 1, A
    yield "add float to int", lambda o, x: x + 1.5, I(A)
    yield "add int to int", lambda o, x: x + 2, I(A)
    yield "number minus", lambda o, x: 1.0 - x, A
    yield "number over", lambda o, x: 2 / x, P(A)
    yield "power of number", lambda o, x: 2.0 ** x, A
    yield "power whole", lambda o, x: x ** 3, I(A, 9, low=-4)
    yield "power of ints", lambda o, x, y: x ** y, [I(A, 5, low=-4), I(A, 5)]
    yield "square by power", lambda o, x: x ** 2, A
    yield "negation", lambda o, x: -x, A
    yield "modulo number", lambda o, x: x % 2, A
    yield "floor by number", lambda o, x: x // 2, A
    yield "matmul operator", lambda o, x, y: x @ y, [M, (2, 4, 2)]
    yield "with array", lambda o, x: x * np.array([[0.5, 1.0, 2.0]], "float32"), A
    yield "int32 with float", lambda o, x, y: x + y, [I(A), A]
    yield "int8 with uint8", lambda o, x, y: x + y, [I(A, 9, "int8"), I(A, 9, "uint8")]
    yield "bool with int", lambda o, x, y: (x > 0) * y, [A, I(A)]
    yield "uint8 wraps", lambda o, x: x * 100, I(A, 9, "uint8")
    yield "ldexp", lambda o, x, y: o.ldexp(x, y), [A, I(A, 4)]
    yield "isclose tolerances", lambda o, x, y: o.isclose(x, y, 0.5, 0.2), [A, A]
    yield "where", lambda o, x, y: o.where(x > 0, x, y), [A, A]
    yield "where numbers", lambda o, x: o.where(x > 0, 1.0, x), A
    yield "select", lambda o, x, y: o.select([x > 0.5, y > 0], [x, y * 2], 0.25), [A, A]
    yield "isin", lambda o, x: o.isin(x, o.convert_to_tensor([1, 3])), I(A)


def reductions():
    for name in """sum mean max min amax amin prod std var ptp median logsumexp nanmax nanmin nansum
            nanprod nanmean nanstd nanvar""".split():
        yield name, (lambda o, x, n=name: getattr(o, n)(x, axis=1)), M
        if name not in ("ptp",):
            yield f"{name} axes kept", \
                (lambda o, x, n=name: getattr(o, n)(x, axis=(1, 2), keepdims=True)), M
        yield f"{name} negative axis", (lambda o, x, n=name: getattr(o, n)(x, axis=-1)), M
    for name in "sum mean max prod std var".split():
        yield f"{name} int32", (lambda o, x, n=name: getattr(o, n)(x, axis=1)), I(M)
    yield "sum bool", lambda o, x: o.sum(x > 0, axis=1), M
    yield "sum uint8", lambda o, x: o.sum(x, axis=1), I(M, 250, "uint8")
    yield "mean bool", lambda o, x: o.mean(x > 0, axis=1), M
    yield "max initial", lambda o, x: o.max(x, axis=1, initial=0.5), M
    yield "all any", lambda o, x: [o.all(x > -1, axis=1), o.any(x > 1, axis=-1)], M
    yield "count_nonzero", lambda o, x: o.count_nonzero(x, axis=1), I(M, 2)
    yield "argmax", lambda o, x: o.argmax(x, axis=1), M
    yield "argmin kept", lambda o, x: o.argmin(x, axis=-1, keepdims=True), M
    yield "nanargmax", lambda o, x: o.nanargmax(x, axis=1), M
    yield "average", lambda o, x: o.average(x, axis=1), M
    yield "average weights", lambda o, x, w: o.average(x, axis=1, weights=w), [M, P(M)]
    yield "average vector", lambda o, x: o.average(x, axis=1, weights=np.array([1., 2., 3.])), A
    for name in "cumsum cumprod nancumsum nancumprod".split():
        yield name, (lambda o, x, n=name: getattr(o, n)(x, axis=1)), M
    yield "cumsum int64", lambda o, x: o.cumsum(x, axis=-1, dtype="int64"), I(M)
    yield "quantile", lambda o, x: o.quantile(x, 0.3, axis=1), (2, 6, 3)
    yield "quantile lower", lambda o, x: o.quantile(x, 0.4, axis=1, method="lower"), (2, 6)
    yield "percentile", lambda o, x: o.percentile(x, 25.0, axis=-1, keepdims=True), (2, 6)
    yield "diff", lambda o, x: o.diff(x, axis=1), M
    yield "diff twice", lambda o, x: o.diff(x, n=2), M
    yield "trapezoid", lambda o, x: o.trapezoid(x, dx=0.5, axis=1), M
    yield "moments", lambda o, x: o.moments(x, axes=[1, 2], keepdims=True), M
    yield "norm", lambda o, x: o.norm(x, axis=-1), M
    yield "norm 1", lambda o, x: o.norm(x, ord=1, axis=1, keepdims=True), M
    yield "norm 3", lambda o, x: o.norm(x, ord=3, axis=1), M
    yield "norm fro", lambda o, x: o.norm(x, ord="fro", axis=(1, 2)), M
    yield "norm matrix 1", lambda o, x: o.norm(x, ord=1, axis=(1, 2)), M
    yield "normalize", lambda o, x: o.normalize(x, axis=-1), M
    yield "normalize 1", lambda o, x: o.normalize(x, axis=1, order=1), M


def shapes():
    yield "reshape", lambda o, x: o.reshape(x, (-1, 12)), M
    yield "reshape all", lambda o, x: o.reshape(x, (-1, 2, 2, 3)), M
    yield "transpose", lambda o, x: o.transpose(x, (0, 2, 1)), M
    yield "swapaxes", lambda o, x: o.swapaxes(x, 1, -1), M
    yield "moveaxis", lambda o, x: o.moveaxis(x, [1, 2], [2, 3]), (2, 3, 4, 5)
    yield "expand_dims", lambda o, x: o.expand_dims(x, 1), M
    yield "expand_dims several", lambda o, x: o.expand_dims(x, (1, -1)), M
    yield "squeeze", lambda o, x: o.squeeze(x, axis=1), (2, 1, 4)
    yield "broadcast_to", lambda o, x: o.broadcast_to(x, (2, 3, 4)), (2, 1, 4), \
        {"batched": True}
    yield "concatenate", lambda o, x, y: o.concatenate([x, y], axis=1), [M, (2, 2, 4)]
    yield "concatenate types", lambda o, x, y: o.concatenate([x, y], axis=-1), [A, I(A)]
    yield "stack", lambda o, x, y: o.stack([x, y], axis=1), [M, M]
    yield "stack last", lambda o, x, y: o.stack([x, y], axis=-1), [M, M]
    yield "hstack", lambda o, x, y: o.hstack([x, y]), [M, M]
    yield "append", lambda o, x, y: o.append(x, y, axis=-1), [A, A]
    yield "split", lambda o, x: o.split(x, 2, axis=-1), M
    yield "split at", lambda o, x: o.split(x, [1, 3], axis=2), M
    yield "array_split", lambda o, x: o.array_split(x, 3, axis=2), M
    yield "hsplit", lambda o, x: o.hsplit(x, 3), M
    yield "unstack", lambda o, x: o.unstack(x, 3, axis=1), M
    yield "repeat", lambda o, x: o.repeat(x, 2, axis=1), M
    yield "tile", lambda o, x: o.tile(x, (1, 2, 2)), M
    yield "flip", lambda o, x: o.flip(x, axis=1), M
    yield "fliplr", lambda o, x: o.fliplr(x), M
    yield "roll", lambda o, x: o.roll(x, 1, axis=1), M
    yield "roll several", lambda o, x: o.roll(x, (1, -2), axis=(1, 2)), M
    yield "rot90", lambda o, x: o.rot90(x, axes=(1, 2)), M
    yield "rot90 thrice", lambda o, x: o.rot90(x, k=3, axes=(1, 2)), M
    yield "pad", lambda o, x: o.pad(x, [[0, 0], [1, 2], [0, 1]], constant_values=2.0), M
    yield "pad reflect", lambda o, x: o.pad(x, [[0, 0], [1, 2], [1, 1]], mode="reflect"), M
    yield "pad symmetric", lambda o, x: o.pad(x, [[0, 0], [1, 2], [1, 1]], mode="symmetric"), M
    yield "item", lambda o, x: x[:, 1], M
    yield "item slice", lambda o, x: x[:, 1:, ::2], M
    yield "item negative", lambda o, x: x[:, -2:, -1], M
    yield "item backwards", lambda o, x: x[:, ::-1, 3:0:-2], M
    yield "item ellipsis", lambda o, x: x[..., 0], M
    yield "item new axis", lambda o, x: x[:, None, ..., None], M
    yield "slice", lambda o, x: o.slice(x, (0, 1, 0), (2, 2, 3)), M
    yield "slice_update", lambda o, x, y: o.slice_update(x, (0, 1, 1), y), [M, (2, 1, 2)]
    yield "take", lambda o, x: o.take(x, o.convert_to_tensor([2, 0, -1]), axis=1), M
    yield "take matrix", lambda o, x: o.take(x, o.convert_to_tensor([[0, 1], [2, 0]]), axis=1), M
    yield "take indices", lambda o, x, i: o.take(x, i, axis=0), [A, I((2, 2), 2)]
    yield "take_along_axis", lambda o, x, i: o.take_along_axis(x, i, axis=1), [M, I((2, 2, 4), 3)]
    yield "full_like", lambda o, x: o.full_like(x, 2), M
    yield "linspace", lambda o, x, y: o.linspace(x, y, 5, axis=1), [A, A]
    yield "linspace open", lambda o, x, y: o.linspace(x, y, 4, endpoint=False, axis=-1), [A, A]
    yield "logspace", lambda o, x, y: o.logspace(x, y, 3, axis=1), [A, A]
    yield "tril", lambda o, x: o.tril(x), M
    yield "triu", lambda o, x: o.triu(x, k=1), M
    yield "diagonal", lambda o, x: o.diagonal(x, offset=1, axis1=1, axis2=2), M
    yield "trace", lambda o, x: o.trace(x, axis1=1, axis2=2), (2, 3, 3)
    yield "sort", lambda o, x: o.sort(x, axis=1), M
    yield "sort int64", lambda o, x: o.sort(x, axis=-1), I(M, 9, "int64", -4)
    yield "argsort", lambda o, x: o.argsort(x, axis=-1), M
    yield "top_k", lambda o, x: o.top_k(x, 2), M
    yield "searchsorted", lambda o, x: o.searchsorted(o.convert_to_tensor([-1., 0., 1.]), x), (6,), \
        {"gradients": False}
    yield "digitize", lambda o, x: o.digitize(x, np.array([-1., 0., 1.])), A, {"gradients": False}
    yield "one_hot", lambda o, x: o.one_hot(x, 5), I(A)
    yield "one_hot axis", lambda o, x: o.one_hot(x, 5, axis=1, dtype="int32"), I(A)
    yield "multi_hot", lambda o, x: o.multi_hot(x, 5), I(A)
    yield "cast", lambda o, x: o.cast(x, "int32"), A
    yield "cast half", lambda o, x: o.cast(o.cast(x, "float16"), "float32"), A
    yield "cast bool", lambda o, x: o.cast(x, "bool"), I(A, 2)
    yield "saturate_cast", lambda o, x: o.saturate_cast(x, "uint8"), I(A, 400, low=-50)
    yield "scatter_update", lambda o, x: o.scatter_update(
        x, o.convert_to_tensor([[0, 1], [1, 2]]), o.convert_to_tensor([5.0, 6.0])), A
    yield "unravel_index", lambda o, x: o.unravel_index(x, (2, 3)), I(A, 6)
    yield "in_top_k", lambda o, t, p: o.in_top_k(t, p, 2), [I((3,), 4), (3, 4)]
    yield "rearrange", lambda o, x: o.rearrange(x, "b (h w) c -> b w (c h)", h=2), (2, 6, 3)
    yield "depth_to_space", lambda o, x: o.nn.depth_to_space(x, 2), (2, 2, 3, 8)
    yield "space_to_depth", lambda o, x: o.nn.space_to_depth(x, 2), (2, 4, 6, 2)


def products():
    yield "matmul", lambda o, x, y: o.matmul(x, y), [M, (2, 4, 5)]
    yield "matmul matrix", lambda o, x: o.matmul(x, np.arange(8, dtype="float32").reshape(4, 2)), M
    yield "matmul broadcast", lambda o, x, y: o.matmul(x, y), [(2, 1, 3, 4), (2, 5, 4, 2)]
    yield "matmul vector", lambda o, x: o.matmul(x, np.arange(4, dtype="float32")), M
    yield "matmul int", lambda o, x, y: o.matmul(x, y), [I(M), I((2, 4, 5))]
    yield "dot", lambda o, x: o.dot(x, np.arange(8, dtype="float32").reshape(4, 2)), M
    yield "tensordot", lambda o, x: o.tensordot(
        x, np.arange(24, dtype="float32").reshape(3, 4, 2), axes=[[1, 2], [0, 1]]), M
    yield "inner", lambda o, x: o.inner(x, np.arange(4, dtype="float32")), M
    yield "cross", lambda o, x, y: o.cross(x, y), [(2, 4, 3), (2, 4, 3)]
    yield "cross flat", lambda o, x, y: o.cross(x, y), [(2, 4, 2), (2, 4, 2)]
    yield "kron", lambda o, x: o.kron(x, np.array([[1., 2.], [3., 4.]], "float32")), A
    for spec, left, right in [("bij,bjk->bik", M, (2, 4, 5)), ("bij,bkj->bik", M, (2, 5, 4)),
                              ("bqhd,bkhd->bhqk", (2, 3, 2, 4), (2, 5, 2, 4)),
                              ("...ij,...jk->...ik", M, (2, 4, 5)), ("bi,bj->bij", A, (2, 4)),
                              ("bij,bij->b", M, M), ("bij,bj->bi", M, (2, 4)),
                              ("bij,bik->bjk", M, (2, 3, 2))]:
        yield f"einsum {spec}", (lambda o, x, y, s=spec: o.einsum(s, x, y)), [left, right]
    yield "einsum transpose", lambda o, x: o.einsum("bij->bji", x), M
    yield "einsum sum", lambda o, x: o.einsum("bij->bj", x), M
    yield "einsum diagonal", lambda o, x: o.einsum("bii->bi", x), (2, 3, 3)
    yield "einsum three", lambda o, x, y, z: o.einsum("bi,bij,bj->bj", x, y, z), \
        [A, M, (2, 4)]
    kernel = np.linspace(-1, 1, 3 * 2 * 4).reshape(3, 2, 4).astype("float32")
    square = np.linspace(-1, 1, 3 * 3 * 2 * 4).reshape(3, 3, 2, 4).astype("float32")
    deep = np.linspace(-1, 1, 3 * 3 * 2 * 2).reshape(3, 3, 2, 2).astype("float32")
    yield "conv 1d", lambda o, x: o.conv(x, kernel, strides=2, padding="same"), (2, 7, 2)
    yield "conv 2d", lambda o, x: o.conv(x, square, padding="valid", dilation_rate=2), (2, 7, 6, 2)
    yield "depthwise_conv", lambda o, x: o.depthwise_conv(x, deep, padding="same"), (2, 5, 6, 2)
    yield "separable_conv", lambda o, x: o.separable_conv(
        x, deep, np.linspace(-1, 1, 12).reshape(1, 1, 4, 3).astype("float32")), (2, 5, 6, 2)
    # Keras 3.15 hands conv_transpose's padding and output_padding over in the wrong order.
    yield "max_pool", lambda o, x: o.max_pool(x, 2), (2, 5, 6, 2)
    yield "average_pool", lambda o, x: o.average_pool(x, (2, 3), strides=1, padding="same"), \
        (2, 5, 6, 2)
    yield "max_pool 1d", lambda o, x: o.max_pool(x, 3, 2, "same"), (2, 7, 2)
    yield "batch_normalization", lambda o, x: o.batch_normalization(
        x, np.array([0.1, 0.2]), np.array([1.0, 2.0]), axis=-1, offset=np.array([1., 2.]),
        scale=np.array([.5, 2.])), (2, 3, 2)
    yield "layer_normalization", lambda o, x: o.layer_normalization(
        x, np.array([1., 2., 3., 4.], "float32"), np.array([0., 1., 0., 1.], "float32")), M
    yield "rms_normalization", lambda o, x: o.rms_normalization(
        x, np.array([1., 2., 3., 4.], "float32")), M
    yield "dot_product_attention", lambda o, q, k, v: o.dot_product_attention(q, k, v), \
        [(2, 3, 2, 4), (2, 5, 2, 4), (2, 5, 2, 4)]
    yield "dot_product_attention causal", lambda o, q, k: o.dot_product_attention(
        q, k, k, is_causal=True, scale=0.3), [(2, 4, 4, 3), (2, 4, 2, 3)]
    yield "binary_crossentropy", lambda o, t, p: o.binary_crossentropy(t, p), \
        [P(A, 0.1, 0.9), P(A, 0.1, 0.9)]
    yield "binary_crossentropy logits", lambda o, t, p: o.binary_crossentropy(
        t, p, from_logits=True), [P(A, 0.1, 0.9), A]
    yield "categorical_crossentropy", lambda o, t, p: o.categorical_crossentropy(t, p), \
        [P(A, 0.1, 0.9), P(A, 0.1, 0.9)]
    yield "sparse_categorical_crossentropy", lambda o, t, p: o.sparse_categorical_crossentropy(
        t, p, from_logits=True), [I((2,), 3), A]
    yield "cdist", lambda o, x, y: o.cdist(x, y), [M, (2, 5, 4)]
    yield "unfold", lambda o, x: o.unfold(x, 2, stride=2), (2, 2, 4, 6), {"cpu": False}
    yield "extract_sequences", lambda o, x: o.extract_sequences(x, 4, 2), (2, 9)
    yield "rfft", lambda o, x: o.rfft(x), (2, 8)
    yield "rfft length", lambda o, x: o.rfft(x, 6), (2, 8)
    yield "fft", lambda o, x, y: o.fft((x, y)), [(2, 7), (2, 7)]
    yield "fft2", lambda o, x, y: o.fft2((x, y)), [(2, 3, 4), (2, 3, 4)]
    yield "irfft", lambda o, x, y: o.irfft((x, y)), [(2, 5), (2, 5)]
    yield "stft", lambda o, x: o.stft(x, 8, 4, 8), (2, 20)


def matrices():
    """Of matrices that are far from singular."""
    def positive(o, x):
        return o.matmul(x, o.transpose(x, (0, 2, 1))) + 2 * np.eye(3, dtype="float32")

    yield "det", lambda o, x: o.det(positive(o, x)), (2, 3, 3), {"tolerance": 1e-4}
    yield "inv", lambda o, x: o.inv(positive(o, x)), (2, 3, 3), {"tolerance": 1e-4}
    yield "solve", lambda o, x, y: o.solve(positive(o, x), y), [(2, 3, 3), (2, 3, 2)], \
        {"tolerance": 1e-4}
    yield "cholesky", lambda o, x: o.cholesky(positive(o, x)), (2, 3, 3), {"tolerance": 1e-4}
    yield "solve_triangular", lambda o, x, y: o.linalg.solve_triangular(
        positive(o, x), y, lower=True), [(2, 3, 3), (2, 3, 2)], {"tolerance": 1e-4}
    yield "qr", lambda o, x: o.qr(x), (2, 4, 3), {"gradients": False, "tolerance": 1e-4}
    yield "lu_factor", lambda o, x: o.lu_factor(x), (3, 3), \
        {"gradients": False, "tolerance": 1e-4}
    yield "eigh values", lambda o, x: o.eigh(positive(o, x))[0], (2, 3, 3), \
        {"gradients": False, "tolerance": 1e-4}
    yield "logdet", lambda o, x: o.logdet(positive(o, x)), (2, 3, 3), {"tolerance": 1e-4}


def images():
    i = (2, 6, 8, 3)
    colours = P(i, 0.05, 0.95)
    yield "rgb_to_grayscale", lambda o, x: o.image.rgb_to_grayscale(x), i
    yield "rgb_to_hsv", lambda o, x: o.image.rgb_to_hsv(x), colours
    yield "hsv_to_rgb", lambda o, x: o.image.hsv_to_rgb(x), colours
    for kind in "nearest bilinear bicubic lanczos3 lanczos5 area".split():
        yield f"resize {kind}", (lambda o, x, k=kind: o.image.resize(
            x, (9, 5), interpolation=k)), i, {"gradients": kind != "area"}
    yield "resize antialias", lambda o, x: o.image.resize(x, (3, 5), antialias=True), i
    yield "resize cropped", lambda o, x: o.image.resize(x, (5, 4), crop_to_aspect_ratio=True), i
    yield "resize int", lambda o, x: o.image.resize(x, (4, 4)), I(i, 200, "uint8")
    yield "extract_patches", lambda o, x: o.image.extract_patches(x, 2, strides=2), i
    yield "extract_patches same", lambda o, x: o.image.extract_patches(
        x, (3, 2), strides=(2, 3), padding="same"), i
    yield "pad_images", lambda o, x: o.image.pad_images(
        x, top_padding=1, left_padding=2, target_height=10, target_width=12), i
    yield "crop_images", lambda o, x: o.image.crop_images(
        x, top_cropping=1, left_cropping=2, target_height=4, target_width=5), i
    yield "gaussian_blur", lambda o, x: o.image.gaussian_blur(x, (3, 3), (1.0, 0.7)), i
    yield "sobel_edges", lambda o, x: o.image.sobel_edges(x), i
    yield "affine_transform", lambda o, x: o.image.affine_transform(
        x, np.array([[1.1, 0.1, -0.5, 0.05, 0.9, 0.4, 0.0, 0.001]] * 2, "float32"),
        fill_mode="reflect"), i, {"gradients": False, "batched": True}


TABLES = {"ops-unary": unary, "ops-binary": binary, "ops-reductions": reductions,
          "ops-shapes": shapes, "ops-products": products, "ops-matrices": matrices,
          "ops-images": images}
OPERATIONS = {family: list(rows(family, *table())) for family, table in TABLES.items()}
