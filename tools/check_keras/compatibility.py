"""Files both ways: every case through every kind of file.

Keras writes a file, Swiftlet predicts from it; Swiftlet converts it, Keras loads the result.
"""

import tempfile
from dataclasses import dataclass
from typing import Callable

import numpy as np

from keras_cases import FAMILIES, files
from keras_cases.models import MODELS

from .comparing import Unlike, arrays_alike
from .results import EXCUSED, FAILED, OK, Result
from .swiftlet import Refused


class Subject:
    """A case as a model of one Keras, with its inputs and what that Keras predicts."""

    def __init__(self, keras, era, section, name, tolerance, model, arrays, reference=None,
                 learned=False):
        self.keras, self.era = keras, era
        self.section, self.name, self.tolerance = "files " + section, name, tolerance
        self.model, self.arrays, self.weights = model, arrays, files.weights_of(model)
        self.wanted = reference or files.predict(model, arrays)
        self.learned = learned  # a vocabulary that is in no file but .keras

    def compare(self, step, run, excuse=None):
        """`run()` gives outputs; errors of any party are findings."""
        try:
            arrays_alike(run(), self.wanted, self.tolerance)
        except (Unlike, Refused) as error:
            status, detail = FAILED, str(error)
        except Exception as error:  # whatever a Keras raises for a file that it does not like
            status, detail = FAILED, f"{type(error).__name__}: " + " ".join(str(error).split())[:300]
        else:
            return Result(self.section, self.name, step, OK)
        if excuse is not None and excuse():
            status = EXCUSED
        return Result(self.section, self.name, step, status, detail)

    def cannot_reopen(self, target, folder):
        """Whether this Keras fails on the very file that it wrote itself."""
        if target.kind.era != self.era:
            return False
        try:
            stem = f"{folder}/own"
            if self.weights is not None:
                self.model.set_weights(self.weights)
            target.kind.save(self.model, stem)
            got = files.predict(target.take(self, target.kind, stem), self.arrays)
            arrays_alike(got, self.wanted, self.tolerance)
        except Exception:
            return True
        return False


def kind_named(name):
    return next(k for k in files.KINDS if k.name == name)


def read_all(swiftlet, subject, folder):
    """Keras writes each kind, Swiftlet predicts. Answers results and the stems of the files."""
    results, written = [], []
    for kind in files.KINDS:
        if kind.era != subject.era:
            continue
        stem = f"{folder}/k{subject.era}"
        if subject.learned and kind.suffix != ".keras":
            if subject.era == 3:
                results.append(refused(swiftlet, subject, kind, stem, folder))
            continue  # Keras 2 does not write them
        try:
            path, weights = kind.save(subject.model, stem)
        except TypeError as error:  # Keras 3 cannot copy the lists of some layers
            results.append(Result(subject.section, subject.name, f"{kind.name} -> Swiftlet", EXCUSED,
                                  f"Keras cannot write it: {error}"))
            continue
        results.append(subject.compare(
            f"{kind.name} -> Swiftlet",
            lambda: swiftlet.predict(path, subject.arrays, folder, weights)))
        if not weights:
            written.append(path)
    return results, written


def refused(swiftlet, subject, kind, stem, folder):
    """Keras has left the vocabulary out; to predict without it would be to guess."""
    path, weights = kind.save(subject.model, stem)
    step = f"{kind.name} is refused"
    try:
        swiftlet.predict(path, subject.arrays, folder, weights)
    except Refused as error:
        named = "vocabulary is not in the file" in str(error)
        return Result(subject.section, subject.name, step, OK if named else FAILED, str(error))
    return Result(subject.section, subject.name, step, FAILED, "predicted without a vocabulary")


def zeroed(model):
    if files.learns(model):
        return model
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    return model


def write_all(swiftlet, subjects, source, folder):
    """Swiftlet converts `source` into each kind, every Keras that reads the kind predicts."""
    for subject in subjects:
        for target in TARGETS[subject.era]:
            stem = f"{folder}/ours"

            def load():
                target.write(swiftlet, source, stem)
                return files.predict(target.take(subject, target.kind, stem), subject.arrays)

            yield subject.compare(
                f"Swiftlet -> {target.step or target.kind.name}", load,
                excuse=lambda: subject.cannot_reopen(target, folder))


