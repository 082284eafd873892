"""The essay's network in Keras 3 on TensorFlow, trained by ``model.fit``."""

import os
import time
from collections.abc import Callable
from typing import Any

from .data import TOKENS, WORDS, Rows

BATCH, LAMBDA = 32, 0.1


def epoch(rows: Rows, threads: int) -> Callable[[], float]:
    """Seconds of ``fit`` over ``rows`` for one epoch, without validation."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras
    import tensorflow as tf
    from keras import layers, ops

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    keras.utils.set_random_seed(0)

    class Bottleneck(layers.Layer):
        """z = mu + sigma * eps; adds lambda times the rate to the loss."""

        def __init__(self) -> None:
            super().__init__()
            self.mean, self.log_var = layers.Dense(128), layers.Dense(128)
            self.noise = keras.random.SeedGenerator(0)

        def build(self, shape: Any) -> None:
            self.mean.build(shape)
            self.log_var.build(shape)

        def call(self, features: Any) -> Any:
            mean, log_var = self.mean(features), self.log_var(features)
            kl = 0.5 * ops.sum(mean**2 + ops.exp(log_var) - 1 - log_var, axis=-1)
            self.add_loss(LAMBDA * ops.mean(kl))
            return mean + ops.exp(log_var / 2) * keras.random.normal(
                ops.shape(mean), seed=self.noise
            )

    model = keras.Sequential(
        [
            layers.Input((TOKENS,), dtype="int32"),
            layers.Embedding(WORDS, 50),
            layers.Conv1D(250, 3, activation="relu"),
            layers.GlobalMaxPooling1D(),
            Bottleneck(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")

    def run() -> float:
        started = time.perf_counter()
        model.fit(rows.x, rows.y, batch_size=BATCH, epochs=1, verbose=0)
        return time.perf_counter() - started

    return run
