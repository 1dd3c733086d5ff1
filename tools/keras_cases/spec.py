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
            arguments[key] = built(value, keras)
        return getattr(keras.layers, self.class_name)(**arguments)


def in_storing_order(layer):
    """The weights of a quantized or changed layer in the order of `.keras` files, its change last."""
    spec = getattr(layer, "variable_serialization_spec", {})
    names = spec.get(getattr(layer, "quantization_mode", None), ["kernel", "bias"])
    private = {"kernel": "_kernel", "embeddings": "_embeddings"}
    names = [private.get(name, name) for name in names]
    names += [f"lora_{name}_{side}" for name in ("kernel", "embeddings") for side in "ab"]
    found = [getattr(layer, name, None) for name in names]
    found = [variable for variable in found if variable is not None]
    return found + [w for w in layer.weights if not any(w is f for f in found)]


class Policy(L):
    """A dtype policy of Keras 3 to be made."""

    def build(self, keras, **more):
        return getattr(keras.dtype_policies, self.class_name)(**self.arguments)


class Quantizer(L):
    """A quantizer or a configuration of quantization of Keras 3 to be made."""

    def build(self, keras, **more):
        arguments = {key: built(value, keras) for key, value in self.arguments.items()}
        return getattr(keras.quantizers, self.class_name)(**arguments)


def built(value, keras):
    if isinstance(value, L):
        return value.build(keras)
    return [built(v, keras) for v in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Bools:
    """An input of truth values."""

    shape: tuple


@dataclass(frozen=True)
class In:
    """The input of that number as an argument of the call."""

    number: int


def replacing(value, change):
    """The value with each `In` in it changed."""
    if isinstance(value, In):
        return change(value.number)
    if isinstance(value, dict):
        return {key: replacing(v, change) for key, v in value.items()}
    return [replacing(v, change) for v in value] if isinstance(value, list) else value


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
    separate the first so many inputs are arguments of their own, not one list
    call     further arguments of the call by name, with `In` for inputs
    training also record outputs and statistics with training=True; "outputs": without gradients
    spread   inputs reach from about -spread to spread
    cpu      whether Keras computes it, and rightly, on a CPU; else a channels-last twin does
    blank    a mask's name: the steps it hides are zero in the first input
    keras_2  whether Keras 2 has the layer with these options
    files    whether a model of it can be made; else the unit tests alone have it
    keras_3  whether Keras 3 has it; what only Keras 2 has is recorded from there
    adapt    data that the layer learns a vocabulary or bins from; it is in no file but .keras
    quantize a mode or a `Quantizer` that the layer is quantized by once it has weights
    lora     rank and alpha of a trained change of low rank, which comes last
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
    separate: int = 0
    call: dict = None
    keras_3: bool = True
    files: bool = True
    adapt: list = None
    quantize: object = None
    lora: tuple = None

    @property
    def class_name(self):
        return self.layer.class_name

    def has(self, era):
        """Whether Keras of that era has the layer with these options."""
        return self.keras_3 if era == 3 else self.keras_2

    @property
    def changes(self):
        """Whether its weights take another form once they have values."""
        return self.quantize is not None or self.lora is not None

    def change(self, layer, keras, values):
        """Quantizes a layer, adds the change of low rank; `values(name, shape)` are its own."""
        if self.quantize is not None:
            how = built(self.quantize, keras)
            layer.quantize(how) if isinstance(how, str) else layer.quantize(how.mode, config=how)
        if self.lora is not None:
            rank, alpha = self.lora
            layer.enable_lora(rank, lora_alpha=alpha)
            for name in ("kernel", "embeddings"):
                for side in "ab":
                    variable = getattr(layer, f"lora_{name}_{side}", None)
                    if variable is not None:
                        variable.assign(values(variable.name, tuple(variable.shape)))

    def arguments(self, tensors):
        """What the layer is called with: positional arguments and named ones."""
        if self.states:
            return [tensors[0]], {"initial_state": list(tensors[1:])}
        taken = set()

        def found(number):
            taken.add(number)
            return tensors[number]

        named = replacing(self.call or {}, found)
        if self.separate:
            return list(tensors[:self.separate]), named
        listed = [t for i, t in enumerate(tensors) if i not in taken]
        return [listed if len(listed) > 1 else listed[0]], named

    def described_call(self):
        """The same for the fixtures: numbers stand for inputs; nothing if one list is all."""
        if self.states:
            return {"initial_state": list(range(1, len(self.inputs)))}
        if not self.separate and not self.call:
            return None
        return {"separate": self.separate, **replacing(self.call or {}, lambda number: number)}


def case(class_name, what, inputs, *, masks=None, states=False, training=False, keras_2=True,
         tolerance=1e-5, spread=2.0, blank=None, cpu=True, separate=0, call=None,
         keras_3=True, files=True, adapt=None, quantize=None, lora=None, **arguments):
    """A row of the table. `inputs` is one shape or a list of them."""
    inputs = tuple(inputs) if isinstance(inputs, list) else (inputs,)
    if masks is not None and not isinstance(masks, (list, tuple)):
        masks = (masks,) + (None,) * (len(inputs) - 1)
    name = f"{class_name} {what}".strip()
    return Case(name, L(class_name, **arguments), inputs, masks and tuple(masks), states, training,
                keras_2, tolerance, spread, blank, cpu, separate, call, keras_3, files, adapt, quantize,
                lora)
