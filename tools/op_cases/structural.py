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
    yield from picks()


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
