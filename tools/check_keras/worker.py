"""A process that checks one case after another, with both Kerases loaded once."""

import traceback

from . import compatibility, deep, element_types, operations, training, weights
from .results import FAILED, Result
from .swiftlet import Swiftlet

CASES_PER_CLEARING = 25

kerases = None
done = 0


def start():
    global kerases
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    import keras
    import tf_keras

    from keras_cases import files

    files.quiet()
    kerases = ((keras, 3), (tf_keras, 2))


def run(path, quick, section, name, argument):
    """The results of one case; a failure of the check itself is one of them."""
    global done
    done += 1
    if done % CASES_PER_CLEARING == 0:  # graphs of old models pile up; clearing takes long
        for keras, _ in kerases:
            keras.backend.clear_session()
    swiftlet = Swiftlet(path)
    try:
        if section == "training":
            return training.run_family(swiftlet, kerases[0][0], argument, quick)
        if section == "optimizer state":
            return training.run_state(swiftlet, kerases, argument)
        if section == "number formats":
            return element_types.run(swiftlet, kerases, argument)
        if section == "weight files":
            return weights.run(swiftlet, kerases, argument)
        if section == "operations":
            return operations.run(swiftlet, kerases, argument)
        if section == "deep networks":
            return deep.run(swiftlet, kerases, argument)
        return compatibility.run(swiftlet, kerases, section, argument)
    except Exception:
        where = "training " if section in ("training", "optimizer state") else "files "
        return [Result(where + section, name, "the check itself", FAILED,
                       traceback.format_exc()[-1500:])]
