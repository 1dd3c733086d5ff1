"""Whole models: what single layers cannot show. Each is built with Keras 3 or Keras 2 (`k`)."""

from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class ModelCase:
    """limits: for integer inputs by position, their values are 0 ..< limit."""

    name: str
    build: Callable
    limits: dict
    tolerance: float
    keras_2: bool

    def has(self, era):
        return era == 3 or self.keras_2


MODELS = []


def model(name, limits=None, tolerance=1e-5, keras_2=True):
    def add(build):
        MODELS.append(ModelCase(name, build, limits or {}, tolerance, keras_2))
        return build

    return add


@model("mlp")
def mlp(k):
    return k.Sequential([
        k.Input((6,), name="features"),
        k.layers.Dense(8, activation="relu"),
        k.layers.Dense(5, activation="tanh"),
        k.layers.Dense(3, activation="softmax"),
    ], name="mlp")


@model("cnn")
def cnn(k):
    return k.Sequential([
        k.Input((8, 8, 1), name="image"),
        k.layers.Conv2D(4, 3, padding="same", activation="relu", name="conv"),
        k.layers.BatchNormalization(name="norm"),
        k.layers.MaxPooling2D(2),
        k.layers.SeparableConv2D(5, 3, name="separable"),
        k.layers.Flatten(),
        k.layers.Dropout(0.3),
        k.layers.Dense(3, activation="softmax", name="classes"),
    ], name="cnn")


@model("lstm", limits={0: 9}, tolerance=1e-4)
def lstm(k):
    return k.Sequential([
        k.Input((6,), dtype="int32", name="words"),
        k.layers.Embedding(9, 4, mask_zero=True),
        k.layers.Bidirectional(k.layers.LSTM(3, return_sequences=True)),
        k.layers.GRU(4),
        k.layers.Dense(3, activation="softmax"),
    ], name="lstm")


def inner_model(k, name):
    x = k.Input((4,), name=name + "_in")
    y = k.layers.Dense(4, activation="relu", name=name + "_dense")(x)
    y = k.layers.BatchNormalization(name=name + "_norm")(y)
    y = k.layers.Dense(4, name=name + "_out")(y)
    return k.Model(x, k.layers.Add(name=name + "_add")([x, y]), name=name)


@model("graph")
def graph(k):
    """Two inputs, a shared layer, a nested functional model called twice, two outputs."""
    left, right = k.Input((4,), name="right_eye"), k.Input((4,), name="left_eye")
    shared = k.layers.Dense(4, activation="tanh", name="shared")
    inner = inner_model(k, "block")
    a, b = inner(shared(left)), inner(shared(right))
    joined = k.layers.Concatenate(name="joined")([a, b])
    return k.Model(
        [left, right],
        [k.layers.Dense(3, activation="softmax", name="kind")(joined),
         k.layers.Dense(1, name="size")(k.layers.Subtract(name="difference")([a, b]))],
        name="graph")


@model("nested sequential")
def nested_sequential(k):
    tower = k.Sequential([k.Input((4,)), k.layers.Dense(5, activation="relu", name="t1"),
                          k.layers.Dense(3, name="t2")], name="tower")
    a, b = k.Input((4,), name="a"), k.Input((4,), name="b")
    return k.Model([a, b], k.layers.Dot(axes=1, name="likeness")([tower(a), tower(b)]),
                   name="siamese")


@model("sequential in sequential")
def sequential_in_sequential(k):
    inner = k.Sequential([k.Input((4, 4, 2)), k.layers.Conv2D(3, 2, name="c"),
                          k.layers.BatchNormalization(name="n")], name="inner")
    return k.Sequential([k.Input((4, 4, 2)), inner, k.layers.GlobalAveragePooling2D(name="pool"),
                         k.layers.Dense(2, name="d")], name="outer")


@model("frozen base")
def frozen_base(k):
    base = inner_model(k, "base")
    base.trainable = False
    x = k.Input((4,), name="x")
    return k.Model(x, k.layers.Dense(2, name="head")(base(x)), name="transfer")


