"""Layers of Keras 3 that keep their kernel or table quantized, or with a change of low rank."""

from .spec import Ints, Policy, Quantizer, case


def one(name, what, inputs, **arguments):
    return case(name, what, inputs, keras_2=False, **arguments)


def int4(block_size, **arguments):
    return Quantizer("Int4QuantizationConfig", block_size=block_size, **arguments)


ABS_MAX = Quantizer("AbsMaxQuantizer", axis=-1)
NARROW = Quantizer("AbsMaxQuantizer", axis=-1, value_range=(-63, 63), epsilon=1e-3)
MODES = {
    "int8": "int8",
    "int8, inputs as they are": Quantizer("Int8QuantizationConfig", activation_quantizer=None),
    "int8, inputs in 6 bits": Quantizer("Int8QuantizationConfig", activation_quantizer=NARROW),
    "int4": "int4",
    "int4 by columns": int4(-1),
    "int4, rounded inputs": int4(None, activation_quantizer=ABS_MAX),
    "int4 in blocks": int4(3),
    "int4 in a block": int4(128),
}
FLOAT8 = Policy("QuantizedFloat8DTypePolicy", mode="float8", source_name="float32",
                amax_history_length=4)
QKV = dict(equation="abc,cde->abde", output_shape=(None, 2, 3), bias_axes="de")
OUT = dict(equation="abde,def->abf", output_shape=(None, 5), bias_axes="f")
TURNED = dict(equation="abc,dc->adb", output_shape=(4, None))

CASES = [
    *[one("Dense", how, (3, 7), units=5, quantize=mode) for how, mode in MODES.items()],
    one("Dense", "int8 rank 4, relu, no bias", (2, 3, 2, 5), units=4, quantize="int8",
        activation="relu", use_bias=False),
    one("Dense", "int8, more inputs than float32 counts", (2, 1500), units=2, quantize="int8"),
    one("Dense", "float8", (3, 7), units=5, dtype=FLOAT8, training=True),
    one("Dense", "float8 rank 3, no bias", (2, 3, 4), units=3, dtype=FLOAT8, use_bias=False,
        training=True),
    *[one("EinsumDense", f"projection {how}", (2, 3, 7), quantize=mode, **QKV)
      for how, mode in MODES.items()],
    *[one("EinsumDense", f"output {how}", (2, 3, 2, 3), quantize=mode, **OUT)
      for how, mode in MODES.items()],
    *[one("EinsumDense", f"turned {how}", (2, 3, 7), quantize=MODES[how], **TURNED)
      for how in ("int8", "int8, inputs as they are")],
    one("EinsumDense", "float8", (2, 3, 4), dtype=FLOAT8, training=True, **QKV),
    *[one("Embedding", how, Ints((2, 5), 7), input_dim=7, output_dim=5, quantize=mode)
      for how, mode in MODES.items()],
    one("Embedding", "int8, mask zero", Ints((3, 5), 3), input_dim=3, output_dim=4, mask_zero=True,
        quantize="int8"),
    *[one("ReversibleEmbedding", f"{how}{back}", shape, input_dim=7, output_dim=5, tie_weights=tied,
          quantize=mode, call=call)
      for how, mode in MODES.items() for tied in (True, False)
      for back, shape, call in (
          ((", tied" if tied else "") + ", forward", Ints((2, 5), 7), None),
          ((", tied" if tied else "") + ", reverse", (2, 3, 5), {"reverse": True}))
      if call is None or tied or "4" in how or "int8" == how],
    one("Dense", "low rank", (3, 7), units=5, lora=(2, None)),
    one("Dense", "low rank, alpha", (3, 7), units=5, lora=(2, 8), use_bias=False),
    one("Dense", "low rank, regularized", (3, 7), units=5, lora=(2, None),
        kernel_regularizer="l2"),
    one("EinsumDense", "low rank", (2, 3, 7), lora=(2, 6), **QKV),
    one("EinsumDense", "output, low rank", (2, 3, 2, 3), lora=(3, None), **OUT),
    one("Embedding", "low rank", Ints((2, 5), 7), input_dim=7, output_dim=5, lora=(2, 3)),
    one("ReversibleEmbedding", "low rank", Ints((2, 5), 7), input_dim=7, output_dim=5,
        lora=(2, None)),
    one("ReversibleEmbedding", "low rank, reverse", (2, 3, 5), input_dim=7, output_dim=5,
        lora=(2, None), call={"reverse": True}),
    one("Conv1D", "low rank", (2, 6, 3), filters=4, kernel_size=3, lora=(2, None)),
    one("Conv2D", "low rank", (2, 5, 6, 3), filters=4, kernel_size=(3, 2), lora=(2, 6)),
    one("Conv2D", "low rank in groups", (2, 5, 6, 4), filters=4, kernel_size=2, groups=2,
        lora=(2, 6), use_bias=False),
    one("Conv3D", "low rank", (1, 4, 4, 3, 2), filters=3, kernel_size=2, lora=(1, 2)),
    *[one("Dense", f"{how}, low rank", (3, 7), units=5, quantize=MODES[how], lora=(2, None))
      for how in ("int8", "int4 by columns", "int4 in blocks")],
    # Kernels in blocks change when Keras quantizes them anew for a file.
    *[one("EinsumDense", f"{how}, low rank", (2, 3, 7), quantize=MODES[how], lora=(2, 4),
          files=how != "int4 in blocks", **QKV)
      for how in ("int8", "int4 by columns", "int4 in blocks")],
    *[one("Embedding", f"{how}, low rank", Ints((2, 5), 7), input_dim=7, output_dim=5,
          quantize=MODES[how], lora=(2, None))
      for how in ("int8", "int4 by columns", "int4 in blocks")],
]
