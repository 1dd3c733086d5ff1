"""Warped images, bins, counts, hashes and texts, as TensorFlow computes them."""

from op_cases.elementwise import some

import numpy as np
import tensorflow as tf

VERSIONS = {"tensorflow": tf.__version__}

MAPS = {
    "turned": [0.8, -0.6, 1.3, 0.6, 0.8, -1.1, 0, 0],
    "far away": [1, 0, -7.3, 0, 1, 11.6, 0, 0],
    "in perspective": [1.1, 0.2, 0.4, -0.1, 0.9, 0.3, 0.03, -0.02],
    "doubled": [0.5, 0, 0, 0, 0.5, 0, 0, 0],
}
TEXTS = ["", "a", "The cat, sat!", "  two\tspaces \n", "Ärger über naïve İ", "日本語 テスト",
         "[x]_{y}-(z)", "no\u00a0break\u3000space", "e\u0301 é", "it's", "x" * 70, "0123456789abcdef"]
PHRASES = np.array(TEXTS, dtype=str)


def warp(edge, how):
    def compute(x, maps):
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=x, transforms=maps, output_shape=x.shape[1:3], fill_value=2.5,
            interpolation=how.upper(), fill_mode=edge.upper()).numpy()
    return compute


def padded(ragged):
    return np.array([[t.decode() for t in row] for row in ragged.to_tensor("").numpy()], dtype=str)


def cases():
    for title, numbers in MAPS.items():
        maps = np.array([numbers, [1, 0, 0.25, 0, 1, -0.5, 0, 0]], "float32")
        for edge in ["constant", "nearest", "reflect", "wrap"]:
            for how in ["nearest", "bilinear"]:
                yield f"{title} {edge} {how}", [some(2, 5, 7, 3), maps], warp(edge, how)
    bins = np.array([-1.5, 0, 0.25, 2], "float32")
    values = np.array([-9, -1.5, -1, 0, 0.2, 0.25, 2, 7, np.inf, -np.inf], "float32")
    yield "bucketize", [values], lambda x: np.digitize(x, bins).astype("int64")
    numbers = np.array([[3, 1, 3, 0], [5, 2, 2, 2], [9, 7, 6, 6]], "int64")
    yield "count categories", [numbers], lambda x: tf.math.bincount(
        x, minlength=6, maxlength=6, axis=-1, dtype=tf.float32).numpy()
    yield "categories that occur", [numbers], lambda x: tf.math.bincount(
        x, minlength=6, maxlength=6, axis=-1, binary_output=True, dtype=tf.float32).numpy()
    yield "weights of categories", [numbers, some(3, 4)], lambda x, w: tf.math.bincount(
        x, weights=w, minlength=6, maxlength=6, axis=-1).numpy()
    yield "fingerprint", [PHRASES], lambda x: tf.strings.to_hash_bucket_fast(x, 1 << 40).numpy()
    yield "siphash", [PHRASES], lambda x: tf.strings.to_hash_bucket_strong(
        x, 1 << 40, [3, 1 << 50]).numpy()
    yield "number text", [np.array([[0, -7], [1 << 50, 12]], "int64")], lambda x: np.array(
        [[t.decode() for t in row] for row in tf.strings.as_string(x).numpy()], dtype=str)
    many = np.arange(12, dtype="int64") * 1000 - 7
    yield "cross hash", [PHRASES, many], lambda a, b: tf.sparse.to_dense(
        tf.sparse.cross_hashed(
            [tf.constant(a[:, None]), tf.constant(b[:, None])], 1 << 40)).numpy()[:, 0]

    def standardized(lowers, strips):
        def compute(x):
            y = tf.constant(x)
            y = tf.strings.lower(y) if lowers else y
            if strips:
                y = tf.strings.regex_replace(
                    y, r'[!"#$%&()\*\+,-\./:;<=>?@\[\\\]^_`{|}~\']', "")
            return np.array([t.decode() for t in y.numpy()], dtype=str)
        return compute

    yield "lower", [PHRASES], standardized(True, False)
    yield "strip punctuation", [PHRASES], standardized(False, True)
    yield "lower and strip", [PHRASES], standardized(True, True)
    yield "words", [PHRASES], lambda x: padded(tf.strings.split(x))
    yield "characters", [PHRASES], lambda x: padded(tf.strings.unicode_split(x, "UTF-8"))
    yield "pairs", [PHRASES], lambda x: padded(
        tf.strings.ngrams(tf.strings.split(x), (1, 2), separator=" "))
