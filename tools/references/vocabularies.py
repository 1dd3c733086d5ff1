"""Files with layers that have learned: vocabularies in text files, bins in variables."""

import json
import os

import keras
import numpy as np
import tf_keras

from keras_cases import files
from keras_cases.recording import versions

FOLDER = "fixtures/vocabularies"
TEXTS = ["The cat sat.", "über the mat", "cat, cat!", "日本語 mat", ""]


def texts(k):
    words = k.layers.TextVectorization(output_mode="tf_idf", name="words")
    words.adapt(np.array(TEXTS))
    return k.Sequential([k.Input((1,), dtype="string", name="text"), words,
                         k.layers.Dense(2, name="out")], name="texts")


def table(k):
    word, number, price = (k.Input((1,), dtype="string", name="word"),
                           k.Input((1,), dtype="int64", name="number"), k.Input((1,), name="price"))
    words, numbers = k.layers.StringLookup(name="words"), k.layers.IntegerLookup(
        output_mode="one_hot", mask_token=0, name="numbers")
    bins = k.layers.Discretization(num_bins=3, output_mode="one_hot", name="bins")
    words.adapt(np.array(["cat", "dog", "cat", "é"]))
    numbers.adapt(np.array([3, 1, 3, 8]))
    bins.adapt(np.arange(9, dtype="float32"))
    vectors = k.layers.Flatten(name="flat")(k.layers.Embedding(4, 2, name="vectors")(words(word)))
    joined = k.layers.Concatenate(name="all")([vectors, numbers(number), bins(price)])
    return k.Model([word, number, price], k.layers.Dense(2, name="out")(joined), name="table")


def bins(k):
    layer = k.layers.Discretization(num_bins=3, output_mode="one_hot", name="bins")
    layer.adapt(np.arange(9, dtype="float32"))
    return k.Sequential([k.Input((1,), name="price"), layer, k.layers.Dense(2, name="out")],
                        name="bins")


INPUTS = {
    "texts": [np.array([["the cat"], ["Über!"], ["unknown words"]])],
    "table": [np.array([["cat"], ["e\u0301"], ["é"]]), np.array([[3], [0], [7]], "int32"),
              np.array([[0.5], [4.0], [9.0]], "float32")],
    "bins": [np.array([[0.5], [4.0], [9.0]], "float32")],
}
WRITTEN = [(texts, keras, "keras"), (texts, tf_keras, "keras"), (texts, keras, "h5"),
           (table, keras, "keras"), (table, tf_keras, "keras"),
           (bins, keras, "h5"), (bins, tf_keras, "h5"), (bins, tf_keras, "keras")]


def plain(array):
    return {"shape": list(array.shape), "dtype": "string" if array.dtype.kind == "U" else
            array.dtype.name, "values": array.reshape(-1).tolist()}


def main():
    files.quiet()
    os.makedirs(FOLDER, exist_ok=True)
    entries = []
    for build, k, suffix in WRITTEN:
        k.utils.set_random_seed(7)
        era = 3 if k is keras else 2
        model, inputs = build(k), INPUTS[build.__name__]
        name = f"{build.__name__}-keras{era}.{suffix}"
        model.save(f"{FOLDER}/{name}")
        lost = suffix == "h5" and build is not bins
        outputs = None if lost else [plain(o) for o in files.predict(model, inputs)]
        entries.append({"file": name, "inputs": [plain(i) for i in inputs], "outputs": outputs})
    with open(f"{FOLDER}/index.json", "w") as file:
        json.dump({"made_by": "tools/make-vocabulary-files", "made_with": versions(),
                   "files": entries}, file, indent=1, ensure_ascii=False)
    print(f"{FOLDER}: {len(entries)} files")


if __name__ == "__main__":
    main()
