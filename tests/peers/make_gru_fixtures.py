"""Writes tests/fixtures/gru/: what Keras makes of models with GRU layers, in float64, step by step.

    pip install -r tests/peers/requirements.txt
    python tests/peers/make_gru_fixtures.py tests/fixtures/gru

A fixture is NAME.json (sizes), NAME.safetensors (inputs and initial parameters, float32 and int32) and
NAME.f64.safetensors: the output of each layer, the loss, every gradient, the parameters after one and three steps of
Adam and its moments, all computed by Keras in float64 from the same initial parameters. tests/support/fixture.rs
reads them. Rerun, the script writes the same numbers.
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from safetensors.numpy import save_file

STEPS = 3
BATCH, LENGTH = 3, 7
SIZES = {"vocab": 20, "embed": 4, "units": 5, "units2": 3, "dense": 4}


def recurrent(kind):
    """The recurrent layers of a kind of model, by their names in the fixture."""
    units, units2 = SIZES["units"], SIZES["units2"]
    match kind:
        case "gru":
            return [("gru", layers.GRU(units))]
        case "gru_bidirectional":
            return [("bigru", layers.Bidirectional(layers.GRU(units)))]
        case "gru_stacked":
            both = layers.Bidirectional(layers.GRU(units, return_sequences=True))
            return [("bigru", both), ("lstm", layers.LSTM(units2))]


def build(kind, mask_zero):
    """The model with every layer's output, and its variables by the fixture's names."""
    stack = [
        ("embedding", layers.Embedding(SIZES["vocab"], SIZES["embed"], mask_zero=mask_zero)),
        *recurrent(kind),
        ("dense", layers.Dense(SIZES["dense"], activation="relu")),
        ("output", layers.Dense(1, activation="sigmoid")),
    ]
    x = ids = keras.Input((LENGTH,), dtype="int32")
    outputs = {}
    for name, layer in stack:
        x = outputs[name] = layer(x)
    variables = {}
    for name, layer in stack:
        cells = {"": layer}
        if isinstance(layer, layers.Bidirectional):
            cells = {"forward.": layer.forward_layer, "backward.": layer.backward_layer}
        for direction, cell in cells.items():
            for variable in cell.trainable_variables:
                variables[f"{name}.{direction}{variable.name}"] = variable
    return keras.Model(ids, outputs), variables


def draw(random):
    """Ids with zeros behind some texts and within them, and labels."""
    ids = random.integers(1, SIZES["vocab"], (STEPS, BATCH, LENGTH), dtype=np.int32)
    for row, length in enumerate(range(LENGTH, LENGTH - 2 * BATCH, -2)):
        ids[:, row, length:] = 0
    ids[:, 1, 1] = 0
    labels = random.integers(0, 2, (STEPS, BATCH)).astype(np.float32)
    labels[:, 0], labels[:, 1] = 0, 1
    return ids, labels


def fixture(kind, mask_zero, seed):
    numpy = keras.ops.convert_to_numpy
    random = np.random.default_rng(seed)
    model, variables = build(kind, mask_zero)
    initial = {name: random.normal(0, 0.5, v.shape).astype(np.float32) for name, v in variables.items()}
    # Relus that are shut would hide what lies below them.
    initial["dense.bias"] = np.abs(initial["dense.bias"]) + np.float32(0.5)
    for name, variable in variables.items():
        variable.assign(initial[name])
    ids, labels = draw(random)
    optimizer = keras.optimizers.Adam(1e-4)
    order = list(variables.values())
    optimizer.build(order)
    double = {}

    def evaluate(step):
        with tf.GradientTape() as tape:
            outputs = model(ids[step], training=True)
            truth = labels[step].astype(np.float64)[:, None]
            loss = tf.reduce_mean(keras.losses.binary_crossentropy(truth, outputs["output"]))
        # Dense, so that an embedding's row gets the sum over its positions.
        gradients = tape.gradient(loss, [variable.value for variable in order])
        return outputs, loss, [tf.convert_to_tensor(gradient) for gradient in gradients]

    def note(prefix, tensors):
        double.update({f"{prefix}.{name}": numpy(tensor) for name, tensor in zip(variables, tensors, strict=True)})

    for step in range(STEPS):
        outputs, loss, gradients = evaluate(step)
        double[f"loss{step + 1}"] = np.array([loss])
        if step == 0:
            double.update({f"fwd.{name}": numpy(output) for name, output in outputs.items()})
            double["output"] = numpy(outputs["output"])
            note("grad", gradients)
        optimizer.apply(gradients, order)
        if step == 0:
            note("adam1", order)
    note("adam3", order)
    note("adam3_m", optimizer._momentums)
    note("adam3_v", optimizer._velocities)
    outputs, loss, _ = evaluate(0)
    double["output_after3"], double["loss_after3"] = numpy(outputs["output"]), np.array([loss])
    assert all(tensor.dtype == np.float64 for tensor in double.values())

    single = {"ids": ids, "labels": labels} | {f"init.{name}": tensor for name, tensor in initial.items()}
    description = {
        "model": kind,
        "sizes": SIZES,
        "batch": BATCH,
        "T": LENGTH,
        "mask_zero": mask_zero,
        "seed": seed,
        "keras": keras.__version__,
    }
    return single, double, description


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    keras.config.set_floatx("float64")
    for seed, (kind, mask_zero) in enumerate([("gru", False), ("gru_bidirectional", True), ("gru_stacked", True)]):
        single, double, description = fixture(kind, mask_zero, seed)
        save_file(single, folder / f"{kind}.safetensors")
        save_file(double, folder / f"{kind}.f64.safetensors")
        (folder / f"{kind}.json").write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
        gradients = {name: float(np.abs(t).max()) for name, t in double.items() if name.startswith("grad.")}
        print(f"{kind}: loss {double['loss1'][0]:.6f}, smallest largest gradient {min(gradients.values()):.1e}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
