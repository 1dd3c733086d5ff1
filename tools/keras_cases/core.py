"""Dense, Activation, dropout and noise (the identity at inference), masking."""

from .spec import case

CASES = [
    case("Dense", "plain", (3, 4), units=5),
    case("Dense", "no bias", (3, 4), units=5, use_bias=False),
    case("Dense", "relu", (3, 4), units=5, activation="relu"),
    case("Dense", "softmax", (3, 4), units=5, activation="softmax"),
    case("Dense", "one unit sigmoid", (5, 7), units=1, activation="sigmoid"),
    case("Dense", "rank 3", (2, 3, 4), units=5, activation="tanh"),
    case("Dense", "rank 4", (2, 2, 3, 4), units=2, activation="gelu"),
    case("Dense", "rank 5", (2, 1, 2, 3, 4), units=2),
    case("Dense", "masked steps", (3, 4, 3), masks="right", units=2),
    case("Dense", "regularized", (3, 4), units=5, kernel_regularizer="l2",
         bias_regularizer="l1", activity_regularizer="l2"),
    case("Dense", "wide", (1, 67), units=33, activation="elu"),
    case("Activation", "relu", (2, 5), activation="relu"),
    case("Activation", "softmax rank 3", (2, 3, 4), activation="softmax"),
    case("Activation", "masked", (2, 3, 4), masks="left", activation="tanh"),
    case("Dropout", "rate 0.5", (2, 6), rate=0.5, seed=1),
    case("Dropout", "noise shape", (2, 3, 4), rate=0.25, noise_shape=(None, 1, 4)),
    case("Dropout", "masked", (3, 4, 2), masks="right", rate=0.5),
    case("GaussianNoise", "0.2", (2, 6), stddev=0.2),
    case("Masking", "zero", (3, 4, 2), blank="right"),
    case("Masking", "holes", (3, 5, 2), blank="holes", mask_value=0.0),
    case("Masking", "another value", (3, 4, 2), mask_value=1.5),
    case("Flatten", "rank 4", (2, 3, 4, 2)),
    case("Flatten", "rank 2", (2, 3)),
    case("Flatten", "rank 1", (4,)),
    case("Flatten", "channels first", (2, 3, 4, 2), data_format="channels_first"),
]
