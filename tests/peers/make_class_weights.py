"""Makes tests/fixtures/class_weights.json: Keras's losses and gradients with weights, in float64.

    pip install -r tests/peers/requirements.txt
    python tests/peers/make_class_weights.py

`loss` is the history's of `fit(class_weight=…)` over one batch, `val_loss` that of the same rows as validation data.
"""

import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
import tensorflow as tf

FILE = pathlib.Path(__file__).parent.parent / "fixtures" / "class_weights.json"


def case(classes, weights):
    random = np.random.default_rng(classes)
    rows = 9
    labels = np.append(np.arange(classes), random.integers(0, classes, rows - classes)).astype(np.float32)
    # Sums of the last layer: the model only passes them on.
    sums = random.normal(size=(rows, 1 if classes == 2 else classes))
    model = keras.Sequential([
        keras.Input((sums.shape[1],), dtype="float64"),
        keras.layers.Activation("sigmoid" if classes == 2 else "softmax"),
    ])
    kind = keras.losses.BinaryCrossentropy if classes == 2 else keras.losses.SparseCategoricalCrossentropy
    model.compile(optimizer="sgd", loss=kind(), run_eagerly=True)
    history = model.fit(
        sums, labels, batch_size=rows, class_weight=weights, validation_data=(sums, labels), verbose=0).history
    x = tf.constant(sums)
    with tf.GradientTape() as tape:
        tape.watch(x)
        p = model(x)
        if classes == 2:
            # A copy forgets that a sigmoid made it, whose sums the loss would take.
            p = tf.constant(p.numpy())
            tape.watch(p)
        loss = kind()(labels, p, sample_weight=[weights.get(int(y), 1.0) for y in labels])
    # Of a sigmoid by its result, of a softmax by its sums.
    gradient = tape.gradient(loss, p if classes == 2 else x)
    assert abs(float(loss) - history["loss"][0]) < 1e-6
    return {
        "classes": classes,
        "class_weight": {str(label): weight for label, weight in weights.items()},
        "labels": labels.tolist(),
        "sums": sums.ravel().tolist(),
        "probabilities": p.numpy().ravel().tolist(),
        "loss": float(loss),
        "history_loss": float(history["loss"][0]),
        "val_loss": float(history["val_loss"][0]),
        "gradient": gradient.numpy().ravel().tolist(),
    }


if __name__ == "__main__":
    keras.config.set_floatx("float64")
    cases = [case(2, {0: 0.5, 1: 4.0}), case(2, {1: 5.0}), case(4, {0: 0.25, 2: 3.0, 3: 7.5})]
    FILE.write_text(json.dumps(cases, indent=1) + "\n", encoding="utf-8")
