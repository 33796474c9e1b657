"""Makes tests/peers/callbacks.json: what Keras's callbacks and schedules do, for tests/cpu/callbacks.rs.

    pip install -r tests/peers/requirements.txt
    python tests/peers/make_callbacks.py > tests/peers/callbacks.json
"""

import json
import types

import keras

keras.config.set_floatx("float64")

# Figures of made-up epochs: one that falls, turns and falls again; one with ties; one that only rises.
LOSSES = {
    "turns": [0.70, 0.52, 0.44, 0.45, 0.43995, 0.46, 0.41, 0.42, 0.43, 0.44, 0.40, 0.47, 0.48, 0.49, 0.50, 0.51],
    "ties": [0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125],
    "rises": [0.3, 0.31, 0.32, 0.33, 0.34, 0.35, 0.36, 0.37],
}
ACCURACIES = {"climbs": [0.5, 0.6, 0.6, 0.59, 0.61, 0.8, 0.7, 0.7, 0.75, 0.79, 0.7, 0.81]}
SERIES = [("val_loss", "min", name, values) for name, values in LOSSES.items()]
SERIES += [("val_accuracy", "max", name, values) for name, values in ACCURACIES.items()]


def stub(rate: float) -> types.SimpleNamespace:
    return types.SimpleNamespace(stop_training=False, optimizer=keras.optimizers.Adam(rate))


def stopping(monitor, mode, values, patience, min_delta):
    """The epoch, counted from 1, after which training ends; None where it does not."""
    callback = keras.callbacks.EarlyStopping(monitor=monitor, mode=mode, patience=patience, min_delta=min_delta)
    model = stub(1e-3)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {monitor: value})
        if model.stop_training:
            return epoch + 1
    return None


def plateau(monitor, mode, values, rate, **options):
    """The learning rate after each epoch."""
    callback = keras.callbacks.ReduceLROnPlateau(monitor=monitor, mode=mode, **options)
    model = stub(rate)
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {monitor: value})
        rates.append(float(model.optimizer.learning_rate))
    return rates


def cosine(rate, steps, warmup, minimum):
    """The learning rate of each step of a run, and of three beyond it."""
    start = {"initial_learning_rate": 0.0, "warmup_target": rate, "warmup_steps": warmup}
    schedule = keras.optimizers.schedules.CosineDecay(
        decay_steps=steps - warmup,
        alpha=minimum / rate,
        **(start if warmup else {"initial_learning_rate": rate}),
    )
    return [float(schedule(step)) for step in range(steps + 3)]


def main() -> None:
    cases = {"keras": keras.__version__, "early_stopping": [], "plateau": [], "cosine": []}
    for monitor, mode, _, values in SERIES:
        for patience in (1, 2, 3, 5):
            for min_delta in (0.0, 0.02):
                end = stopping(monitor, mode, values, patience, min_delta)
                case = {"monitor": monitor, "values": values, "patience": patience, "min_delta": min_delta}
                cases["early_stopping"].append({**case, "over_after": end})
        for options in (
            {"factor": 0.1, "patience": 1, "min_delta": 1e-4, "cooldown": 0, "min_lr": 0.0},
            {"factor": 0.5, "patience": 2, "min_delta": 0.0, "cooldown": 0, "min_lr": 3e-4},
            {"factor": 0.5, "patience": 1, "min_delta": 0.02, "cooldown": 2, "min_lr": 1e-5},
            {"factor": 0.3, "patience": 2, "min_delta": 1e-4, "cooldown": 1, "min_lr": 0.0},
        ):
            rates = plateau(monitor, mode, values, 1e-3, **options)
            cases["plateau"].append({"monitor": monitor, "values": values, "rate": 1e-3, **options, "rates": rates})
    for rate, steps, warmup, minimum in ((1e-3, 12, 0, 0.0), (1e-3, 12, 4, 0.0), (2e-4, 9, 3, 5e-5), (1e-3, 5, 1, 1e-3)):
        case = {"rate": rate, "steps": steps, "warmup_steps": warmup, "minimum": minimum}
        cases["cosine"].append({**case, "rates": cosine(rate, steps, warmup, minimum)})
    print(json.dumps(cases, indent=1))


if __name__ == "__main__":
    main()
