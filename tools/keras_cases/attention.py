"""EinsumDense and the attention layers, with every option and kind of mask."""

from .spec import Bools, In, case


def einsum(what, inputs, equation, output_shape, **arguments):
    return case("EinsumDense", what, inputs, equation=equation, output_shape=output_shape,
                **arguments)


def mha(what, inputs=((2, 4, 6), (2, 3, 5)), *, heads=2, size=3, call=None, separate=None,
        **arguments):
    inputs = list(inputs)
    arguments.setdefault("tolerance", 2e-5)
    return case("MultiHeadAttention", what, inputs, num_heads=heads, key_dim=size,
                separate=len(inputs) if separate is None else separate, call=call, **arguments)


def grouped(what, inputs=((2, 4, 6), (2, 3, 6)), *, size=3, queries=4, keys=2, call=None,
            separate=None, **arguments):
    inputs = list(inputs)
    return case("GroupQueryAttention", what, inputs, head_dim=size, num_query_heads=queries,
                num_key_value_heads=keys, keras_2=False, tolerance=2e-5,
                separate=len(inputs) if separate is None else separate, call=call, **arguments)


def scored(name):
    def row(what, inputs=((2, 4, 5), (2, 3, 5)), **arguments):
        return case(name, what, list(inputs), **arguments)

    yield row("two")
    # Keras 2 takes the size of the values for that of the scale.
    old = name == "Attention"
    yield row("three", ((2, 4, 5), (2, 3, 6), (2, 3, 5)), keras_2=old)
    yield row("scale", use_scale=True)
    yield row("no scale", use_scale=False)
    yield row("dropout", dropout=0.4)
    yield row("causal", ((2, 4, 5), (2, 4, 5)), call={"use_causal_mask": True})
    yield row("causal unlike", ((2, 3, 5), (2, 5, 5)), call={"use_causal_mask": True})
    yield row("scores", call={"return_attention_scores": True})
    yield row("query mask", ((3, 4, 5), (3, 3, 5)), masks=("right", None))
    yield row("value mask", ((3, 4, 5), (3, 3, 5)), masks=(None, "right"))
    yield row("both masks", ((3, 4, 5), (3, 4, 5)), masks=("right", "left"))
    yield row("masks causal scores", ((3, 4, 5), (3, 4, 5)), masks=("right", "right"),
              call={"use_causal_mask": True, "return_attention_scores": True})
    yield row("masked key", ((3, 4, 5), (3, 4, 6), (3, 4, 5)), masks=("holes", "right", "left"),
              keras_2=old)


