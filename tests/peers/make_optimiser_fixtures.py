"""Makes tests/peers/optimisers.json: weights after steps of Keras's optimisers, for tests/cpu/reference/optimisers.rs.

    pip install -r tests/peers/requirements.txt
    python tests/peers/make_optimiser_fixtures.py > tests/peers/optimisers.json

Any backend does that computes with float64; jax does with JAX_ENABLE_X64=1. Adam is not among them, for its bias
correction depends on the backend in the sixth digit: make_fixtures.py has its steps, by TensorFlow.
"""

import json

import keras

keras.config.set_floatx("float64")

WEIGHTS = [0.5, -1.25, 0.0, 2.0]
# A row a step: signs that change, a number that is always 0, one of which the last is far larger.
GRADIENTS = [
    [0.1, -2.0, 0.0, 1e-3],
    [-0.3, -1.5, 0.0, 2e-3],
    [0.2, 0.0, 0.0, -1e-3],
    [0.05, 4.0, 0.0, 30.0],
    [-0.7, 0.25, 0.0, 0.0],
]

OPTIMISERS = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.5, "nesterov": True, "weight_decay": 0.25}),
    ("RMSprop", {}),
    ("RMSprop", {"learning_rate": 0.02, "rho": 0.7, "momentum": 0.6, "epsilon": 1e-4}),
    ("RMSprop", {"momentum": 0.9, "weight_decay": 2.0}),
]


def steps(name: str, options: dict) -> dict:
    optimiser = getattr(keras.optimizers, name)(**options)
    variable = keras.Variable(WEIGHTS, dtype="float64")
    optimiser.build([variable])
    weights = []
    for gradient in GRADIENTS:
        optimiser.apply([keras.ops.convert_to_tensor(gradient, dtype="float64")], [variable])
        weights.append([float(w) for w in keras.ops.convert_to_numpy(variable)])
    config = optimiser.get_config()
    kept = ["momentum", "nesterov", "rho", "epsilon", "weight_decay"]
    settings = {key: config[key] for key in kept if key in config}
    rate = float(keras.ops.convert_to_numpy(optimiser.learning_rate))
    return {"optimiser": name, "learning_rate": rate, **settings, "weights": weights}


print(
    json.dumps(
        {
            "keras": keras.__version__,
            "start": WEIGHTS,
            "gradients": GRADIENTS,
            "runs": [steps(name, options) for name, options in OPTIMISERS],
        },
        indent=1,
    )
)
