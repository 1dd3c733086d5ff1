"""Layers that make one tensor of several."""

from .spec import case

BROADCASTING = ("Add", "Multiply", "Average", "Maximum", "Minimum")


def elementwise():
    for name in BROADCASTING:
        yield case(name, "two", [(2, 4), (2, 4)])
        yield case(name, "three", [(2, 3, 2)] * 3)
        yield case(name, "broadcast", [(2, 3, 4), (2, 1, 4)])
        yield case(name, "broadcast ranks", [(2, 3, 4), (2, 4)])
        yield case(name, "masked", [(2, 4, 3)] * 2, masks=("right", "left"))
    yield case("Subtract", "two", [(2, 4), (2, 4)])
    yield case("Subtract", "rank 4", [(1, 2, 3, 2)] * 2)
    yield case("Subtract", "broadcast", [(2, 3, 4), (2, 1, 4)])


CASES = list(elementwise()) + [
    case("Concatenate", "last", [(2, 3), (2, 4)]),
    case("Concatenate", "three rank 4", [(2, 2, 3, 1), (2, 2, 3, 2), (2, 2, 3, 3)]),
    case("Concatenate", "axis 1", [(2, 3, 4), (2, 2, 4)], axis=1),
    case("Concatenate", "axis -2", [(2, 3, 4), (2, 2, 4)], axis=-2),
    case("Concatenate", "masked features", [(2, 4, 2), (2, 4, 3)], masks=("right", "holes")),
    case("Concatenate", "masked steps", [(2, 4, 2), (2, 3, 2)], masks=("right", "left"), axis=1),
    case("Concatenate", "one masked", [(2, 4, 2), (2, 4, 3)], masks=("right", None)),
    case("Dot", "vectors", [(2, 4), (2, 4)], axes=1),
    case("Dot", "vectors normalized", [(2, 4), (2, 4)], axes=1, normalize=True),
    case("Dot", "matrices", [(2, 3, 4), (2, 5, 4)], axes=2),
    case("Dot", "unlike axes", [(2, 3, 4), (2, 4, 5)], axes=[2, 1]),
    case("Dot", "axis 1", [(2, 4, 3), (2, 4, 5)], axes=1),
    case("Dot", "negative axes", [(2, 3, 4), (2, 5, 4)], axes=-1),
    case("Dot", "matrix and vector", [(2, 3, 4), (2, 4)], axes=[2, 1]),
    case("Dot", "matrices normalized", [(2, 3, 4), (2, 5, 4)], axes=2, normalize=True),
]
