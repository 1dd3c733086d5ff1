"""Windowed and global pooling in one to three dimensions."""

from .spec import case

SHAPES = {1: (2, 7, 3), 2: (2, 6, 7, 2), 3: (1, 4, 5, 6, 2)}
FIRST = {1: (2, 3, 7), 2: (2, 2, 6, 7), 3: (1, 2, 4, 5, 6)}


def windowed(kind, rank):
    name = f"{kind}Pooling{rank}D"
    yield case(name, "plain", SHAPES[rank], pool_size=2)
    yield case(name, "same", SHAPES[rank], pool_size=2, padding="same")
    yield case(name, "overlapping", SHAPES[rank], pool_size=3, strides=1)
    yield case(name, "overlapping same", SHAPES[rank], pool_size=3, strides=2, padding="same")
    yield case(name, "gaps", SHAPES[rank], pool_size=2, strides=3)
    if rank > 1:
        yield case(name, "unequal", SHAPES[rank], pool_size=(1, 3, 2)[-rank:],
                   strides=(1, 2, 1)[-rank:], padding="same")
    yield case(name, "channels first", FIRST[rank], pool_size=2, data_format="channels_first")


def whole(kind, rank):
    name = f"Global{kind}Pooling{rank}D"
    yield case(name, "default", SHAPES[rank])
    yield case(name, "keepdims", SHAPES[rank], keepdims=True)
    yield case(name, "channels first", FIRST[rank], data_format="channels_first")


def adaptive(kind, rank):
    name = f"Adaptive{kind}Pooling{rank}D"
    sizes = ((7,), (5, 7), (4, 5, 6))[rank - 1]
    shape = (2,) + sizes + (2,)
    yield case(name, "smaller", shape, output_size=3, keras_2=False)
    if kind == "Average":  # the gradient of TensorFlow's maximum is wrong here
        yield case(name, "one", shape, output_size=1, keras_2=False)
    yield case(name, "unequal", shape, output_size=[2, 4, 3][:rank], keras_2=False)
    yield case(name, "same", (2,) + (4,) * rank + (2,), output_size=4, keras_2=False)
    yield case(name, "halves", (2,) + (6,) * rank + (2,), output_size=3, keras_2=False)
    yield case(name, "channels first", (2, 3) + sizes, output_size=2,
               data_format="channels_first", keras_2=False)


CASES = [c for make in (windowed, whole) for kind in ("Max", "Average") for rank in (1, 2, 3)
         for c in make(kind, rank)]
CASES += [
    case("GlobalAveragePooling1D", "masked", (3, 5, 2), masks="right"),
    case("GlobalAveragePooling1D", "masked keepdims", (3, 5, 2), masks="holes", keepdims=True),
]
CASES += [c for kind in ("Max", "Average") for rank in (1, 2, 3) for c in adaptive(kind, rank)]
