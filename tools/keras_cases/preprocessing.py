"""Rescaling and Normalization."""

from .spec import Ints, case

CASES = [
    case("Rescaling", "scale", (2, 3, 4), scale=0.5),
    case("Rescaling", "scale and offset", (2, 3, 4, 3), scale=1 / 127.5, offset=-1.0),
    case("Rescaling", "per channel", (2, 3, 4, 3), scale=[0.5, 0.25, 2.0],
         offset=[0.1, 0.2, -0.3], keras_2=False),
    case("Rescaling", "per pixel", (2, 2, 3), scale=[[0.5, 0.25, 2.0], [1.0, -1.0, 3.0]],
         offset=[[0.1], [0.2]], keras_2=False),
    case("Rescaling", "whole numbers", Ints((2, 3), 255), scale=1 / 255),
    case("Normalization", "adapted", (4, 3)),
    case("Normalization", "adapted negative axes", (2, 3, 4), axis=[-2, -1]),
    case("Normalization", "adapted axis -2", (2, 3, 4), axis=-2),
    case("Normalization", "given two axes", (2, 2, 3), axis=[1, 2],
         mean=[[0.5, -1.0, 2.0], [0.0, 1.0, 3.0]], variance=[[0.25, 4.0, 1.0], [1.0, 2.0, 3.0]]),
    case("Normalization", "given for one of two axes", (2, 2, 3), axis=[1, 2],
         mean=[0.5, -1.0, 2.0], variance=[0.25, 4.0, 1.0]),
    case("Normalization", "given no variance", (4, 2), mean=[0.5, -1.0], variance=[0.0, 1e-20]),
    case("Normalization", "adapted rank 4", (2, 3, 4, 3)),
    case("Normalization", "adapted inverted", (4, 3), invert=True),
    case("Normalization", "adapted axis 1", (2, 3, 4), axis=1),
    case("Normalization", "adapted two axes", (2, 3, 4), axis=[1, 2]),
    case("Normalization", "adapted scalar", (2, 3), axis=None),
    case("Normalization", "given", (4, 3), mean=[0.5, -1.0, 2.0], variance=[0.25, 4.0, 1.0]),
    case("Normalization", "given scalar", (4, 3), axis=None, mean=0.5, variance=4.0),
    case("Normalization", "given inverted", (4, 3), mean=[0.5, -1.0, 2.0],
         variance=[0.25, 4.0, 1.0], invert=True),
]
