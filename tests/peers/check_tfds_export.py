"""Checks that tensorflow-datasets reads what `gatefold data export` writes.

    pip install -r tests/peers/requirements.txt
    gatefold data export --data DATA --format tfds --output OUT
    gatefold data export --data DATA --format jsonl --ids --output OUT.jsonl
    python tests/peers/check_tfds_export.py OUT OUT.jsonl

The reviews that TFDS reads from OUT must be those of OUT.jsonl, id for id, in the same order, and their
vocabulary must be one that TFDS's own encoder loads. Exits with 1 and says where, if not.
"""

import json
import pathlib
import sys

import tensorflow_datasets as tfds


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    data_dir, table = map(pathlib.Path, sys.argv[1:])
    (info,) = data_dir.glob("*/*/*/dataset_info.json")
    folder = info.parent
    builder = tfds.builder_from_directory(folder)
    print(builder.info)
    encoder = tfds.deprecated.text.SubwordTextEncoder.load_from_file(str(folder / "text.text"))

    expected = {"train": [], "test": []}
    with table.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            expected[row["split"]].append((row["ids"], row["label"]))
    assert builder.info.features["label"].names == ["neg", "pos"]
    for split, reviews in expected.items():
        assert builder.info.splits[split].num_examples == len(reviews), split
        # Without shuffling, and shards one after another, records come in the order of the files.
        config = tfds.ReadConfig(interleave_cycle_length=1)
        dataset = builder.as_dataset(split=split, read_config=config, as_supervised=True)
        count = 0
        for (ids, label), row in zip(tfds.as_numpy(dataset), reviews, strict=True):
            assert (ids.tolist(), int(label)) == row, f"{split} {count}"
            assert not row[0] or max(row[0]) < encoder.vocab_size, f"{split} {count}"
            count += 1
        print(f"{split}: {count} reviews are the same; the first begins {encoder.decode(reviews[0][0])[:60]!r}")
    # A data_dir is also found by the name of the data set.
    name = "/".join(folder.relative_to(data_dir).parts[:2])
    assert tfds.load(name, data_dir=str(data_dir), split="train", download=False).cardinality() == len(expected["train"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
