"""Embedding, with and without the mask it makes."""

from .spec import Ints, case

CASES = [
    case("Embedding", "plain", Ints((2, 5), 7), input_dim=7, output_dim=3),
    case("Embedding", "one index", Ints((4,), 7), input_dim=7, output_dim=3),
    case("Embedding", "rank 3 indices", Ints((2, 3, 4), 6), input_dim=6, output_dim=2),
    case("Embedding", "mask zero", Ints((3, 5), 3), input_dim=3, output_dim=4, mask_zero=True),
    case("Embedding", "regularized", Ints((2, 5), 7), input_dim=7, output_dim=3,
         embeddings_regularizer="l2"),
    case("ReversibleEmbedding", "forward", Ints((2, 5), 7), input_dim=7, output_dim=3,
         keras_2=False),
    case("ReversibleEmbedding", "forward, untied", Ints((2, 5), 7), input_dim=7, output_dim=3,
         tie_weights=False, keras_2=False),
    case("ReversibleEmbedding", "mask zero", Ints((3, 5), 3), input_dim=3, output_dim=4,
         mask_zero=True, keras_2=False),
    case("ReversibleEmbedding", "reverse", (2, 5, 3), input_dim=7, output_dim=3,
         call={"reverse": True}, keras_2=False),
    case("ReversibleEmbedding", "reverse, untied", (2, 5, 3), input_dim=7, output_dim=3,
         tie_weights=False, call={"reverse": True}, keras_2=False),
    case("ReversibleEmbedding", "soft cap", (2, 5, 3), input_dim=7, output_dim=3,
         logit_soft_cap=1.5, call={"reverse": True}, keras_2=False),
]
