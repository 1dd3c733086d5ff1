"""Files both ways: every case through every kind of file.

Keras writes a file, Swiftlet predicts from it; Swiftlet converts it, Keras loads the result.
"""

import os
import tempfile

import numpy as np

from keras_cases import FAMILIES, files
from keras_cases.models import MODELS

from .comparing import Unlike, arrays_alike
from .results import EXCUSED, FAILED, OK, Result
from .swiftlet import Refused


class Subject:
    """A case as a model of one Keras, with its inputs and what that Keras predicts."""

    def __init__(self, keras, era, section, name, tolerance, model, arrays, reference=None):
        self.keras, self.era = keras, era
        self.section, self.name, self.tolerance = "files " + section, name, tolerance
        self.model, self.arrays = model, arrays
        self.wanted = reference or files.predict(model, arrays)
        self.loads_own = {}

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

    def cannot_reopen(self, kind, folder):
        """Whether this Keras fails on the very file that it wrote itself."""
        if kind.name not in self.loads_own:
            try:
                stem = f"{folder}/own"
                kind.save(self.model, stem)
                got = files.predict(kind.load(self.keras, stem), self.arrays)
                arrays_alike(got, self.wanted, self.tolerance)
                self.loads_own[kind.name] = True
            except Exception:
                self.loads_own[kind.name] = False
        return not self.loads_own[kind.name]


def kind_named(name):
    return next(k for k in files.KINDS if k.name == name)


def read_all(swiftlet, subject, folder):
    """Keras writes each kind, Swiftlet predicts. Answers results and the stems of the files."""
    results, written = [], []
    for kind in files.KINDS:
        if kind.era != subject.era:
            continue
        stem = f"{folder}/k{subject.era}"
        path, weights = kind.save(subject.model, stem)
        results.append(subject.compare(
            f"{kind.name} -> Swiftlet",
            lambda: swiftlet.predict(path, subject.arrays, folder, weights)))
        if not weights:
            written.append(path)
    return results, written


def zeroed(model):
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    return model


def write_all(swiftlet, subjects, source, folder):
    """Swiftlet converts `source` into each kind, every Keras that reads the kind predicts."""
    for subject in subjects:
        for kind, how, arguments in TARGETS[subject.era]:
            stem = f"{folder}/ours"
            path, weights = kind.paths(stem)

            def load():
                swiftlet.convert(source, path, *(arguments if not weights else ()))
                if weights:
                    swiftlet.convert(source, weights, *arguments)
                return files.predict(how(subject, kind, stem), subject.arrays)

            yield subject.compare(f"Swiftlet -> {kind.name}", load,
                                  excuse=lambda: subject.cannot_reopen(kind, folder))


def opened(subject, kind, stem):
    return kind.load(subject.keras, stem)


def into_model(subject, kind, stem):
    """The weights alone go into the model that is at hand."""
    _, weights = kind.paths(stem)
    zeroed(subject.model).load_weights(weights)
    return subject.model


# Per era: kind, how Keras takes it, arguments that `convert` needs where the suffix is not enough.
TARGETS = {
    3: [(kind_named("keras 3 .keras"), opened, ()),
        (kind_named("keras 3 .h5"), opened, ()),
        (kind_named("keras 3 .json + .weights.h5"), opened, ())],
    2: [(kind_named("keras 2 .h5"), opened, ()),
        (kind_named("keras 2 .json + weights-only .h5"), into_model, ("--to", "weights-h5"))],
}


def subjects_of_layer(kerases, family, case):
    for keras, era in kerases:
        if era == 3 or case.keras_2:
            try:
                model = files.layer_model(case, keras)
                files.fill(model, case.name)
                yield Subject(keras, era, family, case.name, case.tolerance, model,
                              files.layer_inputs(case))
            except Exception as error:
                if not on_this_processor(error):
                    raise


def on_this_processor(error):
    """TensorFlow has some layouts on GPUs only; those cases are checked by the unit tests."""
    words = ("only supports", "only support", "CPU implementation", "on the CPU")
    return any(w in str(error) for w in words)


def subjects_of_model(kerases, case):
    for keras, era in kerases:
        if era == 3 or case.keras_2:
            model = case.build(keras)
            files.fill(model, case.name)
            yield Subject(keras, era, "whole models", case.name, case.tolerance, model,
                          files.model_inputs(model, case.limits, (case.name,)))


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
