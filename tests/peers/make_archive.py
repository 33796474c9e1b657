"""Writes tests/fixtures/archive/all.keras: a model of every layer that Keras shares with gatefold, as Keras saves it.

    pip install -r tests/peers/requirements.txt
    python tests/peers/make_archive.py tests/fixtures/archive/all.keras

Every value of the n-th of its variables is n. tests/cpu/exchange/keras_archive.rs compares gatefold's config.json
with the one in it and reads its weights. Rerun, the script writes the same but for the date and the ids of shared
objects.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy
from keras import layers

model = keras.Sequential(
    [
        keras.Input((None,), dtype="int32", name="input_layer"),
        layers.Embedding(20, 4, mask_zero=True),
        layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
        layers.Dropout(0.3),
        layers.LSTM(2, return_sequences=True),
        layers.Bidirectional(layers.GRU(3, return_sequences=True)),
        layers.GRU(2, return_sequences=True),
        layers.LayerNormalization(),
        layers.Dense(5),
        layers.GlobalAveragePooling1D(),
        layers.Dense(4, activation="relu"),
        layers.Dense(3, activation="softmax"),
    ],
    name="all",
)
model.set_weights([numpy.full_like(values, n) for n, values in enumerate(model.get_weights(), 1)])
model.save(sys.argv[1])
