"""Trains a model of the experiment in Keras from the values, on the ids and in the order of a run of gatefold.

    cargo run --release --example run_as_tensors -- baseline 0 aclImdb imdb_reviews.subwords run.safetensors
    KERAS_BACKEND=tensorflow python benches/experiment/keras_run.py baseline run.safetensors
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
from keras import layers

from exported_run import ExportedRun, options, train


def build(name, vocabulary):
    both = lambda units, **kind: layers.Bidirectional(layers.LSTM(units, **kind))
    recurrent = {
        "baseline": [layers.LSTM(64)],
        "bidirectional": [both(64)],
        "dropout": [both(64, return_sequences=True), both(32)],
    }[name]
    dropped = [layers.Dropout(0.5)] if name == "dropout" else []
    return keras.Sequential(
        [keras.Input((None,), dtype="int32"), layers.Embedding(vocabulary, 64), *recurrent]
        + [layers.Dense(64, activation="relu"), *dropped, layers.Dense(1, activation="sigmoid")]
    )


def main():
    arguments = options()
    run = ExportedRun(arguments.run)
    initial = run.initial()
    model = build(arguments.model, len(initial[0]))
    # Both programs list a layer's kernel, recurrent kernel and bias, forward before backward.
    model.set_weights(initial)
    model.compile(keras.optimizers.Adam(1e-4), loss="binary_crossentropy", metrics=["accuracy"])

    def alone(function):
        """Keras goes on counting from batch to batch; here a batch's own means are wanted."""
        def counted(ids, labels):
            model.reset_metrics()
            return function(ids, labels[:, None])
        return counted

    train(run, arguments.steps, alone(model.train_on_batch), alone(model.test_on_batch))


main()
