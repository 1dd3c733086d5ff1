"""Differences from Keras that are known and cannot be mended, each with its reason.

They are tried and counted apart, so the table stays honest.
"""

import fnmatch

# "section: case" and step, both with * and ?; why it differs.
DIFFERENCES = [
    ("files operations: * types", "Swiftlet -> keras 2 .h5",
     "TensorFlow's functions do not promote element types as keras.ops do"),
    ("files operations: *logical_not", "Swiftlet -> keras 2 .h5",
     "TensorFlow's logical functions take truth values only, keras.ops any numbers"),
    ("files operations: * bool", "Swiftlet -> keras 2 .h5",
     "TensorFlow's functions do not count truth values as keras.ops do"),
    ("files whole models: names with slashes", "Swiftlet -> keras 3 *",
     "Keras 3 refuses names with a slash, which Keras 2 allows"),
    ("files *: * initial state*", "Swiftlet -> keras 3 .h5",
     "Keras 3 does not take a state from the Keras 2 form of .h5 (--to keras3-h5 is for it)"),
    ("files *: * tf idf*", "Swiftlet -> keras 2 *",
     "the eras disagree on how .h5 files hold the weights of tf_idf (.keras is for them)"),
    ("files *: *adapted tf idf*", "Swiftlet -> keras 2 *",
     "the eras disagree on how .h5 files hold the weights of tf_idf (.keras is for them)"),
    ("files categories: Discretization adapted*", "Swiftlet -> .weights.h5, into Keras 2",
     "Keras 2 wants the summary that bins were made from, not the bins"),
    ("files whole models: weighted counts", "Swiftlet -> keras 3 .h5",
     "Keras 3 does not take named tensors from the Keras 2 form of .h5 (--to keras3-h5 is for it)"),
    ("files attention: MultiHeadAttention*", "Swiftlet -> keras 2 .h5",
     "Keras 3 finds no value in the Keras 2 form, so .h5 is in Keras 3's (--to keras2-h5)"),
    ("files whole models: *transformer*", "Swiftlet -> keras 2 .h5",
     "Keras 3 finds no value in the Keras 2 form, so .h5 is in Keras 3's (--to keras2-h5)"),
    ("files whole models: translator", "Swiftlet -> keras 2 .h5",
     "Keras 3 finds no value in the Keras 2 form, so .h5 is in Keras 3's (--to keras2-h5)"),
    ("files whole models: masks by hand", "Swiftlet -> keras 2 .h5",
     "Keras 3 finds no masks in the Keras 2 form, so .h5 is in Keras 3's (--to keras2-h5)"),
    ("files whole models: attention over masked steps", "Swiftlet -> keras 2 .h5",
     "Keras 3 finds no value in the Keras 2 form, so .h5 is in Keras 3's (--to keras2-h5)"),
    ("files cells: * by itself", "Swiftlet -> keras 2 .h5",
     "Keras 3 finds no states in the Keras 2 form, so .h5 is in Keras 3's (--to keras2-h5)"),
]


def reason(section, case, step):
    """Why this comparison is known to fail; nothing if it is not."""
    for what, which, why in DIFFERENCES:
        if fnmatch.fnmatchcase(f"{section}: {case}", what) and fnmatch.fnmatchcase(step, which):
            return why
    return None
