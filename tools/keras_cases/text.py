"""TextVectorization."""

from .spec import Texts, case

WORDS = ("The", "cat", "sat,", "on", "the", "MAT!", "über", "Ärger", "naïve", "日本語", "it's", "a\tb",
         "x.y", "(z)", "no\u00a0break", "\u3000", "İ", "“quoted”", "co-op", "_")
TEXTS = Texts((5, 1), WORDS, length=6)
FLAT = Texts((5,), WORDS, length=6)
SHORT = Texts((4, 1), ("ab", "ba", "é", "c a", "日"), length=3)
VOCABULARY = ["the", "cat", "mat", "über", "its", "on", "naïve", "日本語", "xy"]
IDF = [0.5, 1.25, 0.75, 2.0, 1.0, 0.25, 0.125, 3.0, 1.5]


def text(what, inputs=TEXTS, **more):
    return case("TextVectorization", what, inputs, **more)


CASES = [
    text("int", vocabulary=VOCABULARY),
    text("vector", FLAT, vocabulary=VOCABULARY),
    text("special given", vocabulary=["", "[UNK]"] + VOCABULARY),
    text("fixed length", vocabulary=VOCABULARY, output_sequence_length=4),
    text("longer than needed", vocabulary=VOCABULARY, output_sequence_length=9),
    text("lower", vocabulary=VOCABULARY, standardize="lower"),
    text("strip", vocabulary=VOCABULARY + ["The"], standardize="strip_punctuation"),
    text("as it is", vocabulary=VOCABULARY + ["The", "sat,"], standardize=None),
    text("characters", SHORT, vocabulary=["a", "b", "é", " ", "日"], split="character"),
    text("pairs", vocabulary=VOCABULARY + ["the cat", "on the", "cat the"], ngrams=2),
    text("pairs alone", vocabulary=VOCABULARY + ["the cat", "on the"], ngrams=(2,)),
    text("pairs and fours counted", vocabulary=["the cat", "on the"], ngrams=(4, 2),
         output_mode="count"),
    text("multi hot", vocabulary=VOCABULARY, output_mode="multi_hot"),
    text("count", vocabulary=VOCABULARY, output_mode="count"),
    text("count padded", vocabulary=VOCABULARY, output_mode="count", max_tokens=15,
         pad_to_max_tokens=True),
    text("tf idf", vocabulary=VOCABULARY, output_mode="tf_idf", idf_weights=IDF),
    text("not split", Texts((4, 3), WORDS), vocabulary=VOCABULARY, split=None),
    text("not split fixed length", Texts((4, 3), WORDS), vocabulary=VOCABULARY, split=None,
         output_sequence_length=5),
    text("not split pairs", Texts((4, 3), WORDS), vocabulary=VOCABULARY + ["the cat"], split=None,
         ngrams=2),
    text("adapted", adapt=["the cat sat on the mat", "it's naïve, über cat", "日本語 cat"]),
    text("adapted limited", adapt=["the cat sat on the mat", "it's naïve, über cat"],
         max_tokens=5, output_sequence_length=7),
    text("adapted multi hot", adapt=["the cat sat on the mat", "it's naïve"],
         output_mode="multi_hot"),
    text("adapted tf idf", adapt=["the cat sat on the mat", "it's naïve"], output_mode="tf_idf"),
    text("adapted pairs", adapt=["the cat sat on the mat", "it's the cat"], ngrams=2),
]
