"""The experiment's models in Keras on TensorFlow, on the processor. See turns.py."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import turns


def build(name, vocabulary, jit):
    # XLA does not compile TensorFlow's fused form of the layer, which is the default without it.
    lstm = lambda units, **kind: layers.LSTM(units, use_cudnn=False if jit else "auto", **kind)
    recurrent = {
        "baseline": [lstm(64)],
        "bidirectional": [layers.Bidirectional(lstm(64))],
        "dropout": [layers.Bidirectional(lstm(64, return_sequences=True)), layers.Bidirectional(lstm(32))],
    }[name]
    dropped = [layers.Dropout(0.5)] if name == "dropout" else []
    model = keras.Sequential(
        [keras.Input((None,), dtype="int32"), layers.Embedding(vocabulary, 64), *recurrent]
        + [layers.Dense(64, activation="relu"), *dropped, layers.Dense(1, activation="sigmoid")]
    )
    adam = keras.optimizers.Adam(1e-4)
    model.compile(adam, loss="binary_crossentropy", metrics=["accuracy"], jit_compile=jit)
    return model


def main():
    arguments = turns.options(jit="compile with XLA")
    model = build(arguments.model, arguments.vocabulary, arguments.jit)

    def step(ids, labels):
        ids = ids.astype(np.int32)
        if arguments.inference:
            model.predict_on_batch(ids)
        else:
            model.train_on_batch(ids, labels[:, None])

    mode = ", XLA" if arguments.jit else ""
    turns.serve(arguments, f"Keras {keras.__version__}, TensorFlow {tf.__version__}{mode}", step)


main()
