"""Seeded arrays for inputs, masks, weights and cotangents.

Float values are odd multiples of a power of two: exact in float32, never zero (so no kink of a
piecewise function is hit) and, within one input, all different (so no maximum is tied).
"""

import math
import zlib

import numpy as np

from .spec import Bools, Ints, Texts


def generator(*words):
    return np.random.default_rng(zlib.crc32("/".join(map(str, words)).encode()))


def distinct(rng, shape, spread=2.0, offset=0.0):
    """Different values in about ±spread, in random order."""
    count = math.prod(shape)
    step = 2.0 ** math.floor(math.log2(2 * spread / max(count, 1)))
    values = (2 * rng.permutation(count) - count + 1 - (count % 2)) * (step / 2)
    return (values + offset * step / 4).reshape(shape).astype(np.float32)


def coarse(rng, shape, scale=1.0):
    """Normal values rounded to 1/64, so that they compress."""
    return (np.round(rng.normal(size=shape) * scale * 64) / 64).astype(np.float32)


def inputs_for(case, batch=None):
    """The input arrays of a case; `batch` replaces the first dimension."""
    arrays = []
    for index, spec in enumerate(case.inputs):
        rng = generator(case.name, "input", index)
        shape = spec.shape if isinstance(spec, (Bools, Ints, Texts)) else spec
        if batch is not None:
            shape = (batch,) + tuple(shape[1:])
        if isinstance(spec, Ints):
            arrays.append(rng.integers(0, spec.limit, shape).astype(np.int32))
        elif isinstance(spec, Texts):
            arrays.append(texts(rng, shape, spec))
        elif isinstance(spec, Bools):
            arrays.append(rng.integers(0, 3, shape) > 0)
        else:
            arrays.append(distinct(rng, shape, case.spread, index))
    if case.blank is not None:
        arrays[0][~mask_for(case.blank, arrays[0].shape)] = 0
    return arrays


def texts(rng, shape, spec):
    """Phrases of the words, of one word each if `length` is 1."""
    count = math.prod(shape)
    phrases = []
    for _ in range(count):
        length = 1 if spec.length == 1 else int(rng.integers(0, spec.length + 1))
        phrases.append(" ".join(spec.words[i] for i in rng.integers(0, len(spec.words), length)))
    return np.array(phrases, dtype=str).reshape(shape)


def mask_for(kind, shape):
    """A boolean mask (batch, steps) of a named form; row i is masked i + 1 steps, at most all but one."""
    batch, steps = shape[0], shape[1]
    mask = np.ones((batch, steps), bool)
    for row in range(batch):
        hidden = min(row + 1, steps - 1)
        if kind == "right":
            mask[row, steps - hidden:] = False
        elif kind == "left":
            mask[row, :hidden] = False
        elif kind in ("holes", "holes-full"):
            mask[row, 1::row + 2] = False
    if kind == "holes-full":
        mask[-1] = False
    return mask


def masks_for(case, arrays):
    if case.masks is None:
        return [None] * len(arrays)
    return [None if kind is None else mask_for(kind, a.shape)
            for kind, a in zip(case.masks, arrays)]


def weight_for(words, name, shape, dtype="float32"):
    """A value for the variable `name` (its last word decides what is sensible for it)."""
    rng = generator(*words, name)
    if np.issubdtype(np.dtype(dtype), np.integer):
        return np.full(shape, 7, dtype)
    leaf = name.split("/")[-1].split(":")[0]
    if leaf in ("moving_variance", "variance"):
        return np.abs(coarse(rng, shape, 0.5)) + np.float32(0.5)
    if leaf == "gamma":
        return 1 + coarse(rng, shape, 0.3)
    scale = 0.5
    if len(shape) >= 2:
        scale = min(0.5, 1.5 / math.sqrt(math.prod(shape[:-1])))
    values = coarse(rng, shape, scale)
    return np.where(values == 0, np.float32(1 / 64), values).astype(np.float32)
