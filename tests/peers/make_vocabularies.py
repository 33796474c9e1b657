"""Makes the fixtures of tests/fixtures/vocabularies/: ids and vocabularies of Keras and of Hugging Face.

    pip install -r tests/peers/requirements.txt
    python tests/peers/make_vocabularies.py [keras|keras_ngrams|tokenizers]...

Without a name it makes all. keras.json has what TextVectorization makes of a few texts, adapted, for every standardisation
and split that gatefold reads; keras_ngrams.json has the same for n-grams; bpe.json, wordpiece.json and unigram.json are tokenizers trained on the same texts, and tokenizers.json has what
they make of some.
"""

import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

FOLDER = pathlib.Path(__file__).parent.parent / "fixtures" / "vocabularies"

# Case, punctuation, accents, white space that is none to TensorFlow, Korean, Chinese, [UNK] in so many words.
TEXTS = [
    "A good, GOOD film! It's not bad.",
    "the film was bad -- bad, bad, BAD",
    "Été à Paris: un très bon film",
    "tab\tand\x0bvertical\u00a0no-break\u3000wide  two\nlines\r\n",
    "이 영화는 정말 좋았다. 정말!",
    "这部电影很好 这部电影很好",
    "[UNK] is no word, nor is unk_ed <br /> a~b`c^d",
    "a film a film the the it it",
    "",
]
UNSEEN = ["an unseen FILM was GOOD", "!!!", "정말 나쁘다", "good\u00a0film", "a emoji 😀 film", "[UNK] good"]


def keras_case(split, standardize, size, ngrams=None):
    layer = keras.layers.TextVectorization(max_tokens=size, standardize=standardize, split=split, ngrams=ngrams)
    layer.adapt(TEXTS)
    ids = [[int(i) for i in layer([text]).numpy()[0] if i] for text in TEXTS + UNSEEN]
    words = layer.get_vocabulary()
    # What a user who wants to bring a layer's vocabulary writes.
    copy = keras.layers.TextVectorization(standardize=standardize, split=split, ngrams=ngrams, vocabulary=words)
    again = [[int(i) for i in copy([text]).numpy()[0] if i] for text in TEXTS + UNSEEN]
    assert again == ids
    case = {
        "split": split,
        "standardize": standardize or "none",
        "target_size": size,
        "vocabulary": words,
        "ids": ids,
        "layer": keras.layers.serialize(copy),
    }
    if ngrams is not None:
        case["ngrams"] = ngrams
    return case


def keras_cases():
    cases = [
        keras_case(split, standardize, size)
        for split in ["whitespace", "character"]
        for standardize in [None, "lower", "strip_punctuation", "lower_and_strip_punctuation"]
        for size in [12, 1000]
    ]
    return {"texts": TEXTS, "unseen": UNSEEN, "cases": cases}


def ngram_cases():
    cases = [
        keras_case(split, standardize, size, ngrams)
        for split, standardize, lengths in [
            ("whitespace", "lower_and_strip_punctuation", [1, 2, 3, (2,), (1, 3), (3, 1)]),
            ("whitespace", None, [2]),
            ("character", None, [2, (2, 3)]),
        ]
        for ngrams in lengths
        for size in [12, 1000]
    ]
    return {"texts": TEXTS, "unseen": UNSEEN, "cases": cases}


def bpe():
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer, trainers.BpeTrainer(
        vocab_size=320, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)


def wordpiece():
    tokenizer = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer, trainers.WordPieceTrainer(
        vocab_size=140, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"], show_progress=False)


def unigram():
    tokenizer = tokenizers.Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer, trainers.UnigramTrainer(
        vocab_size=90, special_tokens=["<unk>", "<pad>"], unk_token="<unk>", show_progress=False)


def tokenizer_cases():
    cases = {}
    for name, make in [("bpe", bpe), ("wordpiece", wordpiece), ("unigram", unigram)]:
        tokenizer, trainer = make()
        tokenizer.train_from_iterator(TEXTS, trainer)
        if name == "wordpiece":
            tokenizer.post_processor = processors.BertProcessing(
                ("[SEP]", tokenizer.token_to_id("[SEP]")), ("[CLS]", tokenizer.token_to_id("[CLS]")))
        encoded = [tokenizer.encode(text).ids for text in TEXTS + UNSEEN]
        cases[name] = {
            "size": tokenizer.get_vocab_size(),
            "ids": encoded,
            "decoded": [tokenizer.decode(ids) for ids in encoded],
        }
        if name == "wordpiece":
            # What gatefold leaves to the run: they change no id.
            tokenizer.enable_truncation(5)
            tokenizer.enable_padding(length=7)
        tokenizer.save(str(FOLDER / f"{name}.json"), pretty=False)
    return {"texts": TEXTS + UNSEEN, "cases": cases}


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    makers = {"keras": keras_cases, "keras_ngrams": ngram_cases, "tokenizers": tokenizer_cases}
    for name in sys.argv[1:] or makers:
        text = json.dumps(makers[name](), ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")
