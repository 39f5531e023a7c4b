"""The network: a small convolutional one, after LeNet's shape with batch normalisation and dropout.

28 x 28 grey pictures in, one probability per learned digit out, in the order of the digits. About 110,000 weights.
"""

from __future__ import annotations

from typing import Any


def build(classes: int, dropout: float, learning_rate: float, steps: int) -> Any:
    """A compiled Keras model; the learning rate falls to nothing over `steps` batches, along half a cosine."""
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), name="picture"),
            *_stage(layers, 16),
            *_stage(layers, 32),
            *_stage(layers, 64),
            layers.Flatten(),
            layers.Dropout(dropout),
            layers.Dense(classes, activation="softmax", name="probabilities"),
        ],
        name="digits",
    )
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _stage(layers: Any, filters: int) -> list[Any]:
    return [
        layers.Conv2D(filters, 3, padding="same", use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
        layers.MaxPooling2D(),
    ]
