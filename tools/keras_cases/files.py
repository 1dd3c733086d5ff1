"""Every kind of file that Keras 3 and Keras 2 write, and how each is written and read."""

import os
import re
from dataclasses import dataclass

import numpy as np

from .spec import Bools, Ints, Texts, is_keras_2
from .values import distinct, generator, inputs_for, mask_for, texts, weight_for

# What the texts that models are fed consist of.
WORDS = ("cat", "Dog!", "emu", "red", "blue", "über", "")


def slug(name):
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def fill(model, *words):
    """Seeded weights, so that nothing is zero, one or symmetric by chance."""
    if getattr(model, "is_settled", False):
        return
    if learns(model):
        for layer in leaves(model):
            fill(layer, *words, layer.name)
        return
    values = []
    for index, variable in enumerate(model.weights):
        leaf = variable.name.split("/")[-1].split(":")[0]
        dtype = str(getattr(variable.dtype, "name", variable.dtype))
        source = "float32" if "float" in dtype else dtype
        values.append(weight_for(words, f"{index}/{leaf}", tuple(variable.shape), source))
    model.set_weights(values)
    settle(model)


def settle(model):
    """Normalization derives what it computes with from its weights."""
    for layer in walk(model):
        if type(layer).__name__ == "Normalization":
            layer.finalize_state()


def copy_weights(source, target):
    """Weights from a model of one Keras into its like of the other, layer by layer.

    (Keras 2 lists a nested model's frozen weights last, Keras 3 in their layers' order. The order of
    a graph's layers may differ too, where all have names of their own; a Sequential's does not.)
    """
    givers, takers = leaves(source), leaves(target)
    named = {layer.name: layer for layer in givers}
    if not all(taker.name in named for taker in takers):
        named = {taker.name: giver for giver, taker in zip(givers, takers, strict=True)}
    for taker in takers:
        taker.set_weights(named[taker.name].get_weights())
    settle(target)


def leaves(model):
    return [layer for layer in walk(model)
            if not getattr(layer, "layers", None) and type(layer).__name__ not in LEARNERS]


# Their variables in Keras 2 are no numbers, or are learned together with what is none.
LEARNERS = ("Discretization", "IntegerLookup", "StringLookup", "TextVectorization")


def learns(model):
    return any(type(layer).__name__ in LEARNERS for layer in walk(model))


def weights_of(model):
    return None if learns(model) else model.get_weights()


def walk(model):
    for layer in getattr(model, "layers", []):
        yield layer
        yield from walk(layer)


def predict(model, arrays):
    """Outputs as a list of float32 arrays, without the cost of `model.predict`."""
    import tensorflow as tf

    for layer in walk(model):
        if getattr(layer, "stateful", False):
            (layer.reset_state if hasattr(layer, "reset_state") else layer.reset_states)()
    tensors = [tf.convert_to_tensor(a) for a in arrays]
    outputs = model(tensors if len(tensors) > 1 else tensors[0], training=False)
    return [plain(o) for o in tf.nest.flatten(outputs)]


def plain(output):
    """A NumPy array of float32, or of strings."""
    import tensorflow as tf

    if isinstance(output, tf.SparseTensor):
        output = tf.sparse.to_dense(output)
    array = np.asarray(output)
    if array.dtype.kind in "OSU":
        return np.array([t.decode() if isinstance(t, bytes) else t for t in array.reshape(-1)],
                        dtype=str).reshape(array.shape)
    return array.astype(np.float32)


def model_inputs(model, limits, words, batch=3, open_size=5):
    arrays = []
    for index, tensor in enumerate(model.inputs):
        shape = (batch,) + tuple(open_size + axis if size is None else size
                                 for axis, size in enumerate(tensor.shape[1:]))
        rng = generator(*words, "input", index)
        if getattr(tensor.dtype, "name", tensor.dtype) == "string":
            values = texts(rng, shape, Texts(shape, WORDS, 5))
        elif index in limits:
            values = rng.integers(0, limits[index], shape).astype(np.int32)
        else:
            values = distinct(rng, shape, offset=index)
        arrays.append(values)
    return arrays


