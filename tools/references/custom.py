"""Records custom training of several models: GradientTape over Keras models, optimizers by hand."""

import keras
import numpy as np
import tensorflow as tf

from keras import layers

from keras_cases.recording import Recording
from keras_cases.values import coarse, generator, weight_for

STEPS, BATCH = 3, 6


def generator_model():
    return keras.Sequential([
        keras.Input((5,)), layers.Dense(8, use_bias=False), layers.BatchNormalization(),
        layers.LeakyReLU(negative_slope=0.2), layers.Reshape((2, 2, 2)),
        layers.Conv2DTranspose(3, 3, strides=2, padding="same", activation="tanh")], name="generator")


def discriminator_model():
    return keras.Sequential([
        keras.Input((4, 4, 3)), layers.Conv2D(4, 3, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2), layers.Flatten(), layers.Dense(1)], name="discriminator")


def encoder_model():
    x = keras.Input((6,))
    h = layers.Dense(7, activation="relu", kernel_regularizer=keras.regularizers.L2(0.01))(x)
    return keras.Model(x, [layers.Dense(2, name="mean")(h), layers.Dense(2, name="log_variance")(h)],
                       name="encoder")


def decoder_model():
    return keras.Sequential([
        keras.Input((2,)), layers.Dense(7, activation="relu", kernel_constraint=keras.constraints.MaxNorm(1.0)),
        layers.Dense(6, activation="sigmoid")], name="decoder")


def settle(name, models):
    for model in models:
        for variable in model.weights:
            value = weight_for([name, model.name], variable.path, variable.shape)
            variable.assign(np.abs(value) + 0.5 if "variance" in variable.path.split("/")[-1] else value)


def described(recording, models):
    return [{"model": keras.saving.serialize_keras_object(model),
             "weights": [{"path": v.path, **recording.array(np.asarray(v))} for v in model.weights]}
            for model in models]


def adversaries(recording):
    """A generator and a discriminator take turns; both have statistics or slopes of their own."""
    models = [generator_model(), discriminator_model()]
    settle("adversaries", models)
    case = {"name": "adversaries", "models": described(recording, models)}
    rng = generator("custom", "adversaries")
    inputs = [[coarse(rng, (BATCH, 4, 4, 3)), coarse(rng, (BATCH, 5))] for _ in range(STEPS)]
    optimizers = [keras.optimizers.Adam(0.01, beta_1=0.5), keras.optimizers.RMSprop(0.01)]
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    make, judge = models
    ones, zeros = np.ones((BATCH, 1), np.float32), np.zeros((BATCH, 1), np.float32)
    losses = []
    for real, noise in inputs:
        with tf.GradientTape() as tape:
            fake = make(noise, training=True)
            loss = entropy(ones, judge(real, training=True)) + entropy(zeros, judge(fake, training=True))
        gradients = tape.gradient(loss, judge.trainable_variables)
        if not losses:
            case["gradients"] = recording.arrays([g.numpy() for g in gradients])
        optimizers[1].apply(gradients, judge.trainable_variables)
        losses.append(float(loss))
        with tf.GradientTape() as tape:
            loss = entropy(ones, judge(make(noise, training=True), training=True))
        optimizers[0].apply(tape.gradient(loss, make.trainable_variables), make.trainable_variables)
        losses.append(float(loss))
    finish(recording, case, models, inputs, losses)


def autoencoder(recording):
    """A variational autoencoder, with a penalty on weights and a constraint."""
    models = [encoder_model(), decoder_model()]
    settle("autoencoder", models)
    case = {"name": "autoencoder", "models": described(recording, models)}
    rng = generator("custom", "autoencoder")
    inputs = [[np.abs(coarse(rng, (BATCH, 6))) % 1, coarse(rng, (BATCH, 2))] for _ in range(STEPS)]
    optimizers = [keras.optimizers.Adam(0.02), keras.optimizers.SGD(0.1, momentum=0.9)]
    encode, decode = models
    losses = []
    for x, noise in inputs:
        with tf.GradientTape() as tape:
            mean, log_variance = encode(x, training=True)
            z = mean + tf.exp(0.5 * log_variance) * noise
            error = tf.reduce_sum(keras.losses.binary_crossentropy(x, decode(z, training=True))) * 6 / BATCH
            divergence = -0.5 * tf.reduce_mean(
                tf.reduce_sum(1 + log_variance - mean ** 2 - tf.exp(log_variance), axis=1))
            loss = error + divergence + tf.add_n(encode.losses)
        variables = [encode.trainable_variables, decode.trainable_variables]
        gradients = tape.gradient(loss, variables)
        if not losses:
            case["gradients"] = recording.arrays([g.numpy() for g in gradients[0]])
        for optimizer, g, v in zip(optimizers, gradients, variables):
            optimizer.apply(g, v)
        losses.append(float(loss))
    finish(recording, case, models, inputs, losses)


def finish(recording, case, models, inputs, losses):
    case["inputs"] = [recording.arrays(step) for step in inputs]
    case["losses"] = losses
    case["after"] = [recording.arrays([np.asarray(v) for v in model.weights]) for model in models]
    for described_model in case["models"]:
        for key in ("build_config", "compile_config"):
            described_model["model"].pop(key, None)
    recording.cases.append(case)


if __name__ == "__main__":
    recording = Recording("tools/make-custom-references")
    adversaries(recording)
    autoencoder(recording)
    recording.save("fixtures/training/custom")
