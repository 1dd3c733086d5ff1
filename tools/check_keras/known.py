"""Differences from Keras that are known and not yet mended, each with its reason.

They are tried and counted apart, so the table stays honest.
"""

import fnmatch

# "section: case" and step, both with * and ?; why it differs.
DIFFERENCES = [
    ("files whole models: encoder decoder", "keras 3 * -> Swiftlet",
     "Keras 3 gives a recurrent layer with an initial state no implicit mask"),
    ("files merging: M*imum masked", "keras 2 * -> Swiftlet",
     "Keras 3 leaves masked steps out of Maximum and Minimum, Keras 2 does not"),
    ("files merging: M*imum masked", "Swiftlet -> *",
     "Keras 3 leaves masked steps out of Maximum and Minimum, Keras 2 does not"),
    ("files whole models: names with slashes", "Swiftlet -> keras 3 *",
     "Keras 3 refuses names with a slash, which Keras 2 allows"),
    ("files recurrent: * initial state*", "Swiftlet -> keras 3 .h5",
     "Keras 3 does not take a state from the Keras 2 form of .h5 (--to keras3-h5 is for it)"),
    ("files whole models: masks meet", "* -> Swiftlet",
     "a mask that meets an unmasked input before a recurrent layer"),
]


def reason(section, case, step):
    """Why this comparison is known to fail; nothing if it is not."""
    for what, which, why in DIFFERENCES:
        if fnmatch.fnmatchcase(f"{section}: {case}", what) and fnmatch.fnmatchcase(step, which):
            return why
    return None
