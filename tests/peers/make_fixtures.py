"""Makes the fixtures of tests/fixtures/keras/: what Keras gets, in float64, for models of every kind of layer.

    pip install -r tests/peers/requirements.txt
    python tests/peers/make_fixtures.py

A fixture is NAME.json (sizes and the model as gatefold's TOML), NAME.safetensors (inputs and initial parameters, in
float32) and NAME.f64.safetensors (results): layer outputs, loss and gradients of the first of three batches, parameters
after the first and the third step of the optimiser at a rate of 1e-4, its moments, and what the first batch gives then. Gradients of the
embedding are made dense before they reach the optimiser, which otherwise squares each occurrence of a token apart.
"""

import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
import safetensors.numpy
import tensorflow as tf
from keras import layers, ops

FOLDER = pathlib.Path(__file__).parent.parent / "fixtures" / "keras"

# Ids, rows of a batch, timesteps, batches.
VOCABULARY, ROWS, LENGTH, STEPS = 11, 4, 6, 3


class AttentionPooling(layers.Layer):
    """Yang et al. (2016), equations 5 to 7, of Keras's operations."""

    def __init__(self, units):
        super().__init__()
        self.units = units
        self.supports_masking = True

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        self.context = self.add_weight(shape=(self.units, 1), name="context")

    def call(self, x, mask=None):
        scores = ops.matmul(ops.tanh(ops.matmul(x, self.kernel) + self.bias), self.context)
        keep = None if mask is None else mask[:, :, None]
        return ops.sum(layers.Softmax(axis=1)(scores, mask=keep) * x, axis=1)

    def compute_mask(self, x, mask=None):
        return None


def embedding(mask_zero=False, trainable=True):
    spec = {"type": "embedding", "vocabulary": VOCABULARY, "width": 4, "mask_zero": mask_zero}
    return layers.Embedding(VOCABULARY, 4, mask_zero=mask_zero, trainable=trainable), (
        spec if trainable else spec | {"trainable": False})


def lstm(units):
    return layers.LSTM(units, return_sequences=True), {"type": "lstm", "units": units, "return_sequences": True}


def bidirectional(units):
    return layers.Bidirectional(layers.LSTM(units, return_sequences=True)), {
        "type": "bidirectional", "units": units, "return_sequences": True}


def dense(units, activation="linear"):
    return layers.Dense(units, activation), {"type": "dense", "units": units, "activation": activation}


def layer_normalization(epsilon=1e-3):
    epsilon = float(np.float32(epsilon))  # as gatefold has it
    return layers.LayerNormalization(epsilon=epsilon), {"type": "layer_normalization", "epsilon": epsilon}


def max_pooling():
    return layers.GlobalMaxPooling1D(), {"type": "global_max_pooling1d"}


def average_pooling():
    return layers.GlobalAveragePooling1D(), {"type": "global_average_pooling1d"}


def attention_pooling(units):
    return AttentionPooling(units), {"type": "attention_pooling", "units": units}


def models():
    """Layers by name of fixture."""
    return {
        "weight_decay": [embedding(), lstm(2), max_pooling(), dense(1, "sigmoid")],
        "max_pooling": [embedding(), lstm(4), max_pooling(), dense(3, "relu"), dense(1, "sigmoid")],
        "max_pooling_masked": [embedding(True), bidirectional(3), dense(4), max_pooling(), dense(1, "sigmoid")],
        "average_pooling": [embedding(), average_pooling(), dense(4, "relu"), dense(1, "sigmoid")],
        "average_pooling_masked": [embedding(True), bidirectional(3), average_pooling(), dense(1, "sigmoid")],
        "attention_pooling": [embedding(), bidirectional(3), attention_pooling(4), dense(1, "sigmoid")],
        "attention_pooling_masked": [embedding(True), lstm(4), attention_pooling(3), dense(1, "sigmoid")],
        "layer_normalization": [embedding(True), layer_normalization(), bidirectional(2), layer_normalization(0.01),
                                average_pooling(), dense(1, "sigmoid")],
        "softmax": [embedding(), average_pooling(), dense(4, "relu"), dense(5, "softmax")],
        "softmax_of_two": [embedding(True), bidirectional(2), attention_pooling(2), dense(2, "softmax")],
        "frozen_embedding": [embedding(True, trainable=False), bidirectional(2), max_pooling(), dense(1, "sigmoid")],
    }


def text(name, specs):
    """The model as TOML."""
    lines = [f"name = {json.dumps(name)}"]
    for spec in specs:
        lines += ["", "[[layer]]"] + [f"{key} = {json.dumps(v)}" for key, v in spec.items()]
    return "\n".join(lines) + "\n"


def names(specs):
    """gatefold's names of the layers: Keras's, counted from the model's first layer."""
    seen = {}
    for spec in specs:
        count = seen[spec["type"]] = seen.get(spec["type"], -1) + 1
        yield f"{spec['type']}_{count}" if count else spec["type"]


