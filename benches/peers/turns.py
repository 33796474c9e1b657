"""What the peers share: their options, batches of random ids or of real reviews, and steps whenever they are asked for.

A peer says {"library": …} in a line once it is warm. Then it answers each line, a number of steps, with a line
{"ms": […], "timesteps": […], "memory_mb": …}: how long each step took, how many positions its batch had, padding
included, and the most memory that the process has held, in MiB. It ends with its standard input.
"""

import argparse
import json
import sys
import time

import numpy as np

try:
    import resource
except ImportError:  # on Windows
    resource = None

# The experiment's, and attention.toml.
MODELS = ["baseline", "dropout", "bidirectional", "attention"]

# Steps before those that count.
WARM_UP = 3

# Places in the shuffle buffer.
BUFFER = 1000


def options(**flags):
    """The options of a peer; `flags` are further ones with their help."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", choices=MODELS, required=True)
    parser.add_argument("--length", type=int, default=864)
    parser.add_argument("--batch-size", type=int, default=10)
    parser.add_argument("--vocabulary", type=int, default=8185)
    parser.add_argument("--inference", action="store_true")
    parser.add_argument("--reviews", help="JSON Lines of ids, label and split, as `gatefold data export --ids` writes them")
    for flag, text in flags.items():
        parser.add_argument(f"--{flag}", action="store_true", help=text)
    return parser.parse_args()


def random_batches(length, size, vocabulary):
    """The same random batch for ever: ids [B, T], labels [B]."""
    random = np.random.default_rng(length)
    batch = random.integers(0, vocabulary, (size, length)), random.integers(0, 2, size)
    while True:
        yield batch


def real_batches(path, size):
    """Reviews through a shuffle buffer, padded with zeros to the longest of their batch; anew when they end."""
    with open(path, encoding="utf-8") as lines:
        reviews = [json.loads(line) for line in lines]
    reviews = [(review["ids"], review["label"]) for review in reviews if review["split"] == "train"]
    random = np.random.default_rng(0)
    while True:
        order = shuffled(len(reviews), random)
        for first in range(0, len(order) - size + 1, size):
            rows = [reviews[index] for index in order[first : first + size]]
            ids = np.zeros((size, max(len(ids) for ids, _ in rows)), np.int64)
            for row, (content, _) in zip(ids, rows):
                row[: len(content)] = content
            yield ids, np.array([label for _, label in rows])


def shuffled(count, random):
    """Each index once: a place of the buffer is drawn, given out, and filled with the next index."""
    buffer = list(range(min(BUFFER, count)))
    order, following = [], len(buffer)
    while buffer:
        place = random.integers(len(buffer))
        order.append(buffer[place])
        if following < count:
            buffer[place] = following
            following += 1
        else:
            buffer.pop(place)
    return order


def serve(arguments, library, step):
    """Answers turns with `step(ids, labels)`, which returns when its result is there."""
    if arguments.reviews:
        batches = real_batches(arguments.reviews, arguments.batch_size)
    else:
        batches = random_batches(arguments.length, arguments.batch_size, arguments.vocabulary)
    for _ in range(WARM_UP):
        step(*next(batches))
    print(json.dumps({"library": library}), flush=True)
    for line in sys.stdin:
        milliseconds, timesteps = [], []
        for _ in range(int(line)):
            ids, labels = next(batches)
            start = time.perf_counter()
            step(ids, labels)
            milliseconds.append(1e3 * (time.perf_counter() - start))
            timesteps.append(ids.size)
        answer = {"ms": milliseconds, "timesteps": timesteps, "memory_mb": peak_memory()}
        print(json.dumps(answer), flush=True)


def peak_memory():
    """The most memory that this process has held, in MiB; none where the system does not tell."""
    if resource is None:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)