def opened(subject, kind, stem):
    return kind.load(subject.keras, stem)


def into_model(subject, kind, stem):
    """The weights alone go into the model that is at hand."""
    _, weights = kind.paths(stem)
    zeroed(subject.model).load_weights(weights)
    return subject.model


@dataclass(frozen=True)
class Target:
    """A kind that `convert` writes for an era, and how that era's Keras takes it.

    arguments say what to write where the suffix is not enough: to the model or architecture and
    to the weights beside it (None: it is not written, the model at hand takes the weights).
    """

    kind: files.Kind
    take: Callable
    arguments: tuple = ()
    weights_arguments: tuple = ()
    step: str = None

    def write(self, swiftlet, source, stem):
        path, weights = self.kind.paths(stem)
        if self.take is not into_model:
            swiftlet.convert(source, path, *self.arguments)
        if weights:
            swiftlet.convert(source, weights, *self.weights_arguments)


WEIGHTS_ONLY = kind_named("keras 2 .json + weights-only .h5")
TARGETS = {
    3: [Target(kind_named("keras 3 .keras"), opened),
        Target(kind_named("keras 3 .h5"), opened),
        Target(kind_named("keras 3 .json + .weights.h5"), opened),
        Target(WEIGHTS_ONLY, into_model, weights_arguments=("--to", "weights-h5"),
               step="weights-only .h5, into Keras 3")],
    2: [Target(kind_named("keras 2 .h5"), opened),
        Target(WEIGHTS_ONLY, opened, ("--to", "keras2-json"), ("--to", "weights-h5")),
        Target(kind_named("keras 2 .json + .weights.h5"), into_model,
               step=".weights.h5, into Keras 2")],
}


def subjects_of_layer(kerases, family, case):
    if not case.cpu or not case.files:
        return  # the unit tests have it
    yield from subjects_of(
        kerases, family, case, lambda keras: files.layer_model(case, keras),
        lambda model: files.layer_inputs(case))


def subjects_of_model(kerases, case):
    yield from subjects_of(
        kerases, "whole models", case, case.build,
        lambda model: files.model_inputs(model, case.limits, (case.name,)))


def subjects_of(kerases, section, case, build, inputs):
    """The case in each Keras that has it, with the same weights."""
    first = None
    for keras, era in kerases:
        if getattr(case, "keras_3", True) if era == 3 else case.keras_2:
            model = build(keras)
            if first is None:
                first = model
                files.fill(model, case.name)
            else:
                files.copy_weights(first, model)
            learned = getattr(case, "adapt", None) is not None
            try:
                yield Subject(keras, era, section, case.name, case.tolerance, model, inputs(model),
                              learned=learned and case.class_name != "Discretization")
            except Exception as error:
                if not on_this_processor(error):
                    raise


def on_this_processor(error):
    """Keras 2 leaves some layouts to GPUs."""
    words = ("only supports", "only support", "CPU implementation", "on the CPU")
    return any(w in str(error) for w in words)


def check(swiftlet, subjects, turn):
    """All results of one case. `turn` chooses which of the written files is converted."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        sources = []
        for subject in subjects:
            found, written = read_all(swiftlet, subject, folder)
            results += found
            sources += written
        if sources:
            results += write_all(swiftlet, subjects, sources[turn % len(sources)], folder)
    return results


def jobs():
    """(section, name) of every case, to be handed to `run`."""
    for family, cases in FAMILIES.items():
        for index, case in enumerate(cases):
            yield family, case.name, index
    for index, case in enumerate(MODELS):
        yield "whole models", case.name, index


def run(swiftlet, kerases, section, index):
    if section == "whole models":
        subjects = list(subjects_of_model(kerases, MODELS[index]))
    else:
        subjects = list(subjects_of_layer(kerases, section, FAMILIES[section][index]))
    return check(swiftlet, subjects, turn=index)
