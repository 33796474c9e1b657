"""Checks that gatefold and Keras predict the same with the same weights, whoever of the two trained them.

    pip install -r tests/peers/requirements.txt
    cargo build --release --example predict_ids
    python tests/peers/check_keras.py RUN/model.safetensors --gatefold target/release/examples/predict_ids

1. Keras takes the weights of RUN, and both predict the same random batches.
2. Keras starts anew from its own initialisers, trains a few steps, and writes a file as gatefold does; both predict
   again.

Exits with 1 if a probability differs by more than the tolerance, or if all are alike, which would prove nothing.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import tomllib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
import safetensors
import safetensors.numpy
from keras import layers

# Lengths of the batches. The example makes a batch of ten lines.
LENGTHS = (1, 7, 64, 240)
ROWS = 10

# Steps that Keras trains for.
STEPS = 40


def read(path):
    """Tensors by name, and what the metadata say."""
    with safetensors.safe_open(path, "np") as file:
        header = json.loads(file.metadata()["gatefold"])
        return {name: file.get_tensor(name) for name in file.keys()}, header


def write(path, tensors, header):
    safetensors.numpy.save_file(tensors, path, metadata={"gatefold": json.dumps(header)})


def build(header):
    """The Keras model that the metadata describe."""
    stack = [keras.Input((None,), dtype="int32")]
    for spec in tomllib.loads(header["model"])["layer"]:
        match spec.pop("type"):
            case "embedding":
                stack.append(layers.Embedding(spec["vocabulary"], spec["width"], mask_zero=spec["mask_zero"]))
            case "lstm":
                stack.append(layers.LSTM(**spec))
            case "gru":
                stack.append(layers.GRU(**spec))
            case "bidirectional":
                cell = {"lstm": layers.LSTM, "gru": layers.GRU}[spec.pop("cell", "lstm")]
                stack.append(layers.Bidirectional(cell(**spec)))
            case "dense":
                stack.append(layers.Dense(**spec))
            case "dropout":
                stack.append(layers.Dropout(spec["rate"]))
            case "global_max_pooling1d":
                stack.append(layers.GlobalMaxPooling1D())
            case "layer_normalization":
                stack.append(layers.LayerNormalization(epsilon=spec["epsilon"]))
            case "global_average_pooling1d":
                stack.append(layers.GlobalAveragePooling1D())
            case other:
                sys.exit(f"layer type {other} is unknown here")
    return keras.Sequential(stack)


def variables(model):
    """Keras's variables by gatefold's names: LAYER.TENSOR, or LAYER.DIRECTION.TENSOR in a bidirectional layer."""
    named, seen = {}, {}

    def add(prefix, layer):
        for variable in layer.trainable_variables:
            named[f"{prefix}.{variable.name}"] = variable

    for layer in model.layers:
        kind = type(layer).__name__.lower()
        count = seen[kind] = seen.get(kind, -1) + 1
        name = f"{kind}_{count}" if count else kind
        if isinstance(layer, layers.Bidirectional):
            add(f"{name}.forward", layer.forward_layer)
            add(f"{name}.backward", layer.backward_layer)
        else:
            add(name, layer)
    return named


def batches(vocabulary, random):
    """Random ids; behind a text of random length stand zeros."""
    for length in LENGTHS:
        ids = random.integers(1, vocabulary, (ROWS, length), dtype=np.int32)
        ends = random.integers(1, length + 1, ROWS)
        ends[0] = length
        ids[np.arange(length) >= ends[:, None]] = 0
        yield ids


def by_keras(model, batches):
    """Probabilities of all rows."""
    return np.concatenate([np.asarray(model(ids, training=False), np.float64)[:, 0] for ids in batches])


def by_gatefold(program, weights, batches):
    """The same by gatefold."""
    lines = "".join(json.dumps({"ids": row.tolist()}) + "\n" for ids in batches for row in ids)
    done = subprocess.run([program, weights], input=lines, text=True, stdout=subprocess.PIPE, check=True)
    return np.array([float(line) for line in done.stdout.split()])


def compare(what, model, program, weights, tolerance):
    rows = list(batches(model.layers[0].input_dim, np.random.default_rng(0)))
    expected, found = by_keras(model, rows), by_gatefold(program, weights, rows)
    assert expected.shape == found.shape, f"{len(expected)} rows, {len(found)} probabilities from gatefold"
    worst, spread = np.abs(found - expected).max(), expected.std()
    fine = worst <= tolerance and spread > 100 * tolerance
    print(f"{what}: {len(expected)} probabilities from {expected.min():.4f} to {expected.max():.4f},"
          f" largest difference {worst:.1e}: {'ok' if fine else 'TOO MUCH' if worst > tolerance else 'ALL ALIKE'}")
    return fine


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=pathlib.Path, help="model.safetensors of a run")
    parser.add_argument("--gatefold", default="target/release/examples/predict_ids", help="the built example")
    parser.add_argument("--tolerance", type=float, default=1e-5)
    args = parser.parse_args()

    tensors, header = read(args.weights)
    header.pop("sha256", None)  # of this very file, not of one with other weights
    print(f"Keras {keras.__version__} on {keras.backend.backend()}, model {tomllib.loads(header['model'])['name']}")
    keras.utils.set_random_seed(1)
    model = build(header)
    named = variables(model)
    if named.keys() != tensors.keys():
        sys.exit(f"Keras has {sorted(named)}, the file {sorted(tensors)}")
    fresh = {name: variable.numpy() for name, variable in named.items()}

    for name, variable in named.items():
        variable.assign(tensors[name])
    fine = compare("gatefold's weights in Keras", model, args.gatefold, args.weights, args.tolerance)

    for name, variable in named.items():
        variable.assign(fresh[name])
    model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="binary_crossentropy")
    random = np.random.default_rng(2)
    for _ in range(STEPS // len(LENGTHS)):
        for ids in batches(model.layers[0].input_dim, random):
            model.train_on_batch(ids, (ids[:, 0] % 2).astype(np.float32))
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.safetensors"
        write(path, {name: variable.numpy() for name, variable in named.items()}, header)
        fine &= compare("Keras's weights in gatefold", model, args.gatefold, path, args.tolerance)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
