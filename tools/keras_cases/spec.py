"""What a case is: a layer by class name and arguments, and what it is fed.

The arguments are written in Keras 3's vocabulary; `build` translates the few that Keras 2
spells otherwise, so one table serves both.
"""

from dataclasses import dataclass

# Keras 2 spelling of arguments that Keras 3 renamed.
KERAS_2_ARGUMENTS = {("LeakyReLU", "negative_slope"): "alpha"}


def is_keras_2(keras):
    return keras.__version__.startswith("2")


class L:
    """A layer to be made: `L("Dense", units=3)`. Arguments may be layers themselves."""

    def __init__(self, class_name, **arguments):
        self.class_name = class_name
        self.arguments = arguments

    def build(self, keras, **more):
        arguments = {}
        for key, value in {**self.arguments, **more}.items():
            if is_keras_2(keras):
                key = KERAS_2_ARGUMENTS.get((self.class_name, key), key)
            if isinstance(value, L):
                value = value.build(keras)
            elif isinstance(value, list) and value and isinstance(value[0], L):
                value = [one.build(keras) for one in value]
            arguments[key] = value
        return getattr(keras.layers, self.class_name)(**arguments)


@dataclass(frozen=True)
class Ints:
    """An integer input with values in 0 ..< limit."""

    shape: tuple
    limit: int


@dataclass(frozen=True)
class Texts:
    """A string input; its values are phrases of up to `length` of the words."""

    shape: tuple
    words: tuple
    length: int = 1


@dataclass
class Case:
    """One layer with one configuration.

    inputs   shapes, batch included, or `Ints`, or `Texts`
    masks    None, or per input None | "right" | "left" | "holes" | "holes-full" (every step masked in one row)
    states   the inputs after the first are the initial state of a recurrent layer
    training also record outputs and statistics with training=True; "outputs": without gradients
    spread   inputs reach from about -spread to spread
    cpu      whether Keras computes it, and rightly, on a CPU; else a channels-last twin does
    blank    a mask's name: the steps it hides are zero in the first input
    keras_2  whether Keras 2 has the layer with these options
    keras_3  whether Keras 3 has it
    adapt    data that the layer learns a vocabulary or bins from; it is in no file but .keras
    """

    name: str
    layer: L
    inputs: tuple
    masks: tuple = None
    states: bool = False
    training: bool = False
    keras_2: bool = True
    tolerance: float = 1e-5
    spread: float = 2.0
    blank: str = None
    cpu: bool = True
    adapt: list = None
    keras_3: bool = True

    @property
    def class_name(self):
        return self.layer.class_name

    @property
    def takes_list(self):
        return len(self.inputs) > 1 and not self.states


def case(class_name, what, inputs, *, masks=None, states=False, training=False, keras_2=True,
         tolerance=1e-5, spread=2.0, blank=None, cpu=True, adapt=None, keras_3=True,
         **arguments):
    """A row of the table. `inputs` is one shape or a list of them."""
    inputs = tuple(inputs) if isinstance(inputs, list) else (inputs,)
    if masks is not None and not isinstance(masks, (list, tuple)):
        masks = (masks,) + (None,) * (len(inputs) - 1)
    name = f"{class_name} {what}".strip()
    return Case(name, L(class_name, **arguments), inputs, masks and tuple(masks), states, training,
                keras_2, tolerance, spread, blank, cpu, adapt, keras_3)
