"""Records what Keras computes for every layer case: outputs, masks, gradients, statistics.

Keras 3 does, and Keras 2 for what only it has.
"""

import re
import sys

import keras
import numpy as np
import tensorflow as tf
import tf_keras

from keras_cases import FAMILIES
from keras_cases.recording import Recording
from keras_cases.spec import in_storing_order
from keras_cases.values import coarse, generator, inputs_for, masks_for, weight_for


def moved(tensor, to_last, spatial):
    """Channels from before the `spatial` last axes to behind them, or back."""
    axes = list(range(tensor.shape.rank))
    first = len(axes) - spatial - 1
    order = axes[first + 1:] + [first] if to_last else [axes[-1]] + axes[first:-1]
    return tf.transpose(tensor, axes[:first] + order)


def flat(value):
    """Outputs as a list, whatever structure the layer answers with."""
    return [v for v in tf.nest.flatten(value) if v is not None]


def cotangent(case, index, shape):
    return coarse(generator(case.name, "cotangent", index), shape)


def short(variable, layer):
    """A variable's path below its layer: `kernel`, `forward_lstm/lstm_cell/kernel`."""
    path = getattr(variable, "path", None) or variable.name.split(":")[0]
    return path[len(layer.name) + 1:] if path.startswith(layer.name + "/") else path


def value_of(variable):
    """What a tape watches of a variable of either Keras."""
    return variable.value if isinstance(variable, keras.Variable) else variable


def dtype_of(variable):
    return str(getattr(variable.dtype, "name", variable.dtype))


def sensible(case, index, variable):
    """Seeded values that a layer which is built quantized can have."""
    name = variable.name
    if name.endswith("scale") or name.endswith("amax_history"):
        values = weight_for((case.name,), f"{index}/{name}", tuple(variable.shape), "float32")
        return np.abs(values) + 0.5
    return weight_for((case.name,), f"{index}/{name}", tuple(variable.shape), dtype_of(variable))


class Subject:
    """A built layer with weights from the table and its inputs as tensors."""

    def __init__(self, case):
        self.case = case
        self.arrays = inputs_for(case)
        self.masks = masks_for(case, self.arrays)
        self.keras = keras if case.keras_3 else tf_keras
        self.keras.backend.clear_session()  # restarts the counters in automatic names
        name = case.class_name.lower()
        self.described = case.layer.build(self.keras, name=name)
        self.twin = not case.cpu  # the transposed twin is the same function
        self.layer = self.described
        if self.twin:
            self.layer = case.layer.build(self.keras, name=name, data_format="channels_last")
        self.call(self.tensors(), False)  # builds it
        self.weights = self.layer.weights
        self.names = [short(w, self.layer) for w in self.weights]
        self.initial = [weight_for((case.name,), f"{i}/{n}", tuple(w.shape), dtype_of(w))
                        for i, (n, w) in enumerate(zip(self.names, self.weights))]
        if case.changes:
            self.reset()
            case.change(self.layer, keras,
                        lambda name, shape: weight_for((case.name,), name, shape, "float32"))
        if case.changes or getattr(self.layer, "quantization_mode", None):
            self.weights = in_storing_order(self.layer)
            self.names = [short(w, self.layer) for w in self.weights]
            self.initial = [np.asarray(w) if case.changes else
                            sensible(case, i, w) for i, w in enumerate(self.weights)]
        self.reset()

    def reset(self):
        for variable, value in zip(self.weights, self.initial):
            variable.assign(value)
        if hasattr(self.layer, "finalize_state"):
            self.layer.finalize_state()  # Normalization derives constants from its weights
        if getattr(self.layer, "stateful", False):
            (self.layer.reset_state if self.case.keras_3 else self.layer.reset_states)()

    def config(self):
        if self.case.keras_3:
            return keras.saving.serialize_keras_object(self.described)["config"]
        return tf_keras.saving.serialize_keras_object(self.described)["config"]

    def tensors(self):
        return [tf.convert_to_tensor(a) for a in self.arrays]

    def call(self, tensors, training):
        for tensor, mask in zip(tensors, self.masks):
            if mask is not None:
                tensor._keras_mask = tf.convert_to_tensor(mask)
        if self.twin:
            spatial = int(re.search(r"(\d)D", self.case.class_name)[1])
            outputs = self.layer(moved(tensors[0], True, spatial), training=training)
            return tf.nest.map_structure(lambda t: moved(t, False, spatial), outputs)
        positional, named = self.case.arguments(tensors)
        return self.layer(*positional, training=training, **named)

    def run(self, training):
        """Outputs, their masks, gradients of sum(output · cotangent), weights afterwards."""
        self.reset()
        tensors = self.tensors()
        floats = [t for t in tensors if t.dtype.is_floating]
        variables = [value_of(w) for w in self.weights if "float" in dtype_of(w)]

        def work():
            with tf.GradientTape(persistent=True) as tape:
                for t in floats:
                    tape.watch(t)
                for v in variables:
                    tape.watch(v)
                outputs = flat(self.call(tensors, training))
                cotangents = [cotangent(self.case, i, tuple(o.shape))
                              for i, o in enumerate(outputs)]
                total = tf.add_n([tf.reduce_sum(o * c) for o, c in zip(outputs, cotangents)
                                  if o.dtype.is_floating] or [tf.constant(0.0)])
            return (outputs, gradients_of(tape, total, floats),
                    gradients_of(tape, total, variables))

        # The rounding to 8-bit floats can be differentiated in a graph only.
        in_graph = getattr(self.layer, "quantization_mode", None) == "float8"
        outputs, by_input, by_weight = tf.function(work)() if in_graph else work()
        cotangents = [cotangent(self.case, i, tuple(o.shape)) for i, o in enumerate(outputs)]
        slopes = {id(t): g for t, g in zip(floats, by_input)}
        of_variable = {id(v): g for v, g in zip(variables, by_weight)}
        # Attention scores carry the mask that made them, which is none of steps.
        masks = [getattr(o, "_keras_mask", None) for o in outputs]
        masks = [None if m is None or len(m.shape) >= len(o.shape) else m
                 for m, o in zip(masks, outputs)]
        return {
            "outputs": [o.numpy() for o in outputs],
            "masks": [m if m is None else np.asarray(m) for m in masks],
            "cotangents": cotangents,
            "input_gradients": [dense(slopes.get(id(t))) for t in tensors],
            "weight_gradients": [dense(of_variable.get(id(value_of(w)))) for w in self.weights],
            "weights": [np.asarray(w) for w in self.weights],
        }


