"""Operations in functional models, both ways: Keras 3's own and Keras 2's functions of TensorFlow."""

import tempfile

import numpy as np

from keras_cases import files
from keras_cases.operation_models import FAMILIES, input_values, keras2_model, keras3_model

from .comparing import Unlike, arrays_alike
from .compatibility import Subject, kind_named, read_all
from .results import EXCUSED, FAILED, OK, Result
from .swiftlet import Refused


def jobs():
    for family, (_, cases) in FAMILIES.items():
        for index, case in enumerate(cases):
            yield "operations", f"{family}: {case.name}", f"{family}/{index}"


def outputs(model, arrays):
    import tensorflow as tf

    results = model(arrays if len(arrays) > 1 else arrays[0])
    return [np.asarray(r) for r in tf.nest.flatten(results)]


def converted(swiftlet, subject, source, target, era, keras, arguments=()):
    """Swiftlet converts, that Keras opens and computes. A refusal for Keras 2 is excused."""
    kind = kind_named(target)
    step = f"Swiftlet -> {target}"
    with tempfile.TemporaryDirectory() as folder:
        stem = f"{folder}/ours"
        try:
            swiftlet.convert(source, stem + kind.suffix, *arguments)
        except Refused as refusal:
            text = str(refusal)
            excused = "Keras 2" in text or "in Keras 3" in text
            return Result(subject.section, subject.name, step, EXCUSED if excused else FAILED, text)
        try:
            got = outputs(kind.load(keras, stem), subject.arrays)
            arrays_alike(got, subject.wanted, subject.tolerance)
        except Unlike as error:
            return Result(subject.section, subject.name, step, FAILED, str(error))
        except Exception as error:
            detail = f"{type(error).__name__}: " + " ".join(str(error).split())[:300]
            return Result(subject.section, subject.name, step, FAILED, detail)
    return Result(subject.section, subject.name, step, OK)


def run(swiftlet, kerases, argument):
    family, index = argument.split("/")
    era, cases = FAMILIES[family]
    case = cases[int(index)]
    by_era = {number: keras for keras, number in kerases}
    model = (keras3_model if era == 3 else keras2_model)(case)
    arrays = input_values(case)
    subject = Subject(by_era[era], era, "operations", f"{family}: {case.name}", case.tolerance,
                      model, arrays, reference=outputs(model, arrays))
    subject.section = "files operations"
    with tempfile.TemporaryDirectory() as folder:
        results, written = read_all(swiftlet, subject, folder)
        if not written:
            return results
        source = written[0]
        results.append(converted(swiftlet, subject, source, "keras 3 .keras", 3, by_era[3]))
        results.append(converted(swiftlet, subject, source, "keras 2 .h5", 2, by_era[2],
                                 ("--to", "keras2-h5")))
    return results
