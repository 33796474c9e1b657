"""Checks that TensorBoard reads what `gatefold train --tensorboard` writes.

    pip install -r tests/peers/requirements.txt
    gatefold train dropout --tensorboard --gradient-norms --out RUN
    python tests/peers/check_tensorboard.py RUN

Every scalar of RUN's history must be what TensorBoard's own reader finds, under the tags and steps of Keras's
callback, and nothing else. Exits with 1 and says where, if not.
"""

import json
import pathlib
import struct
import sys

from tensorboard.backend.event_processing import event_accumulator, event_multiplexer


def single(value: float) -> float:
    """The value with the 32 bits that an event has."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    run = pathlib.Path(sys.argv[1])
    history = json.loads((run / "history.json").read_text(encoding="utf-8"))["history"]
    expected = {"train": {}, "validation": {}}
    for name, values in history.items():
        part = "validation" if name.startswith("val_") else "train"
        expected[part]["epoch_" + name.removeprefix("val_")] = list(enumerate(map(single, values)))

    # As `tensorboard --logdir` looks for runs.
    found = event_multiplexer.EventMultiplexer().AddRunsFromDirectory(str(run / "tensorboard")).Reload()
    assert sorted(found.Runs()) == ["train", "validation"], found.Runs()
    for part, scalars in expected.items():
        tags = found.Runs()[part][event_accumulator.TENSORS] + found.Runs()[part][event_accumulator.SCALARS]
        assert sorted(tags) == sorted(scalars), (part, tags)
        events = event_accumulator.EventAccumulator(str(run / "tensorboard" / part))
        events.Reload()
        assert events.file_version == 2.0, events.file_version
        for tag, points in scalars.items():
            read = [(event.step, event.value) for event in events.Scalars(tag)]
            assert read == points, (part, tag, read, points)
            print(f"{part:10} {tag:24} {len(read)} points")
    return 0


if __name__ == "__main__":
    sys.exit(main())
