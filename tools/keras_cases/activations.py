"""Every activation function of Keras 3 by name, and the activation layers."""

from .spec import case

# Functions that Keras 2 has under the same name with the same meaning.
KERAS_2 = ["elu", "exponential", "gelu", "linear", "mish", "relu", "selu", "sigmoid",
           "softmax", "softplus", "softsign", "tanh"]
# (Its hard_sigmoid is another function, so it is not among them.)
KERAS_3 = ["celu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh",
           "leaky_relu", "log_sigmoid", "log_softmax", "relu6", "silu", "soft_shrink",
           "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh_shrink"]

# `far` inputs reach the saturated pieces.
CASES = (
    [case("Activation", name, (4, 10), activation=name) for name in KERAS_2]
    + [case("Activation", name, (4, 10), activation=name, keras_2=False) for name in KERAS_3]
    + [case("Activation", name + " far", (4, 10), activation=name, spread=12.0,
            keras_2=name in KERAS_2) for name in KERAS_2 + KERAS_3
       if name not in ("exponential", "linear")]
    + [
        case("Activation", "softmax rank 4", (2, 2, 3, 4), activation="softmax"),
        case("Activation", "log_softmax rank 3", (2, 3, 4), activation="log_softmax",
             keras_2=False),
        case("Activation", "glu rank 3", (2, 3, 4), activation="glu", keras_2=False),
        case("ReLU", "plain", (4, 10)),
        case("ReLU", "max", (4, 10), max_value=1.0),
        case("ReLU", "slope", (4, 10), negative_slope=0.2),
        case("ReLU", "threshold", (4, 10), threshold=0.5),
        case("ReLU", "all options", (4, 10), max_value=1.5, negative_slope=0.1, threshold=0.25),
        case("ReLU", "rank 4", (1, 3, 3, 2), max_value=1.0),
        case("LeakyReLU", "default", (4, 10)),
        case("ThresholdedReLU", "default", (4, 10), keras_3=False),
        case("ThresholdedReLU", "0.3", (2, 3, 4), theta=0.3, keras_3=False),
        case("LeakyReLU", "0.1", (4, 10), negative_slope=0.1),
        case("PReLU", "plain", (4, 10)),
        case("PReLU", "rank 4", (2, 2, 3, 3)),
        case("PReLU", "shared axes", (2, 2, 3, 3), shared_axes=[1, 2]),
        case("PReLU", "one shared axis", (2, 3, 4), shared_axes=[1]),
        case("ELU", "default", (4, 10)),
        case("ELU", "alpha 0.5", (4, 10), alpha=0.5),
        case("Softmax", "default", (3, 5)),
        case("Softmax", "axis 1", (2, 3, 4), axis=1),
        case("Softmax", "axis -2", (2, 3, 4, 2), axis=-2),
        case("Softmax", "two axes", (2, 3, 4), axis=[1, 2]),
    ]
)
