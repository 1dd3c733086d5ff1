"""Batch and layer normalization, with the statistics that training leaves behind."""

from .spec import case

CASES = [
    case("BatchNormalization", "rank 2", (5, 3), training=True),
    case("BatchNormalization", "rank 3", (2, 4, 3), training=True),
    case("BatchNormalization", "rank 4", (2, 3, 4, 2), training=True),
    case("BatchNormalization", "rank 5", (1, 2, 3, 2, 2), training=True),
    case("BatchNormalization", "axis 1", (2, 3, 4, 2), axis=1, training=True),
    case("BatchNormalization", "no scale", (4, 3), scale=False, training=True),
    case("BatchNormalization", "no center", (4, 3), center=False, training=True),
    case("BatchNormalization", "neither", (4, 3), center=False, scale=False, training=True),
    case("BatchNormalization", "momentum and epsilon", (4, 3), momentum=0.8, epsilon=1e-2,
         training=True),
    case("BatchNormalization", "frozen", (4, 3), trainable=False, training=True),
    case("BatchNormalization", "masked", (3, 4, 2), masks="right", training=True),
    case("LayerNormalization", "rank 2", (3, 5)),
    case("LayerNormalization", "rank 3", (2, 3, 4)),
    case("LayerNormalization", "rank 4", (2, 2, 3, 4), epsilon=1e-5),
    case("LayerNormalization", "axis 1", (2, 3, 4), axis=1),
    case("LayerNormalization", "two axes", (2, 3, 4), axis=[1, 2]),
    case("LayerNormalization", "last two of four", (2, 2, 3, 4), axis=[2, 3]),
    case("LayerNormalization", "no center", (3, 5), center=False),
    case("LayerNormalization", "no scale", (3, 5), scale=False),
    case("LayerNormalization", "neither", (3, 5), center=False, scale=False),
    case("LayerNormalization", "masked", (3, 4, 3), masks="left"),
]