def variables(model, specs):
    """Keras's variables by gatefold's names."""
    named = {}
    for layer, name in zip(model.layers, names(specs), strict=True):
        cells = {name: layer}
        if isinstance(layer, layers.Bidirectional):
            cells = {f"{name}.forward": layer.forward_layer, f"{name}.backward": layer.backward_layer}
        for prefix, cell in cells.items():
            named |= {f"{prefix}.{variable.name}": variable for variable in cell.trainable_variables or cell.weights}
    return named


def batches(random, classes):
    """Ids with padding behind and, in one row, between; and labels."""
    ids = random.integers(1, VOCABULARY, (STEPS, ROWS, LENGTH), dtype=np.int32)
    for step in range(STEPS):
        for row, end in enumerate(random.integers(2, LENGTH + 1, ROWS)):
            ids[step, row, end:] = 0
        ids[step, 0] = random.integers(1, VOCABULARY, LENGTH)
        ids[step, 0, 2] = 0
    labels = random.integers(0, classes, (STEPS, ROWS))
    if classes == 2:
        # One of each batch is negative: a balanced batch would leave the last bias a gradient that nearly cancels.
        labels = (np.arange(ROWS) != np.arange(STEPS)[:, None]).astype(int)
    return ids, labels.astype(np.float32)


def loss_of(labels, output):
    if output.shape[-1] > 1:
        return tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, output))
    return tf.reduce_mean(keras.losses.binary_crossentropy(labels[:, None], output))


def fixture(name, stack, optimizer):
    specs = [spec for _, spec in stack]
    model = keras.Sequential([keras.Input((None,), dtype="int32")] + [layer for layer, _ in stack])
    named = variables(model, specs)
    classes = max(2, specs[-1]["units"])
    random = np.random.default_rng(sum(map(ord, name)))
    ids, labels = batches(random, classes)

    # Larger than Keras starts with, so that no gradient vanishes; held exactly by float32.
    inputs = {"ids": ids, "labels": labels}
    for key, variable in named.items():
        start = (variable.numpy() * (8 if key.startswith("embedding.") else 1)
                 + 0.2 * random.standard_normal(variable.shape)).astype(np.float32)
        variable.assign(start.astype(np.float64))
        inputs[f"init.{key}"] = start

    results = {}

    def forward(step):
        """Outputs of all layers."""
        x, outputs = tf.constant(ids[step]), []
        for layer in model.layers:
            x = layer(x, training=False)
            outputs.append(x)
        return outputs

    def keep(prefix, values, keys=named):
        results.update({f"{prefix}.{key}": v.numpy() for key, v in zip(keys, values, strict=True)})

    everything = list(named.values())
    updated = {key: variable for key, variable in named.items() if variable.trainable}
    trained = list(updated.values())
    optimizer.build(trained)
    for step in range(STEPS):
        with tf.GradientTape() as tape:
            outputs = forward(step)
            loss = loss_of(labels[step], outputs[-1])
        gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, [v.value for v in trained])]
        results[f"loss{step + 1}"] = np.array([loss])
        if step == 0:
            results |= {f"fwd.{key}": y.numpy() for key, y in zip(names(specs), outputs, strict=True)}
            results["output"] = outputs[-1].numpy()
            keep("grad", gradients, updated)
        optimizer.apply(gradients, trained)
        if step == 0:
            keep("adam1", everything)
    keep("adam3", everything)
    keep("adam3_m", optimizer._momentums, updated)
    keep("adam3_v", optimizer._velocities, updated)
    outputs = forward(0)
    results["output_after3"] = outputs[-1].numpy()
    results["loss_after3"] = np.array([loss_of(labels[0], outputs[-1])])

    description = {
        "model": name, "batch": ROWS, "T": LENGTH, "mask_zero": specs[0]["mask_zero"],
        "weight_decay": optimizer.weight_decay,
        **({"clip_norm": optimizer.global_clipnorm} if optimizer.global_clipnorm else {}),
        "keras": keras.__version__, "toml": text(name, specs),
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(description, indent=1) + "\n")
    safetensors.numpy.save_file(inputs, FOLDER / f"{name}.safetensors")
    safetensors.numpy.save_file(
        {key: np.ascontiguousarray(v, np.float64) for key, v in results.items()}, FOLDER / f"{name}.f64.safetensors")


def main():
    keras.backend.set_floatx("float64")
    keras.utils.set_random_seed(0)  # layers draw the seeds of their initialisers when they are made
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, stack in models().items():
        # A decay so large that three steps show it; a bound below the norm of the gradients.
        decay = {"weight_decay": 30.0} if name in ("weight_decay", "frozen_embedding") else {}
        clip = {"global_clipnorm": 0.05} if name == "frozen_embedding" else {}
        optimizer = keras.optimizers.AdamW if decay else keras.optimizers.Adam
        fixture(name, stack, optimizer(1e-4, **decay, **clip))
        print(name)
    for path in FOLDER.iterdir():
        path.chmod(0o644)


if __name__ == "__main__":
    main()