@model("frozen layer inside")
def frozen_layer_inside(k):
    base = inner_model(k, "base")
    base.get_layer("base_dense").trainable = False
    x = k.Input((4,), name="x")
    return k.Model(x, k.layers.Dense(2, name="head")(base(x)), name="transfer")


@model("three levels deep")
def three_levels_deep(k):
    inner = inner_model(k, "innermost")
    x = k.Input((4,), name="mx")
    middle = k.Model(x, k.layers.Dense(4, name="md")(inner(x)), name="middle")
    x = k.Input((4,), name="x")
    return k.Model(x, middle(middle(x)), name="outermost")


@model("many outputs inside")
def many_outputs_inside(k):
    x, y = k.Input((3,), name="ix"), k.Input((2,), name="iy")
    inner = k.Model([x, y], [k.layers.Dense(2, name="i1")(x), k.layers.Dense(3, name="i2")(y)],
                    name="inner")
    x, y = k.Input((3,), name="x"), k.Input((2,), name="y")
    first, second = inner([x, y])
    third, fourth = inner([second, first])
    return k.Model([x, y], [fourth, first, third], name="outer")


@model("residual")
def residual(k):
    x = k.Input((6, 6, 3), name="image")
    y = k.layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="c1")(x)
    y = k.layers.BatchNormalization(name="n1")(y)
    y = k.layers.ReLU(name="r1")(y)
    y = k.layers.Conv2D(4, 3, padding="same", name="c2")(y)
    y = k.layers.BatchNormalization(scale=False, name="n2")(y)
    s = k.layers.Conv2D(4, 1, strides=2, name="short")(x)
    y = k.layers.Activation("relu", name="r2")(k.layers.Add(name="sum")([y, s]))
    return k.Model(x, k.layers.Dense(3, name="head")(k.layers.Flatten(name="f")(y)),
                   name="residual")


@model("normalization after activation")
def normalization_after_activation(k):
    """Batch normalization that cannot simply be folded into the convolution before it."""
    x = k.Input((5, 5, 2), name="image")
    c = k.layers.Conv2D(3, 3, name="c")(x)
    n = k.layers.BatchNormalization(name="n")(c)
    p = k.layers.MaxPooling2D(2, name="p")(n)
    m = k.layers.BatchNormalization(name="m")(p)
    d = k.layers.DepthwiseConv2D(1, name="d")(m)
    return k.Model(x, [k.layers.Flatten(name="f")(c), d], name="folding")


@model("autoencoder")
def autoencoder(k):
    return k.Sequential([
        k.Input((8, 8, 1), name="image"),
        k.layers.Conv2D(4, 3, strides=2, padding="same", activation="relu"),
        k.layers.Conv2D(2, 3, strides=2, padding="same", activation="relu"),
        k.layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu"),
        k.layers.UpSampling2D(2),
        k.layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
    ], name="autoencoder")


@model("encoder decoder", limits={1: 7}, tolerance=1e-4)
def encoder_decoder(k):
    """Recurrent states handed from one layer to another, and a mask on the way."""
    source, target = k.Input((5, 3), name="source"), k.Input((4,), dtype="int32", name="target")
    _, h, c = k.layers.LSTM(4, return_state=True, name="encoder")(source)
    words = k.layers.Embedding(7, 3, mask_zero=True, name="words")(target)
    y = k.layers.LSTM(4, return_sequences=True, name="decoder")(words, initial_state=[h, c])
    return k.Model([source, target],
                   k.layers.TimeDistributed(k.layers.Dense(7, activation="softmax"),
                                            name="each")(y), name="translator")


