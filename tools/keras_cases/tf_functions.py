"""Functions of TensorFlow between the layers of a functional model of Keras 2.

A row's function takes the module `tensorflow` and symbolic tensors.
"""

from .ops import A, I, M, P, rows


def cases():
    for name in """abs negative sign square exp expm1 sin cos tan sinh cosh tanh asinh atan erf
            floor round sigmoid softplus is_nan""".split():
        module = "math."
        yield name, (lambda tf, x, n=name: getattr(tf.math, n)(x)), A
    for name in "sqrt log log1p rsqrt reciprocal".split():
        yield name, (lambda tf, x, n=name: getattr(tf.math, n)(x)), P(A)
    for name in "relu relu6 elu selu silu softsign softmax log_softmax leaky_relu gelu".split():
        yield f"nn.{name}", (lambda tf, x, n=name: getattr(tf.nn, n)(x)), A
    yield "nn.gelu approximate", lambda tf, x: tf.nn.gelu(x, approximate=True), A
    yield "nn.leaky_relu alpha", lambda tf, x: tf.nn.leaky_relu(x, 0.3), A
    for name in """add subtract multiply divide maximum minimum squared_difference floormod equal
            not_equal greater less_equal atan2 divide_no_nan""".split():
        yield name, (lambda tf, x, y, n=name: getattr(tf.math, n)(x, y)), [A, A]
    yield "pow", lambda tf, x, y: tf.math.pow(x, y), [P(A), A]
    yield "operators", lambda tf, x, y: (1.0 - x) * y + 2 / (x * x + 1) - (-y), [A, A]
    yield "power", lambda tf, x: x ** 2, A
    yield "floor division", lambda tf, x: x // 2, A
    yield "comparisons", lambda tf, x: tf.cast((x > 0.5) & (x < 1.5), "float32"), A
    for name in "sum mean max min prod std variance logsumexp".split():
        yield f"reduce_{name}", (lambda tf, x, n=name: getattr(tf.math, "reduce_" + n)(
            x, axis=1)), M
        yield f"reduce_{name} kept", (lambda tf, x, n=name: getattr(tf.math, "reduce_" + n)(
            x, axis=[1, 2], keepdims=True)), M
    yield "argmax", lambda tf, x: tf.cast(tf.argmax(x, -1), "int32"), M
    yield "cumsum", lambda tf, x: tf.cumsum(x, axis=1, exclusive=True, reverse=True), M
    yield "top_k", lambda tf, x: tf.math.top_k(x, 2)[0], M
    yield "l2_normalize", lambda tf, x: tf.math.l2_normalize(x, axis=-1), M
    yield "moments", lambda tf, x: tf.nn.moments(x, axes=[1]), M
    yield "reshape", lambda tf, x: tf.reshape(x, (-1, 12)), M
    yield "reshape by shape", lambda tf, x: tf.reshape(x, [tf.shape(x)[0], 12]), M
    yield "reshape by product", lambda tf, x: tf.reshape(
        x, (-1, tf.shape(x)[1] * tf.shape(x)[2])), M
    yield "reshape by stack", lambda tf, x: tf.reshape(x, tf.stack([tf.shape(x)[0], -1])), M
    yield "transpose", lambda tf, x: tf.transpose(x, [0, 2, 1]), M
    yield "expand_dims", lambda tf, x: tf.expand_dims(x, 1), M
    yield "squeeze", lambda tf, x: tf.squeeze(x, axis=1), (2, 1, 4)
    yield "concat", lambda tf, x, y: tf.concat([x, y], axis=-1), [M, M]
    yield "stack", lambda tf, x, y: tf.stack([x, y], axis=1), [M, M]
    yield "unstack", lambda tf, x: tf.unstack(x, axis=1), M
    yield "split", lambda tf, x: tf.split(x, 2, axis=-1), M
    yield "split sizes", lambda tf, x: tf.split(x, [1, 3], axis=-1), M
    yield "tile", lambda tf, x: tf.tile(x, [1, 2, 1]), M
    yield "repeat", lambda tf, x: tf.repeat(x, 2, axis=1), M
    yield "reverse", lambda tf, x: tf.reverse(x, [1]), M
    yield "roll", lambda tf, x: tf.roll(x, 1, axis=1), M
    yield "pad", lambda tf, x: tf.pad(x, [[0, 0], [1, 2], [0, 1]], constant_values=2.0), M
    yield "pad reflect", lambda tf, x: tf.pad(x, [[0, 0], [1, 1], [1, 0]], mode="REFLECT"), M
    yield "broadcast_to", lambda tf, x, y: tf.broadcast_to(x, tf.shape(y)), [(2, 1, 4), M]
    yield "item", lambda tf, x: x[:, 1], M
    yield "item slices", lambda tf, x: x[:, 1:, ::2], M
    yield "item ellipsis", lambda tf, x: x[..., -1, None], M
    yield "item to shape", lambda tf, x: x[:, :tf.shape(x)[1] - 1], M
    yield "slice", lambda tf, x: tf.slice(x, [0, 1, 0], [-1, 2, 3]), M
    yield "gather", lambda tf, x: tf.gather(x, [2, 0], axis=1), M
    yield "where", lambda tf, x, y: tf.where(x > 0, x, y), [A, A]
    yield "where numbers", lambda tf, x: tf.where(x > 0, x, tf.zeros_like(x)), A
    yield "clip_by_value", lambda tf, x: tf.clip_by_value(x, -0.5, 0.7), A
    yield "cast", lambda tf, x: tf.cast(x, tf.int32), A
    yield "one_hot", lambda tf, x: tf.one_hot(x, 5), I(A)
    yield "one_hot axis", lambda tf, x: tf.one_hot(x, 5, axis=1), I(A)
    yield "ones_like", lambda tf, x: x + tf.ones_like(x), A
    yield "matmul", lambda tf, x, y: tf.matmul(x, y), [M, (2, 4, 5)]
    yield "matmul transposed", lambda tf, x, y: tf.matmul(x, y, transpose_b=True), [M, (2, 5, 4)]
    yield "tensordot", lambda tf, x: tf.tensordot(x, [[1.0, 2.0]] * 4, axes=1), M
    yield "image.resize", lambda tf, x: tf.image.resize(x, (4, 6)), (2, 3, 4, 2)
    yield "image.resize nearest", lambda tf, x: tf.image.resize(
        x, (4, 6), method="nearest"), (2, 3, 4, 2)
    yield "depth_to_space", lambda tf, x: tf.nn.depth_to_space(x, 2), (2, 2, 3, 8)
    yield "max_pool2d", lambda tf, x: tf.nn.max_pool2d(x, 2, 2, "SAME"), (2, 5, 6, 2)
    yield "avg_pool2d", lambda tf, x: tf.nn.avg_pool2d(x, [1, 2, 2, 1], [1, 2, 2, 1], "VALID"), \
        (2, 5, 6, 2)
    yield "norm", lambda tf, x: tf.norm(x, axis=-1), M
    yield "stop_gradient", lambda tf, x: x * tf.stop_gradient(x), A


CASES = list(rows("tf-functions", *cases()))
