"""Operations that move elements or count them."""

import numpy as np


def numbers(*shape, dtype="float32"):
    """Different numbers, the same at every run."""
    count = int(np.prod(shape))
    order = np.random.RandomState(count).permutation(count)
    if dtype == "bool":
        return (order % 3 == 0).reshape(shape)
    return (order - count // 3).astype(dtype).reshape(shape)


def cases():
    yield from moves()
    yield from repeats()
    yield from picks()
    yield from counts()
    yield from casts()
    yield from orders()


def moves():
    for dtype in ["bool", "float16", "int32", "float64"]:
        x = numbers(5, 7, dtype=dtype)
        yield f"transpose {dtype}", [x], np.transpose
    x = numbers(2, 3, 4, 5)
    yield "transpose to channels first", [x], lambda x: x.transpose(0, 3, 1, 2)
    yield "transpose to channels last", [x], lambda x: x.transpose(0, 2, 3, 1)
    yield "transpose the middle", [x], lambda x: x.transpose(0, 2, 1, 3)
    yield "transpose all around", [x], lambda x: x.transpose(3, 1, 0, 2)
    yield "transpose extents of 1", [numbers(1, 4, 1, 3)], lambda x: x.transpose(2, 1, 0, 3)
    yield "transpose nothing", [numbers(0, 3)], np.transpose
    yield "transpose past a tile", [numbers(37, 70, dtype="int16")], np.transpose
    yield "transpose past a tile, float32", [numbers(35, 45)], np.transpose
    x = numbers(4, 5, 6)
    yield "slice", [x], lambda x: x[1:3, :, 2:6]
    yield "slice with strides", [x], lambda x: x[::3, 1:5:2, ::5]
    yield "slice backwards", [x], lambda x: x[3:0:-1, ::-1, 4:1:-2]
    yield "slice of nothing", [x], lambda x: x[:, 3:3, :]
    yield "slice of int64", [numbers(6, 3, dtype="int64")], lambda x: x[::-2, 1:]
    yield "reverse", [x], lambda x: np.flip(x, 1)
    yield "reverse two axes", [x], lambda x: np.flip(x, (0, 2))
    yield "reverse bool", [numbers(9, dtype="bool")], np.flip
    parts = [numbers(2, n, 3) for n in (1, 4, 0, 2)]
    yield "concatenate", parts, lambda *x: np.concatenate(x, 1)
    parts = [numbers(2, 3, n, dtype="uint8") for n in (1, 5)]
    yield "concatenate channels of uint8", parts, lambda *x: np.concatenate(x, -1)
    parts = [numbers(n, 3) for n in (2, 1)]
    yield "concatenate batches", parts, lambda *x: np.concatenate(x, 0)
    yield "stack", [numbers(2, 3), numbers(2, 3) + 9], lambda *x: np.stack(x, 1)
    yield "stack last", [numbers(2, 3), numbers(2, 3) + 9], lambda *x: np.stack(x, -1)
    x = numbers(3, 4, 2)
    margins = ((1, 2), (0, 3), (0, 0))
    yield "pad", [x], lambda x: np.pad(x, margins)
    yield "pad with a number", [x], lambda x: np.pad(x, margins, constant_values=-2.5)
    yield "pad int32", [numbers(2, 2, dtype="int32")], lambda x: np.pad(
        x, 1, constant_values=7)
    yield "pad reflect", [x], lambda x: np.pad(x, margins, "reflect")
    yield "pad symmetric", [x], lambda x: np.pad(x, ((3, 2), (0, 4), (1, 0)), "symmetric")


def repeats():
    x = numbers(3, 1, 4)
    yield "broadcast", [x], lambda x: np.broadcast_to(x, (2, 3, 5, 4))
    yield "broadcast a number of int64", [np.array(7)], lambda x: np.broadcast_to(x, (2, 3))
    yield "broadcast columns of bool", [numbers(3, 1, dtype="bool")], (
        lambda x: np.broadcast_to(x, (3, 40)))
    yield "broadcast to nothing", [numbers(1, 2)], lambda x: np.broadcast_to(x, (0, 2))
    yield "tile", [x], lambda x: np.tile(x, (2, 3, 2))
    yield "tile uint8", [numbers(3, 2, dtype="uint8")], lambda x: np.tile(x, (1, 3))
    yield "tile to nothing", [numbers(3, 2)], lambda x: np.tile(x, (0, 1))
    yield "repeat", [x], lambda x: np.repeat(x, 3, 2)
    yield "repeat rows", [x], lambda x: np.repeat(x, 2, 0)


def picks():
    table = numbers(5, 3)
    for dtype in ["int32", "int64", "uint8", "float32"]:
        indices = np.array([[4, 0, 1], [1, 2, 2]], dtype)
        yield f"gather by {dtype}", [table, indices], lambda t, i: t[i.astype("int64")]
    yield "gather by fractions", [table, np.array([0.9, 3.5, -0.5], "float32")], (
        lambda t, i: t[np.trunc(i).astype("int64")])
    yield "gather from the end", [table, np.array([-1, -5, 0])], lambda t, i: t[i]
    yield "gather past the end", [table, np.array([1, 5])], lambda t, i: t[i]
    yield "gather before the start", [table, np.array([-6], "int32")], lambda t, i: t[i]
    yield "gather one", [table, np.array(2)], lambda t, i: t[i]
    yield "gather nothing", [table, np.array([], "int32")], lambda t, i: t[i]
    yield "gather along axis 1", [numbers(2, 4, 3), np.array([[3, 0], [1, 1]])], (
        lambda t, i: np.take(t, i, 1))
    for dtype in ["bool", "float16", "float64"]:
        yield f"gather {dtype} along the last axis", [
            numbers(3, 4, dtype=dtype), np.array([3, 0, 0])], lambda t, i: np.take(t, i, -1)


def one_hot(indices, depth):
    return (np.trunc(indices)[..., None] == np.arange(depth)).astype("float32")


def counts():
    for dtype in ["int32", "int64", "uint8", "float32"]:
        x = np.array([[0, 3, 1], [2, 2, 0]], dtype)
        yield f"one hot of {dtype}", [x], lambda x: one_hot(x, 4)
    yield "one hot of numbers outside", [np.array([-1, 4, 2])], lambda x: one_hot(x, 4)
    yield "one hot of fractions", [np.array([1.9, 0.5], "float32")], lambda x: one_hot(x, 3)
    yield "one hot of one", [np.array(1, "int32")], lambda x: one_hot(x, 2)
    x = numbers(3, 4, 5) / np.float32(8)
    for axis in range(3):
        yield f"cumulative sum along axis {axis}", [x], lambda x, a=axis: np.cumsum(x, a)
    shifted = lambda x, a, fill: np.insert(x, 0, fill, a).take(range(x.shape[a]), a)  # noqa: E731
    yield "cumulative sum, exclusive", [x], lambda x: np.cumsum(shifted(x, 1, 0), 1)
    yield "cumulative sum, reversed", [x], lambda x: np.flip(np.cumsum(np.flip(x, 1), 1), 1)
    yield "cumulative sum, exclusive and reversed", [x], lambda x: np.flip(
        np.cumsum(shifted(np.flip(x, 2), 2, 0), 2), 2)
    yield "cumulative sum of int32", [numbers(4, 3, dtype="int32")], lambda x: np.cumsum(
        x, 0, dtype="int32")
    yield "cumulative sum past a part", [numbers(2, 2, 1030, dtype="int32")], (
        lambda x: np.cumsum(x, 1, dtype="int32"))
    x = np.array([[2, -1, 3, 0.5], [0, 4, 5, 6], [1, 2, 0, 8]], "float32")
    yield "cumulative product", [x], lambda x: np.cumprod(x, 1)
    yield "cumulative product, exclusive", [x], lambda x: np.cumprod(shifted(x, 1, 1), 1)
    yield "cumulative product, reversed", [x], lambda x: np.flip(np.cumprod(np.flip(x, 0), 0), 0)


def casts():
    whole = np.array([0, 1, 2, 100, 127])
    signed = np.array([0.0, -1.75, 2.5, 100.9, -0.5])
    wide = np.array([0, -1, 300, 2**31 - 1, -(2**31), 70000])
    for dtype in ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8",
                  "uint16", "uint32", "uint64", "bool"]:
        yield f"cast {dtype} to float32", [whole.astype(dtype)], lambda x: x.astype("float32")
        if dtype == "float32":
            continue
        source = whole if dtype.startswith("u") else signed
        yield f"cast float32 to {dtype}", [source.astype("float32")], (
            lambda x, d=dtype: x.astype(d))
    for dtype in ["int8", "uint8", "int16", "uint32", "int64", "float32", "bool"]:
        yield f"cast int32 to {dtype}", [wide.astype("int32")], lambda x, d=dtype: x.astype(d)
    yield "cast int64 to uint64", [np.array([7, 2**53 + 1])], lambda x: x.astype("uint64")
    yield "cast float64 to float16", [np.array([1 / 3, 1e-6, 6e4])], lambda x: x.astype("float16")


def orders():
    x = numbers(3, 4, 40)
    x[x % 5 == 0] = 5
    for axis in range(3):
        yield f"sort along axis {axis}", [x], lambda x, a=axis: np.sort(x, a)
        yield f"sorting order along axis {axis}", [x], (
            lambda x, a=axis: np.argsort(x, a, kind="stable").astype("int32"))
    yield "sort, descending", [x], lambda x: -np.sort(-x, -1)
    yield "sorting order, descending", [x], (
        lambda x: np.argsort(-x, -1, kind="stable").astype("int32"))
    yield "sort int32", [numbers(3, 20, dtype="int32")], lambda x: np.sort(x, -1)
    extremes = np.array([0.0, np.nan, -0.0, np.inf, -1e-40, 1e-40, -np.inf, -0.0, 0.0], "float32")
    yield "sorting order of extremes", [extremes], (
        lambda x: np.argsort(x, kind="stable").astype("int32"))
    yield "top 3", [x], lambda x: -np.sort(-x, -1)[..., :3]
    yield "places of the top 17", [x], (
        lambda x: np.argsort(-x, -1, kind="stable").astype("int32")[..., :17])
