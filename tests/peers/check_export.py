"""Loads what `gatefold export` writes into Keras and onnxruntime, and what Keras writes into
`gatefold import`, and compares probabilities.

    python check_export.py --gatefold target/debug/gatefold --run RUN --vocab assets/demo.subwords

RUN is a folder that `gatefold train` wrote on the demo corpus, or on --data, --vocab the vocabulary of its data. Reviews are turned into ids
and predicted by gatefold; the other programs get the same ids, each review at its own length, and once more
in a batch padded after the texts and in one padded before them. A program that is not installed, or has not the run's layers, is told as SKIPPED; with neither
the check fails.
Exit status 0 where the largest difference is at most 1e-5.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import tomllib

TOLERANCE = 1e-5

REVIEWS = [
    "the film is wonderful",
    "dull",
    "I did not like the plot, and the end is worse than the beginning was; nobody will miss it.",
    "not bad at all: the cast is superb, though the music is awful",
    "A film. A long, long film!",
]


def gatefold(program, *arguments, text=""):
    answer = subprocess.run(
        [program, "--quiet", *arguments], input=text, capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        sys.exit(f"{' '.join(arguments)}: {answer.stderr}")
    return [json.loads(line) for line in answer.stdout.splitlines()]


def keras_model(layers):
    """The Sequential of the layers in a run's config.toml."""
    import keras

    model = keras.Sequential()
    for layer in layers:
        kind = layer["type"]
        if kind == "embedding":
            made = keras.layers.Embedding(
                layer["vocabulary"], layer["width"], mask_zero=layer["mask_zero"]
            )
        elif kind in ("lstm", "gru", "bidirectional"):
            gru = "gru" in (kind, layer.get("cell"))
            recurrent = keras.layers.GRU if gru else keras.layers.LSTM
            made = recurrent(layer["units"], return_sequences=layer["return_sequences"])
            if kind == "bidirectional":
                made = keras.layers.Bidirectional(made)
        elif kind == "dense":
            made = keras.layers.Dense(layer["units"], activation=layer["activation"])
        elif kind == "dropout":
            made = keras.layers.Dropout(layer["rate"])
        elif kind == "global_max_pooling1d":
            made = keras.layers.GlobalMaxPooling1D()
        elif kind == "global_average_pooling1d":
            made = keras.layers.GlobalAveragePooling1D()
        elif kind == "layer_normalization":
            made = keras.layers.LayerNormalization(epsilon=layer["epsilon"])
        else:
            sys.exit(f"no layer {kind} is known here")
        model.add(made)
    model.build((None, None))
    return model


def padded(rows, before=False):
    import numpy

    length = max(len(row) for row in rows)
    padding = [[0] * (length - len(row)) for row in rows]
    whole = [some + row if before else row + some for row, some in zip(rows, padding)]
    return numpy.array(whole, dtype=numpy.int64)


def in_batches(run, rows):
    """What is said of the reviews in one batch, padded after the texts, and in one padded before them."""
    import numpy

    return numpy.concatenate([run(padded(rows)), run(padded(rows, before=True))])


def largest(found, expected):
    import numpy

    return float(numpy.abs(numpy.array(found) - numpy.array(expected)).max())


def largest_difference(run, rows, expected):
    return largest([run(padded([row]))[0] for row in rows], expected)


def probabilities(lines, layers):
    """What `gatefold predict --json` says: the probability of the second class, or of a softmax that of every class."""
    first = 0 if layers[-1]["activation"] == "softmax" else 1
    return [list(line["probabilities"].values())[first:] for line in lines]


def model_file(config, path):
    """The model of a run's config.toml as a file of its own."""
    with open(config, encoding="utf-8") as file:
        text = file.read().split("[model]\n")[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("[[model.layer]]", "[[layer]]"))
    return path


def check_import(options, folder, model, run, rows):
    """Keras's own files, of other weights than the run's, predicted with by gatefold."""
    model.set_weights([weights * 1.25 for weights in model.get_weights()])
    toml = model_file(os.path.join(options.run, "config.toml"), os.path.join(folder, "model.toml"))
    data = ["--data", options.data, "--vocab", options.vocab] if options.data else []
    if options.classes:
        data += ["--classes", ",".join(options.classes)]
    differences = []
    for ending, save in ((".weights.h5", model.save_weights), (".keras", model.save)):
        written, imported = (os.path.join(folder, f"{name}{ending}") for name in ("keras", "imported"))
        save(written)
        # An archive describes its model.
        named = [] if ending == ".keras" else ["--config", toml]
        gatefold(options.gatefold, "import", written, *named, "--out", imported, "--json", *data)
        predicted = gatefold(options.gatefold, "predict", imported, "--json", *REVIEWS)
        difference = largest_difference(run, rows, probabilities(predicted, options.layers))
        print(f"keras's {ending} imported: {len(rows)} reviews, largest difference {difference:.1e}")
        differences.append(difference)
    return max(differences)


