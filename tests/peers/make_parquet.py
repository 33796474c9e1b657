"""Makes tests/fixtures/parquet/: small tables as pyarrow writes them, for tests/cpu/table/parquet.rs.

    python3 tests/peers/make_parquet.py

Needs pyarrow. Every file but those in folders has the same rows, in another encoding, compression or type.
"""

import json
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

OUT = pathlib.Path(__file__).parent.parent / "fixtures" / "parquet"
TEXTS = ["a good film", "bad, \"very\"\nbad", "café 映画", None, "good", ""]
LABELS = [1, 0, 1, 1, None, 0]


def table(text_type=pa.string(), label_type=pa.int64(), labels=LABELS):
    return pa.table({"id": pa.array(range(6)), "text": pa.array(TEXTS, text_type), "label": pa.array(labels, label_type)})


def hugging_face(texts, labels, names):
    described = {"info": {"features": {
        "text": {"dtype": "string", "_type": "Value"},
        "label": {"names": names, "_type": "ClassLabel"},
    }}}
    columns = {"text": pa.array(texts), "label": pa.array(labels, pa.int64())}
    return pa.table(columns).replace_schema_metadata({"huggingface": json.dumps(described)})


def write(name, rows, **options):
    path = OUT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, path, **options)


for compression in ["none", "snappy", "gzip", "zstd", "lz4"]:
    write(f"{compression}.parquet", table(), compression=compression)
write("brotli.parquet", table(), compression="brotli")
write("plain.parquet", table(), use_dictionary=False)
write("delta.parquet", table(), use_dictionary=False,
      column_encoding={"text": "DELTA_BYTE_ARRAY", "label": "DELTA_BINARY_PACKED", "id": "PLAIN"})
write("delta_length.parquet", table(), use_dictionary=False,
      column_encoding={"text": "DELTA_LENGTH_BYTE_ARRAY", "label": "PLAIN", "id": "PLAIN"})
write("pages2.parquet", table(), data_page_version="2.0", compression="zstd")
write("groups.parquet", table(), row_group_size=2)
write("large.parquet", table(pa.large_string(), pa.int8()))
write("binary.parquet", table(pa.binary(), pa.int32()))
write("unsigned.parquet", table(label_type=pa.uint8()))
write("double.parquet", table(label_type=pa.float64()))
write("bool.parquet", table(label_type=pa.bool_(), labels=[True, False, True, True, None, False]))
write("words.parquet", table(label_type=pa.string(), labels=["pos", "neg", "pos", "pos", None, "neg"]))
category = pa.array(["pos", "neg", "pos", "pos", None, "neg"]).dictionary_encode()
write("category.parquet", pa.table({"text": pa.array(TEXTS), "label": category}))

NEWS = ["World", "Sports", "Business", "Sci/Tech"]
write("ag_news/data/train-00000-of-00002.parquet", hugging_face(["a", "b", "c"], [2, 0, 3], NEWS))
write("ag_news/data/train-00001-of-00002.parquet", hugging_face(["d", "e"], [1, 0], NEWS))
write("ag_news/data/test-00000-of-00001.parquet", hugging_face(["f", "g"], [3, 2], NEWS))
write("imdb/plain_text/train-00000-of-00001.parquet", hugging_face(["a", "b"], [1, 0], ["neg", "pos"]))
write("imdb/plain_text/test-00000-of-00001.parquet", hugging_face(["c"], [1], ["neg", "pos"]))
write("imdb/plain_text/unsupervised-00000-of-00001.parquet", hugging_face(["x"], [-1], ["neg", "pos"]))
sst2 = ["negative", "positive"]
write("sst2/train-00000-of-00001.parquet", hugging_face(["a", "b"], [1, 0], sst2))
write("sst2/validation-00000-of-00001.parquet", hugging_face(["c"], [0], sst2))
write("sst2/test-00000-of-00001.parquet", hugging_face(["d", "e"], [-1, -1], sst2))
