"""ResNet50 with random weights and random batch statistics, there and back."""

import tempfile

from keras_cases import files
from keras_cases.values import distinct, generator

from .comparing import Unlike, alike_to_largest
from .results import FAILED, OK, Result
from .swiftlet import Refused

TOLERANCE = 1e-3


def jobs():
    yield "deep networks", "ResNet50", "ResNet50"


def randomize(model, seed):
    """Keeps the initializers' kernels, so that signals neither die nor explode over 50 layers."""
    rng = generator(seed)
    for layer in model.layers:
        if type(layer).__name__ == "BatchNormalization":
            layer.set_weights([fresh(rng, w.name, w.shape) for w in layer.weights])


def fresh(rng, name, shape):
    if "gamma" in name:
        return rng.uniform(0.5, 1.0, shape)
    if "variance" in name:
        return rng.uniform(0.5, 1.5, shape)
    return rng.normal(0, 0.2, shape)


def run(swiftlet, kerases, name):
    results = []
    arrays = [distinct(generator(name), (2, 64, 64, 3), spread=100.0)]
    for keras, era in kerases:
        keras.utils.set_random_seed(7)
        model = getattr(keras.applications, name)(weights=None, input_shape=(64, 64, 3), classes=40,
                                                  classifier_activation=None)
        randomize(model, name)
        wanted = files.predict(model, arrays)

        def compare(step, run):
            try:
                alike_to_largest(run(), wanted, TOLERANCE)
                results.append(Result("files deep networks", name, step, OK))
            except (Unlike, Refused, ValueError, TypeError, OSError) as error:
                results.append(Result("files deep networks", name, step, FAILED,
                                      " ".join(str(error).split())[:300]))

        with tempfile.TemporaryDirectory() as folder:
            first, second = [k for k in files.KINDS if k.era == era and not k.weights_suffix]
            for source, target in ((first, second), (second, first)):
                path, _ = source.save(model, f"{folder}/theirs")
                compare(f"{source.name} -> Swiftlet",
                        lambda: swiftlet.predict(path, arrays, folder))
                if target.name == "keras 2 .keras":
                    continue  # Swiftlet writes Keras 3's
                ours, _ = target.paths(f"{folder}/ours")

                def back():
                    swiftlet.convert(path, ours)
                    return files.predict(keras.models.load_model(ours, compile=False), arrays)

                compare(f"Swiftlet -> {target.name}", back)
    return results