@model("masks meet", limits={0: 5}, tolerance=1e-4)
def masks_meet(k):
    words, numbers = k.Input((6,), dtype="int32", name="words"), k.Input((6, 2), name="numbers")
    a = k.layers.Embedding(5, 3, mask_zero=True, name="embedding")(words)
    b = k.layers.Dense(3, activation="relu", name="dense")(numbers)
    y = k.layers.Concatenate(name="both")([a, b])
    y = k.layers.Dropout(0.2, name="drop")(y)
    y = k.layers.GRU(3, return_sequences=True, name="gru")(y)
    return k.Model([words, numbers], k.layers.GlobalAveragePooling1D(name="mean")(y),
                   name="masks")


@model("stacked recurrent", tolerance=1e-4)
def stacked_recurrent(k):
    return k.Sequential([
        k.Input((7, 3), name="series"),
        k.layers.Conv1D(4, 3, padding="causal", activation="relu"),
        k.layers.MaxPooling1D(2),
        k.layers.LSTM(4, return_sequences=True),
        k.layers.SimpleRNN(3, return_sequences=True, go_backwards=True),
        k.layers.LayerNormalization(),
        k.layers.GRU(3, reset_after=False),
        k.layers.Dense(1),
    ], name="series")


@model("model over time")
def model_over_time(k):
    frame = k.Sequential([k.Input((4, 4, 1)), k.layers.Conv2D(2, 3, name="c"),
                          k.layers.Flatten(name="f")], name="frame")
    x = k.Input((3, 4, 4, 1), name="video")
    y = k.layers.TimeDistributed(frame, name="frames")(x)
    return k.Model(x, k.layers.TimeDistributed(k.layers.Dense(2), name="out")(y), name="video")


@model("video")
def video(k):
    return k.Sequential([
        k.Input((4, 6, 6, 2), name="volume"),
        k.layers.Conv3D(3, (1, 3, 3), activation="relu"),
        k.layers.MaxPooling3D((1, 2, 2)),
        k.layers.UpSampling3D((1, 2, 1)),
        k.layers.ZeroPadding3D((0, 1, 0)),
        k.layers.GlobalMaxPooling3D(),
        k.layers.Dense(2),
    ], name="volume")


@model("names with slashes")
def names_with_slashes(k):
    x = k.Input((4,), name="in/put") if k.__version__.startswith("2") else k.Input((4,), name="in")
    separator = "/" if k.__version__.startswith("2") else "."
    y = k.layers.Dense(3, name=f"block{separator}a{separator}dense")(x)
    return k.Model(x, k.layers.Dense(2, name=f"block{separator}a{separator}out")(y), name="names")


@model("input is an output")
def input_is_an_output(k):
    x = k.Input((4,), name="x")
    y = k.layers.Dense(4, name="dense")(x)
    return k.Model(x, [y, k.layers.Multiply(name="product")([x, y]), y], name="listed_twice")


@model("any size")
def any_size(k):
    """Spatial sizes that the file leaves open."""
    x = k.Input((None, None, 2), name="image")
    y = k.layers.Conv2D(3, 3, padding="same", activation="relu", name="c")(x)
    y = k.layers.Conv2DTranspose(2, 2, strides=2, name="t")(y)
    return k.Model(x, [k.layers.GlobalAveragePooling2D(name="mean")(y), y], name="any_size")


@model("any length", tolerance=1e-4)
def any_length(k):
    x = k.Input((None, 2), name="series")
    y = k.layers.Bidirectional(k.layers.GRU(3, return_sequences=True), merge_mode="sum",
                               name="both")(x)
    return k.Model(x, k.layers.Dense(2, name="d")(y), name="any_length")


@model("rescaled and normalized")
def rescaled_and_normalized(k):
    return k.Sequential([
        k.Input((3, 3, 2), name="image"),
        k.layers.Rescaling(1 / 127.5, offset=-1.0),
        k.layers.Normalization(),
        k.layers.Conv2D(2, 2),
        k.layers.PReLU(),
        k.layers.GaussianNoise(0.1),
        k.layers.Reshape((4, 2)),
        k.layers.Permute((2, 1)),
        k.layers.Flatten(),
        k.layers.RepeatVector(2),
    ], name="preprocessed")


