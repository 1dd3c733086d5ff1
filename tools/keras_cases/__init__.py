"""The one table of layer cases, shared by the fixtures and the check against Keras."""

from . import (activations, attention, augmentation, categories, cells, conv, conv_lstm, core,
               embedding, images, merging, normalization, pooling, preprocessing, quantized,
               recurrent, reshaping, spectrograms, text, wrappers)

FAMILIES = {
    "core": core.CASES,
    "activations": activations.CASES,
    "attention": attention.CASES,
    "conv": conv.CASES,
    "pooling": pooling.CASES,
    "normalization": normalization.CASES,
    "merging": merging.CASES,
    "reshaping": reshaping.CASES,
    "recurrent": recurrent.CASES,
    "cells": cells.CASES,
    "conv_lstm": conv_lstm.CASES,
    "wrappers": wrappers.CASES,
    "embedding": embedding.CASES,
    "quantized": quantized.CASES,
    "preprocessing": preprocessing.CASES,
    "images": images.CASES,
    "augmentation": augmentation.CASES,
    "categories": categories.CASES,
    "text": text.CASES,
    "spectrograms": spectrograms.CASES,
}


def check_names():
    """Names identify cases in reports, so they must differ."""
    seen = set()
    for family, cases in FAMILIES.items():
        for one in cases:
            if (family, one.name) in seen:
                raise SystemExit(f"two cases are named {one.name!r} in {family}")
            seen.add((family, one.name))


check_names()
