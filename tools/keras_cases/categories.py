"""Category numbers: encoding, bins, hashes, vocabularies."""

from .spec import Ints, Texts, case

WORDS = ("cat", "dog", "emu", "fox", "Cat", "naïve", "日本", "", "owl and emu")
NAMES = Texts((4, 3), WORDS)
NAME = Texts((5, 1), WORDS)
BINS = [-1.0, 0.25, 1.0]
VOCABULARY = ["cat", "dog", "emu", "日本"]
IDF = [0.5, 1.25, 0.75, 2.0]
NUMBERS = [3, 5, 8, 2]


def lookup(name, what, inputs, **more):
    return case(f"{name}Lookup", what, inputs, **more)


CASES = [
    case("CategoryEncoding", "one hot", Ints((4, 1), 5), num_tokens=5, output_mode="one_hot"),
    case("CategoryEncoding", "one hot out of range", Ints((6, 1), 9), num_tokens=5,
         output_mode="one_hot", keras_2=False),
    case("CategoryEncoding", "one hot rank 3", Ints((2, 3, 4), 5), num_tokens=5,
         output_mode="one_hot", keras_2=False),
    case("CategoryEncoding", "multi hot", Ints((3, 4), 5), num_tokens=5),
    case("CategoryEncoding", "count", Ints((3, 6), 5), num_tokens=5, output_mode="count"),
    case("CategoryEncoding", "multi hot rank 3", Ints((2, 3, 4), 5), num_tokens=5, keras_2=False),
    case("CategoryEncoding", "count rank 3", Ints((2, 3, 4), 5), num_tokens=6,
         output_mode="count", keras_2=False),
    case("Discretization", "bins", (3, 4), bin_boundaries=BINS),
    case("Discretization", "one hot", (4, 1), bin_boundaries=BINS, output_mode="one_hot"),
    case("Discretization", "multi hot", (3, 4), bin_boundaries=BINS, output_mode="multi_hot"),
    case("Discretization", "count", (3, 4), bin_boundaries=BINS, output_mode="count"),
    case("Discretization", "adapted", (5, 2), num_bins=4, adapt=[0.1 * i * i - 2 for i in range(9)]),
    *[case("Discretization", f"adapted by Keras {era}", (9, 2), num_bins=7, epsilon=0.05,
           adapt=[((i * 37) % 101) / 25 - 2 for i in range(300)], keras_2=era == 2,
           keras_3=era == 3) for era in (2, 3)],
    case("Hashing", "texts", NAMES, num_bins=7),
    case("Hashing", "texts one hot", NAME, num_bins=6, output_mode="one_hot"),
    case("Hashing", "texts multi hot", NAMES, num_bins=6, output_mode="multi_hot"),
    case("Hashing", "texts count", NAMES, num_bins=6, output_mode="count"),
    case("Hashing", "texts masked", NAMES, num_bins=5, mask_value="cat"),
    case("Hashing", "texts salted", NAMES, num_bins=101, salt=[133, 137]),
    case("Hashing", "texts one salt", NAMES, num_bins=101, salt=12345678901234),
    case("Hashing", "numbers", Ints((4, 3), 1000), num_bins=7),
    case("Hashing", "numbers masked", Ints((4, 3), 4), num_bins=7, mask_value=2),
    case("Hashing", "numbers salted", Ints((4, 3), 1000), num_bins=9, salt=5),
    case("Hashing", "one bin", NAMES, num_bins=1, mask_value="dog"),
    case("HashedCrossing", "texts", [NAME, NAME], num_bins=20),
    case("HashedCrossing", "text and number", [NAME, Ints((5, 1), 100)], num_bins=1000),
    case("HashedCrossing", "three", [NAME, Ints((5, 1), 100), NAME], num_bins=50, keras_3=False),
    case("HashedCrossing", "one hot", [NAME, Ints((5, 1), 9)], num_bins=6, output_mode="one_hot"),
    case("HashedCrossing", "vectors", [Ints((5,), 9), Texts((5,), WORDS)], num_bins=30),
    lookup("String", "int", NAMES, vocabulary=VOCABULARY),
    lookup("String", "masked", NAMES, vocabulary=VOCABULARY, mask_token=""),
    lookup("String", "special given", NAMES, vocabulary=["", "[UNK]"] + VOCABULARY, mask_token=""),
    lookup("String", "three unknown", NAMES, vocabulary=VOCABULARY, num_oov_indices=3),
    lookup("String", "three unknown salted", NAMES, vocabulary=VOCABULARY, num_oov_indices=3,
           salt=(7, 11), keras_2=False),
    lookup("String", "none unknown", Texts((4, 2), tuple(VOCABULARY)), vocabulary=VOCABULARY,
           num_oov_indices=0),
    lookup("String", "one hot", NAME, vocabulary=VOCABULARY, output_mode="one_hot"),
    lookup("String", "multi hot", NAMES, vocabulary=VOCABULARY, output_mode="multi_hot"),
    lookup("String", "multi hot masked padded", NAMES, vocabulary=VOCABULARY, mask_token="fox",
           output_mode="multi_hot", max_tokens=9, pad_to_max_tokens=True),
    lookup("String", "count", NAMES, vocabulary=VOCABULARY, output_mode="count",
           num_oov_indices=2),
    lookup("String", "tf idf", NAMES, vocabulary=VOCABULARY, output_mode="tf_idf",
           idf_weights=IDF),
    lookup("String", "tf idf padded", NAMES, vocabulary=VOCABULARY, output_mode="tf_idf",
           idf_weights=IDF, max_tokens=8, pad_to_max_tokens=True),
    lookup("String", "inverted", Ints((4, 3), 8), vocabulary=VOCABULARY, invert=True),
    lookup("String", "inverted masked", Ints((4, 3), 8), vocabulary=VOCABULARY, invert=True,
           mask_token="~", oov_token="?"),
    lookup("String", "adapted", NAMES, adapt=["cat", "dog", "cat", "日本", "é"]),
    lookup("String", "adapted limited", NAMES, adapt=["cat", "dog", "cat", "日本", "emu", "dog"],
           max_tokens=4, mask_token=""),
    lookup("String", "adapted count", NAMES, adapt=["cat", "dog", "cat"], output_mode="count"),
    lookup("String", "adapted tf idf", NAMES, adapt=[["cat", "dog"], ["cat", "emu"]],
           output_mode="tf_idf"),
    lookup("Integer", "int", Ints((4, 3), 10), vocabulary=NUMBERS),
    lookup("Integer", "masked", Ints((4, 3), 10), vocabulary=NUMBERS, mask_token=0),
    lookup("Integer", "three unknown", Ints((4, 3), 30), vocabulary=NUMBERS, num_oov_indices=3),
    lookup("Integer", "three unknown hashed", Ints((4, 3), 30), vocabulary=NUMBERS,
           num_oov_indices=3, oov_method="farmhash", keras_2=False),
    lookup("Integer", "one hot", Ints((4, 1), 10), vocabulary=NUMBERS, output_mode="one_hot"),
    lookup("Integer", "multi hot", Ints((4, 3), 10), vocabulary=NUMBERS, output_mode="multi_hot",
           mask_token=1),
    lookup("Integer", "count", Ints((4, 3), 10), vocabulary=NUMBERS, output_mode="count"),
    lookup("Integer", "tf idf", Ints((4, 3), 10), vocabulary=NUMBERS, output_mode="tf_idf",
           idf_weights=IDF),
    lookup("Integer", "inverted", Ints((4, 3), 7), vocabulary=NUMBERS, invert=True),
    lookup("Integer", "adapted", Ints((4, 3), 10), adapt=[1, 2, 2, 3, 9], mask_token=0),
    lookup("Integer", "adapted two unknown", Ints((4, 3), 10), adapt=[1, 2, 2, 3, 9],
           num_oov_indices=2),
]