def gradients_of(tape, total, sources):
    """Some operations of TensorFlow have no gradient."""
    try:
        return tape.gradient(total, sources) if sources else []
    except LookupError:
        return [None] * len(sources)


def dense(gradient):
    if gradient is None:
        return None
    return tf.convert_to_tensor(gradient).numpy()


def record(recording, case):
    subject = Subject(case)
    result = subject.run(training=False)
    for values in result["outputs"]:
        if values.dtype.kind == "f" and not np.all(np.isfinite(values)):
            raise ValueError(f"{case.name}: an output that is not finite")
    entry = {
        "name": case.name,
        "class_name": case.class_name,
        "config": subject.config(),
        "tolerance": case.tolerance,
        "inputs": recording.arrays(subject.arrays),
        "weights": [{"name": n, "trainable": w.trainable, **recording.array(v)}
                    for n, w, v in zip(subject.names, subject.weights, subject.initial)],
        "outputs": recording.arrays(result["outputs"]),
        "cotangents": recording.arrays(result["cotangents"]),
        "input_gradients": recording.arrays(result["input_gradients"]),
        "weight_gradients": recording.arrays(result["weight_gradients"]),
    }
    if case.described_call() is not None:
        entry["call"] = case.described_call()
    if case.masks is not None:
        entry["masks"] = recording.arrays(subject.masks)
    if any(m is not None for m in result["masks"]):
        entry["output_masks"] = recording.arrays(result["masks"])
    if case.training:
        trained = subject.run(training=True)
        if case.training == "outputs":
            trained["input_gradients"] = [None] * len(subject.arrays)
        entry["training"] = {
            "outputs": recording.arrays(trained["outputs"]),
            "input_gradients": recording.arrays(trained["input_gradients"]),
            "weight_gradients": recording.arrays(trained["weight_gradients"]),
            "weights_after": recording.arrays(trained["weights"]),
        }
    recording.cases.append(entry)


def main(names):
    for family in names or FAMILIES:
        recording = Recording("tools/make-layer-references")
        for case in FAMILIES[family]:
            if case.adapt is not None or not case.keras_3:
                continue  # what it learned is in no configuration
            try:
                record(recording, case)
            except Exception as error:
                raise SystemExit(f"error: {family}/{case.name}: {error}")
        recording.save(f"fixtures/layers/{family}")


if __name__ == "__main__":
    main(sys.argv[1:])