@model("all merges")
def all_merges(k):
    x = k.Input((4,), name="x")
    a, b = k.layers.Dense(3, name="a")(x), k.layers.Dense(3, name="b")(x)
    merged = [getattr(k.layers, name)(name=name.lower())([a, b])
              for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")]
    return k.Model(x, k.layers.Concatenate(name="all")(merged), name="merges")


@model("text classifier")
def text_classifier(k):
    return k.Sequential([
        k.Input((1,), dtype="string", name="text"),
        k.layers.TextVectorization(vocabulary=["cat", "dog", "über", "red"], name="words"),
        k.layers.Embedding(6, 4, mask_zero=True, name="vectors"),
        k.layers.GlobalAveragePooling1D(name="mean"),
        k.layers.Dense(3, activation="softmax", name="classes"),
    ], name="text_classifier")


@model("text sequence", tolerance=1e-4)
def text_sequence(k):
    x = k.Input((), dtype="string", name="text")
    y = k.layers.TextVectorization(vocabulary=["cat", "dog", "über", "red"], ngrams=2,
                                   output_sequence_length=7, name="words")(x)
    y = k.layers.Embedding(6, 4, mask_zero=True, name="vectors")(y)
    y = k.layers.LSTM(3, name="state")(y)
    return k.Model(x, k.layers.Dense(2, name="out")(y), name="text_sequence")


@model("table of texts and numbers", limits={1: 5, 3: 40, 4: 6})
def table(k):
    L = k.layers
    animal = k.Input((1,), dtype="string", name="animal")
    grade = k.Input((1,), dtype="int64", name="grade")
    price = k.Input((1,), name="price")
    shop = k.Input((1,), dtype="int64", name="shop")
    tags = k.Input((3,), dtype="int64", name="tags")
    parts = [
        L.StringLookup(vocabulary=["cat", "emu", "red"], output_mode="one_hot",
                       name="animals")(animal),
        L.IntegerLookup(vocabulary=[1, 2, 4], output_mode="multi_hot", name="grades")(grade),
        L.Normalization(mean=0.5, variance=2.0, axis=None, name="prices")(price),
        L.Discretization(bin_boundaries=[-1.0, 0.0, 1.0], output_mode="one_hot",
                         name="price_bins")(price),
        L.Hashing(4, output_mode="one_hot", name="shops")(shop),
        L.HashedCrossing(5, output_mode="one_hot", name="pairs")([animal, shop]),
        L.CategoryEncoding(6, output_mode="count", name="counts")(tags),
        L.Flatten(name="flat")(L.Embedding(5, 2, name="vectors")(
            L.StringLookup(vocabulary=["cat", "emu", "red"], num_oov_indices=2,
                           name="numbers")(animal))),
    ]
    y = L.Dense(2, name="out")(L.Concatenate(name="all")(parts))
    return k.Model([animal, grade, price, shop, tags], y, name="table")


@model("there and back", keras_2=False)
def there_and_back(k):
    x = k.Input((2,), dtype="string", name="word")
    numbers = k.layers.StringLookup(vocabulary=["cat", "emu", "red"], name="numbers")(x)
    words = k.layers.StringLookup(vocabulary=["cat", "emu", "red"], invert=True,
                                  name="words")(numbers)
    return k.Model(x, [numbers, words], name="there_and_back")


@model("weighted counts", limits={0: 4}, keras_2=False)
def weighted_counts(k):
    x, w = k.Input((3,), dtype="int32", name="x"), k.Input((3,), name="w")
    y = k.layers.CategoryEncoding(4, output_mode="count", name="counts")(x, count_weights=w)
    return k.Model([x, w], k.layers.Dense(2, name="out")(y), name="weighted_counts")


@model("augmented images", tolerance=1e-4)
def augmented_images(k):
    return k.Sequential([
        k.Input((7, 9, 3), name="image"),
        k.layers.Resizing(6, 8),
        k.layers.CenterCrop(5, 6),
        k.layers.Rescaling(1 / 255),
        k.layers.RandomFlip("horizontal"),
        k.layers.RandomRotation(0.1),
        k.layers.RandomZoom(0.2),
        k.layers.RandomTranslation(0.1, 0.1),
        k.layers.RandomContrast((0.2, 0.2)),
        k.layers.RandomBrightness(0.1),
        k.layers.Conv2D(3, 3, activation="relu"),
        k.layers.GlobalAveragePooling2D(),
        k.layers.Dense(2, activation="softmax"),
    ], name="augmented")


@model("pipeline", keras_2=False, tolerance=1e-4)
def pipeline(k):
    return k.Sequential([
        k.Input((7, 9, 3), name="image"),
        k.layers.Pipeline([
            k.layers.Resizing(6, 6), k.layers.AutoContrast(), k.layers.Rescaling(1 / 255),
            k.layers.RandomZoom(0.2)]),
        k.layers.Conv2D(2, 3),
        k.layers.GlobalMaxPooling2D(),
    ], name="pipeline")


@model("transformer", limits={0: 9}, tolerance=1e-4)
def transformer(k):
    """Masked tokens through two blocks, the second one causal."""
    tokens = k.Input((6,), dtype="int32", name="tokens")
    x = k.layers.Embedding(9, 8, mask_zero=True, name="embedding")(tokens)
    for block, options in ((0, {}), (1, {"use_causal_mask": True})):
        y = k.layers.MultiHeadAttention(2, 4, dropout=0.1, name=f"attention_{block}")(
            x, x, **options)
        x = k.layers.LayerNormalization(name=f"norm_{block}")(
            k.layers.Add(name=f"sum_{block}")([x, y]))
        y = k.layers.Dense(12, activation="gelu", name=f"wide_{block}")(x)
        y = k.layers.Dense(8, name=f"narrow_{block}")(y)
        x = k.layers.Add(name=f"sum_after_{block}")([x, y])
    x = k.layers.GlobalAveragePooling1D(name="pool")(x)
    return k.Model(tokens, k.layers.Dense(3, activation="softmax", name="classes")(x),
                   name="transformer")


@model("long transformer", limits={0: 9}, tolerance=1e-4)
def long_transformer(k):
    """Sequences of several blocks of keys, with steps left out, causal, and in shared heads."""
    tokens = k.Input((512,), dtype="int32", name="tokens")
    x = k.layers.Embedding(9, 8, mask_zero=True, name="embedding")(tokens)
    y = k.layers.MultiHeadAttention(2, 4, name="all")(x, x)
    x = k.layers.Add(name="sum")([x, y])
    y = k.layers.MultiHeadAttention(2, 4, value_dim=3, name="causal")(
        x, x, use_causal_mask=True)
    x = k.layers.Add(name="sum_after")([x, y])
    y = k.layers.Attention(use_scale=True, name="single")([x, x])
    return k.Model(tokens, k.layers.Dense(2, name="narrow")(y), name="long_transformer")


@model("translator", limits={0: 9, 1: 7}, tolerance=1e-4)
def translator(k):
    """Masked text read by a block that normalises first, then heeded by a masked, causal block."""
    text = k.Input((6,), dtype="int32", name="text")
    said = k.Input((5,), dtype="int32", name="said")
    x = k.layers.Embedding(9, 8, mask_zero=True, name="words")(text)
    x = k.layers.Dropout(0.1, name="drop")(x)
    y = k.layers.LayerNormalization(name="norm")(x)
    x = k.layers.Add(name="sum")([x, k.layers.MultiHeadAttention(2, 4, name="reads")(y, y)])
    z = k.layers.Embedding(7, 8, mask_zero=True, name="own_words")(said)
    z = k.layers.Add(name="own_sum")([z, k.layers.MultiHeadAttention(2, 4, name="recalls")(
        z, z, use_causal_mask=True)])
    y = k.layers.MultiHeadAttention(2, 4, name="heeds")(z, x)
    z = k.layers.LayerNormalization(name="last_norm")(k.layers.Add(name="last_sum")([z, y]))
    z = k.layers.LSTM(4, name="steps")(z)
    return k.Model([text, said], k.layers.Dense(3, activation="softmax", name="next")(z),
                   name="translator")


@model("masks by hand", limits={0: 9, 1: 2}, tolerance=1e-4)
def masks_by_hand(k):
    tokens = k.Input((6,), dtype="int32", name="tokens")
    x = k.layers.Embedding(9, 4, name="words")(tokens)
    mask = k.Input((6,), dtype="bool", name="counts")
    mean = k.layers.GlobalAveragePooling1D(name="mean")(x, mask=mask)
    steps = k.layers.LSTM(3, return_sequences=True, name="steps")(x, mask=mask)
    last = k.layers.GRU(2, name="last")(steps, mask=mask)
    each = k.layers.TimeDistributed(k.layers.Dense(3), name="each")(x, mask=mask)
    both = k.layers.Bidirectional(k.layers.SimpleRNN(2), name="both")(each, mask=mask)
    return k.Model([tokens, mask], k.layers.Concatenate(name="all")([mean, last, both]),
                   name="masks_by_hand")


@model("attention over masked steps", limits={0: 9, 1: 9}, tolerance=1e-4)
def attention_over_masked_steps(k):
    question = k.Input((4,), dtype="int32", name="question")
    text = k.Input((5,), dtype="int32", name="text")
    table = k.layers.Embedding(9, 6, mask_zero=True, name="table")
    q, v = table(question), table(text)
    dot = k.layers.Attention(use_scale=True, name="dot")([q, v])
    additive = k.layers.AdditiveAttention(name="additive")([q, v])
    heads, scores = k.layers.MultiHeadAttention(2, 3, name="heads")(
        q, v, return_attention_scores=True)
    merged = k.layers.Concatenate(name="all")([dot, additive, heads])
    return k.Model([question, text], [k.layers.Dense(2, name="d")(merged), scores],
                   name="attention_over_masked_steps")


@model("stacked cells", tolerance=1e-4)
def stacked_cells(k):
    x = k.Input((5, 3), name="x")
    y = k.layers.RNN([k.layers.LSTMCell(4), k.layers.GRUCell(3)], return_sequences=True,
                     name="stack")(x)
    y = k.layers.Bidirectional(k.layers.RNN(k.layers.SimpleRNNCell(2), return_sequences=True),
                               name="both")(y)
    y = k.layers.TimeDistributed(k.layers.Dense(2), name="each")(y)
    return k.Model(x, y, name="stacked_cells")


@model("video", tolerance=1e-4)
def video(k):
    return k.Sequential([
        k.Input((4, 6, 6, 1), name="frames"),
        k.layers.ConvLSTM2D(3, 3, padding="same", recurrent_activation="sigmoid",
                            return_sequences=True),
        k.layers.BatchNormalization(),
        k.layers.ConvLSTM2D(2, 3, recurrent_activation="tanh"),
        k.layers.GlobalAveragePooling2D(),
        k.layers.Dense(2),
    ], name="video")


@model("spectral", keras_2=False)
def spectral(k):
    x = k.Input((8, 8, 4), name="x")
    y = k.layers.SpectralNormalization(k.layers.Conv2D(4, 3), name="sn")(x)
    y = k.layers.GroupNormalization(2, name="groups")(y)
    y = k.layers.Flatten()(y)
    y = k.layers.SpectralNormalization(k.layers.Dense(3), name="sn_dense")(y)
    return k.Model(x, k.layers.UnitNormalization(name="unit")(y), name="spectral")


@model("tied embedding", limits={0: 7}, keras_2=False)
def tied_embedding(k):
    x = k.Input((4,), dtype="int32", name="x")
    table = k.layers.ReversibleEmbedding(7, 6, name="table")
    y = k.layers.RMSNormalization(name="rms")(table(x))
    y = k.layers.GroupQueryAttention(3, 4, 2, name="attention")(y, y, use_causal_mask=True)
    return k.Model(x, table(y, reverse=True), name="tied_embedding")