def check_archive(model, path, rows, expected):
    """The .keras as it is, without a word of the layers: it predicts the same and is the model that Keras made."""
    import keras

    loaded = keras.saving.load_model(path)
    # The names of a model and of its input are the writer's choice, and so is that ids are whole numbers.
    for found, made in zip(loaded.layers, model.layers, strict=True):
        found, made = found.get_config(), made.get_config()
        for key in found.keys() | made.keys():
            if found.get(key) != made.get(key):
                sys.exit(f".keras: {made['name']}: {key} {found.get(key)} is not Keras's {made.get(key)}")
    loaded_run = lambda ids: loaded.predict(ids, verbose=0)
    difference = largest_difference(loaded_run, rows, expected)
    print(f"keras, .keras: {len(rows)} reviews, largest difference {difference:.1e}")
    paths = [[variable.path.split("/", 1)[1] for variable in one.variables] for one in (loaded, model)]
    if paths[0] != paths[1]:
        sys.exit(f".keras: {paths[0]} are not Keras's {paths[1]}")
    together = largest(loaded_run(padded(rows)), model.predict(padded(rows), verbose=0))
    print(f"keras, .keras: one padded batch, largest difference to .weights.h5 {together:.1e}")
    again = os.path.join(os.path.dirname(path), "again.keras")
    loaded.save(again)
    again = keras.saving.load_model(again)
    together = max(together, largest(again.predict(padded(rows), verbose=0), loaded_run(padded(rows))))
    return max(difference, together)


def check_keras(options, folder, export, layers, rows, expected):
    import numpy
    from safetensors.numpy import load_file

    model = keras_model(layers)
    model.load_weights(export("keras", "model.weights.h5"))
    named = load_file(export("safetensors", "model.safetensors"))
    # A Sequential puts its own name first, a functional model none.
    paths = [variable.path.removeprefix(f"{model.name}/") for variable in model.trainable_variables]
    if sorted(paths) != sorted(named):
        sys.exit(f"safetensors: {sorted(named)} are not Keras's {sorted(paths)}")
    for path, variable in zip(paths, model.trainable_variables):
        if not numpy.array_equal(variable.numpy(), named[path]):
            sys.exit(f"safetensors and HDF5 differ in {path}")
    run = lambda ids: numpy.asarray(model(ids, training=False))
    together, difference = in_batches(run, rows), largest_difference(run, rows, expected)
    difference = max(difference, check_archive(model, export("keras", "model.keras"), rows, expected))
    return together, max(difference, check_import(options, folder, model, run, rows))


def check_onnx(options, folder, export, layers, rows, expected):
    import onnx
    import onnxruntime

    path = export("onnx", "model.onnx")
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    run = lambda ids: session.run(["probability"], {"ids": ids})[0]
    return in_batches(run, rows), largest_difference(run, rows, expected)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name in ("--gatefold", "--run", "--vocab"):
        parser.add_argument(name, required=True)
    parser.add_argument("--data")
    options = parser.parse_args()
    with open(os.path.join(options.run, "config.toml"), "rb") as file:
        config = tomllib.load(file)
    layers = options.layers = config["model"]["layer"]
    options.classes = config["data"].get("classes", [])

    texts = "".join(json.dumps({"text": text}) + "\n" for text in REVIEWS)
    encoded = gatefold(options.gatefold, "data", "encode", "--vocab", options.vocab, text=texts)
    rows = [line["ids"] for line in encoded]
    predicted = gatefold(options.gatefold, "predict", options.run, "--json", *REVIEWS)
    expected = probabilities(predicted, layers)

    checks = [("keras", ["keras", "safetensors"], check_keras), ("onnx", ["onnx", "onnxruntime"], check_onnx)]
    padded_results, failed, ran = {}, False, 0
    with tempfile.TemporaryDirectory() as folder:

        def export(form, name):
            path = os.path.join(folder, name)
            gatefold(options.gatefold, "export", options.run, "--format", form, "--output", path, "--json")
            return path

        for name, packages, check in checks:
            missing = [package for package in packages if importlib.util.find_spec(package) is None]
            if missing:
                print(f"SKIPPED: {name} needs {' and '.join(missing)}")
                continue
            if name == "keras" and any(layer["type"] == "attention_pooling" for layer in layers):
                print("SKIPPED: keras has no attention_pooling")
                continue
            together, difference = check(options, folder, export, layers, rows, expected)
            padded_results[name] = together
            ran += 1
            failed |= not difference <= TOLERANCE
            print(f"{name}: {len(rows)} reviews, largest difference {difference:.1e}")
    # A maximum over time does not see the mask.
    maximum = any(layer["type"] == "global_max_pooling1d" for layer in layers)
    masked = layers[0]["mask_zero"] and not maximum
    for name, found in padded_results.items():
        # Only a mask makes a padded review what it is alone.
        others = expected + expected if masked else next(iter(padded_results.values()))
        if others is found:
            continue
        difference = largest(found, others)
        failed |= not difference <= TOLERANCE
        print(f"{name}: batches padded after and before, largest difference {difference:.1e}")
    if failed or ran == 0:
        sys.exit("FAILED")


if __name__ == "__main__":
    main()