def layer_model(case, keras):
    """The model that has just the layer of a case (and Masking in front for masked inputs)."""
    old = is_keras_2(keras)
    inputs, tensors = [], []
    stateful = case.layer.arguments.get("stateful", False)
    for index, spec in enumerate(case.inputs):
        shape, dtype = (spec.shape, "int32") if isinstance(spec, Ints) else \
            (spec.shape, "bool") if isinstance(spec, Bools) else \
            (spec.shape, "string") if isinstance(spec, Texts) else (spec, "float32")
        if stateful:
            tensor = keras.Input(batch_shape=shape, dtype=dtype, name=f"in_{index}")
        else:
            tensor = keras.Input(shape=tuple(shape[1:]), dtype=dtype, name=f"in_{index}")
        inputs.append(tensor)
        if case.masks is not None and case.masks[index] is not None:
            tensor = keras.layers.Masking(name=f"masking_{index}")(tensor)
        tensors.append(tensor)
    layer = case.layer.build(keras, name="subject")
    if case.adapt is not None:
        layer.adapt(np.array(case.adapt))
    positional, named = case.arguments(tensors)
    outputs = layer(*positional, **named)
    if old and isinstance(outputs, tuple):
        outputs = list(outputs)
    model = keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs, name="case")
    if case.changes:
        fill(model, case.name)
        # What is quantized anew when it is saved must stay the same by it.
        case.change(layer, keras, lambda name, shape: np.zeros(shape, np.float32)
                    if case.quantize is not None and name.endswith("_b")
                    else weight_for((case.name,), name, shape, "float32"))
        model.is_settled = True
    return model


def layer_inputs(case):
    arrays = inputs_for(case)
    if case.masks is not None:
        for array, kind in zip(arrays, case.masks):
            if kind is not None:
                array[~mask_for(kind, array.shape)] = 0
    return arrays


@dataclass(frozen=True)
class Kind:
    """A kind of file: `model` is what `predict` opens, `weights` what goes with it."""

    name: str
    era: int
    suffix: str
    weights_suffix: str = None

    def paths(self, stem):
        weights = stem + self.weights_suffix if self.weights_suffix else None
        return stem + self.suffix, weights

    def save(self, model, stem):
        path, weights = self.paths(stem)
        if weights:
            with open(path, "w") as file:
                file.write(model.to_json())
            model.save_weights(weights)
        else:
            model.save(path)
        return path, weights

    def load(self, keras, stem, compile=False):
        path, weights = self.paths(stem)
        if not weights:
            return keras.models.load_model(path, compile=compile)
        with open(path) as file:
            model = keras.models.model_from_json(file.read())
        model.load_weights(weights)
        return model


KINDS = [
    Kind("keras 3 .keras", 3, ".keras"),
    Kind("keras 3 .h5", 3, ".h5"),
    Kind("keras 3 .json + .weights.h5", 3, ".json", ".weights.h5"),
    Kind("keras 2 .h5", 2, ".h5"),
    Kind("keras 2 .keras", 2, ".keras"),
    Kind("keras 2 .json + weights-only .h5", 2, ".json", "-weights-only.h5"),
    Kind("keras 2 .json + .weights.h5", 2, ".json", ".weights.h5"),
]


def quiet():
    """Keras warns of each legacy file; that is what is asked for here."""
    import logging
    import warnings

    without_gpu_variants()
    warnings.filterwarnings("ignore")
    logging.getLogger("absl").setLevel(logging.ERROR)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def without_gpu_variants():
    """Keras 2 traces each LSTM and GRU a second time for GPUs, with gradients: seconds per load."""
    import tf_keras

    for layer in (tf_keras.layers.LSTM, tf_keras.layers.GRU):
        original = layer.__init__

        def initialize(self, *args, _original=original, **options):
            _original(self, *args, **options)
            self._could_use_gpu_kernel = False

        layer.__init__ = initialize
