"""Rescaling and Normalization."""

from .spec import case

CASES = [
    case("Rescaling", "scale", (2, 3, 4), scale=0.5),
    case("Rescaling", "scale and offset", (2, 3, 4, 3), scale=1 / 127.5, offset=-1.0),
    case("Rescaling", "per channel", (2, 3, 4, 3), scale=[0.5, 0.25, 2.0],
         offset=[0.1, 0.2, -0.3], keras_2=False),
    case("Normalization", "adapted", (4, 3)),
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
