"""Writes tests/fixtures/models/: models as Keras 3 and Keras 2 keep them, with what they say of a batch.

    pip install -r tests/peers/requirements.txt
    python tests/peers/make_models.py tests/fixtures/models

functional.keras   Keras 3: a functional model, one layer after the other
whole.h5           Keras 2: model.save("whole.h5")
weights.h5         Keras 2: model.save_weights("weights.h5") of the same
models.json        the ids of a batch, padded before, after and within, and the probabilities

The layers of Keras 2 are not the first of the process, so that their names are none that gatefold would give.
tests/cpu/exchange/keras_models.rs reads them and compares with the twin.
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy
import tf_keras

IDS = [[3, 7, 1, 9, 4], [5, 2, 0, 0, 0], [0, 0, 0, 8, 6], [0, 4, 0, 1, 0]]


def fill(model, seed):
    random = numpy.random.default_rng(seed)
    model.set_weights([random.normal(0, 0.6, w.shape).astype("float32") for w in model.get_weights()])
    return model


def functional():
    layers = keras.layers
    ids = below = keras.Input((None,), dtype="int32")
    for layer in (
        layers.Embedding(10, 3, mask_zero=True),
        layers.Bidirectional(layers.GRU(2, return_sequences=True)),
        layers.LSTM(3),
        layers.LayerNormalization(),
        layers.Dense(3, activation="softmax"),
    ):
        below = layer(below)
    return fill(keras.Model(ids, below, name="chain"), 1)


def legacy():
    layers = tf_keras.layers
    for layer in (layers.LSTM(1), layers.Dense(1), layers.Embedding(2, 1), layers.Bidirectional(layers.LSTM(1))):
        layer.name  # takes a number
    model = tf_keras.Sequential(
        [
            layers.Embedding(10, 3, mask_zero=True),
            layers.Bidirectional(layers.LSTM(2, return_sequences=True)),
            layers.Dropout(0.3),
            layers.GRU(2, return_sequences=True),
            layers.LayerNormalization(),
            layers.GlobalAveragePooling1D(),
            layers.Dense(3, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="old",
    )
    model.build((None, None))
    return fill(model, 2)


folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
ids = numpy.array(IDS)
told = {"ids": IDS}
model = functional()
model.save(os.path.join(folder, "functional.keras"))
told["functional.keras"] = numpy.asarray(model(ids)).astype(float).tolist()
model = legacy()
model.save(os.path.join(folder, "whole.h5"), include_optimizer=False)
model.save_weights(os.path.join(folder, "weights.h5"))
told["whole.h5"] = numpy.asarray(model(ids)).astype(float).tolist()
with open(os.path.join(folder, "models.json"), "w", encoding="utf-8") as file:
    json.dump(told, file, indent=1)