CASES = [
    einsum("one axis", (3, 4), "ab,bc->ac", 5, bias_axes="c"),
    einsum("two axes", (2, 3, 4), "abc,cd->abd", [None, 5], bias_axes="d"),
    einsum("no bias", (2, 3, 4), "abc,cd->abd", [None, 5]),
    einsum("ellipsis before", (2, 3, 2, 4), "...x,xy->...y", 5, bias_axes="y"),
    einsum("ellipsis after", (2, 4, 3, 2), "ab...,bc->ac...", 5, bias_axes="c"),
    einsum("ellipsis after, two", (2, 4, 3, 2), "abc...,cd->abd...", [4, 5]),
    einsum("three letters", (2, 3, 4), "abc,cde->abde", [None, 2, 3], bias_axes="de"),
    einsum("two summed", (2, 3, 2, 4), "abcd,cde->abe", [None, 5], bias_axes="e"),
    einsum("batched kernel", (2, 3, 4), "abc,bcd->abd", [3, 5], bias_axes="bd"),
    einsum("swapped", (2, 3, 4), "abc,cd->adb", [5, 3], bias_axes="d"),
    einsum("bias on the middle", (2, 3, 4), "abc,cd->adb", [5, 3], bias_axes="db"),
    einsum("kernel first axis new", (2, 3, 4), "abc,dc->abd", [3, 5], bias_axes="d"),
    einsum("step summed", (2, 3, 4), "abc,bd->adc", [5, 4], bias_axes="dc"),
    einsum("elementwise", (2, 3, 4), "abc,bc->abc", [3, 4], bias_axes="bc"),
    einsum("summed alone", (2, 3, 4), "abc,cd->ad", 5, bias_axes="d"),
    einsum("one number", (3, 4), "ab,b->a", []),
    einsum("capitals", (2, 3, 2, 4), "BFNH,NHD->BFD", [None, 5], bias_axes="D"),
    einsum("four axes", (2, 3, 2, 4), "abcd,de->abce", [None, 2, 5], bias_axes="e"),
    einsum("bias on the last of two", (2, 3, 4), "abc,cde->abde", [None, 2, 3], bias_axes="e"),
    einsum("bias on the first of two", (2, 3, 4), "abc,cde->abde", [None, 2, 3], bias_axes="d"),
    einsum("bias on two apart", (2, 3, 4), "abc,cde->abde", [3, 2, 3], bias_axes="be"),
    einsum("relu", (2, 3, 4), "abc,cd->abd", [None, 5], bias_axes="d", activation="relu"),
    einsum("softmax over two", (2, 3, 4), "abc,cde->abde", [None, 2, 3], bias_axes="de",
           activation="softmax"),
    einsum("options", (3, 4), "ab,bc->ac", 5, bias_axes="c", kernel_regularizer="l2",
           bias_regularizer="l1", kernel_constraint="max_norm", kernel_initializer="he_normal"),
    mha("cross"),
    mha("self", ((2, 4, 6), (2, 4, 6))),
    mha("key", ((2, 4, 6), (2, 3, 5), (2, 3, 7))),
    mha("value size", value_dim=5),
    mha("no bias", use_bias=False),
    mha("output shape", output_shape=[7]),
    mha("output shape of two", output_shape=[2, 4]),
    mha("dropout", dropout=0.3),
    mha("one head", heads=1),
    mha("causal", ((2, 4, 6), (2, 4, 6)), call={"use_causal_mask": True}),
    mha("causal unlike", ((2, 3, 6), (2, 5, 6)), call={"use_causal_mask": True}),
    mha("scores", call={"return_attention_scores": True}),
    mha("causal scores", ((2, 4, 6), (2, 4, 6)),
        call={"return_attention_scores": True, "use_causal_mask": True}),
    mha("query mask", ((3, 4, 6), (3, 3, 5)), masks=("right", None)),
    mha("value mask", ((3, 4, 6), (3, 3, 5)), masks=(None, "right")),
    mha("both masks", ((3, 4, 6), (3, 4, 6)), masks=("right", "left")),
    mha("three masks", ((3, 4, 6), (3, 4, 6), (3, 4, 5)), masks=("holes", "right", "left")),
    mha("masks causal scores", ((3, 4, 6), (3, 4, 6)), masks=("right", "right"),
        call={"return_attention_scores": True, "use_causal_mask": True}),
    mha("attention mask", ((2, 4, 6), (2, 3, 5), Bools((2, 4, 3))), separate=2,
        call={"attention_mask": In(2)}),
    mha("attention mask per head", ((2, 4, 6), (2, 3, 5), Bools((2, 2, 4, 3))), separate=2,
        call={"attention_mask": In(2)}),
    mha("attention mask, value mask", ((3, 4, 6), (3, 3, 5), Bools((3, 4, 3))), separate=2,
        masks=(None, "right", None), call={"attention_mask": In(2)}),
    mha("two axes of steps", ((2, 2, 3, 6), (2, 4, 2, 5))),
    mha("attention axes", ((2, 2, 3, 6), (2, 2, 4, 5)), attention_axes=[2]),
    mha("first attention axis", ((2, 3, 2, 6), (2, 4, 2, 5)), attention_axes=[1]),
    mha("both attention axes", ((2, 2, 3, 6), (2, 2, 3, 6)), attention_axes=[1, 2],
        call={"return_attention_scores": True}),
    mha("swapped attention axes", ((2, 2, 3, 6), (2, 2, 3, 6)), attention_axes=[2, 1],
        call={"return_attention_scores": True}),
    *[mha(f"attention axes, {what}", ((2,) + query + (4,), (2,) + value + (4,), Bools((2,) + mask)),
          separate=2, call={"attention_mask": In(2)}, attention_axes=axes)
      for what, query, value, mask, axes in (
          ("mask", (3, 4), (3, 2), (4, 2), [2]),
          ("mask of three", (3, 4), (3, 2), (3, 4, 2), [2]),
          ("mask of four", (3, 4), (3, 2), (3, 2, 4, 2), [2]),
          ("two, mask", (3, 4), (3, 2), (3, 4, 3, 2), [1, 2]),
          ("two of three, mask", (2, 3, 2), (2, 3, 4), (3, 2, 3, 4), [2, 3]),
          ("two of three, full mask", (2, 3, 2), (2, 3, 4), (2, 3, 2, 3, 4), [2, 3]))],
    mha("gate", use_gate=True, keras_2=False),
    mha("gate, value size, no bias", use_gate=True, value_dim=2, use_bias=False, keras_2=False),
    mha("sliding window", ((2, 6, 5), (2, 6, 5)), sliding_window=2, keras_2=False),
    mha("sliding window causal", ((2, 6, 5), (2, 6, 5)), sliding_window=3, keras_2=False,
        call={"use_causal_mask": True}),
    mha("options", kernel_regularizer="l2", bias_regularizer="l1", kernel_constraint="max_norm",
        kernel_initializer="he_normal", bias_initializer="ones"),
    grouped("cross"),
    grouped("self", ((2, 4, 6), (2, 4, 6))),
    grouped("key", ((2, 4, 6), (2, 3, 6), (2, 3, 5))),
    grouped("as many keys", keys=4),
    grouped("one key head", keys=1),
    grouped("six queries", queries=6, keys=3),
    grouped("no bias", use_bias=False),
    grouped("dropout", dropout=0.2),
    grouped("gate", use_gate=True),
    grouped("causal", ((2, 4, 6), (2, 4, 6)), call={"use_causal_mask": True}),
    grouped("scores", call={"return_attention_scores": True}),
    grouped("causal scores", ((2, 4, 6), (2, 4, 6)),
            call={"return_attention_scores": True, "use_causal_mask": True}),
    grouped("both masks", ((3, 4, 6), (3, 4, 6)), masks=("right", "left")),
    grouped("value mask", ((3, 4, 6), (3, 3, 6)), masks=(None, "right")),
    grouped("attention mask", ((2, 4, 6), (2, 3, 6), Bools((2, 4, 3))), separate=2,
            call={"attention_mask": In(2)}),
    grouped("sliding window", ((2, 6, 5), (2, 6, 5)), sliding_window=2),
    *scored("Attention"),
    case("Attention", "concat", [(2, 4, 5), (2, 3, 5)], score_mode="concat"),
    case("Attention", "concat scale", [(2, 4, 5), (2, 3, 5)], score_mode="concat",
         use_scale=True),
    case("Attention", "concat causal", [(2, 4, 5), (2, 4, 5)], score_mode="concat",
         call={"use_causal_mask": True}),
    *scored("AdditiveAttention"),
]
