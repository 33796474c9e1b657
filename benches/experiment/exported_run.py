"""A run of gatefold for another program to repeat: what examples/run_as_tensors.rs wrote."""

import argparse

import numpy as np
from safetensors.numpy import load_file

BATCH_SIZE = 10
VALIDATION_BATCHES = 30
EPOCHS = 5


class ExportedRun:
    def __init__(self, path):
        self.tensors = load_file(path)

    def initial(self):
        """The values that training starts from, in the order of the model's parameters."""
        names = sorted(name for name in self.tensors if name.startswith("initial."))
        return [self.tensors[name] for name in names]

    def batches(self, part, order, side="after"):
        """Batches of the reviews `order` of one part: ids [B, T], padded to the longest, and labels [B]."""
        ids, starts, labels = (self.tensors[f"{part}.{name}"] for name in ("ids", "starts", "labels"))
        for first in range(0, len(order), BATCH_SIZE):
            rows = order[first:first + BATCH_SIZE]
            texts = [ids[starts[row]:starts[row + 1]] for row in rows]
            padded = np.zeros((len(rows), max(map(len, texts))), np.int32)
            for line, text in zip(padded, texts):
                if side == "after":
                    line[:len(text)] = text
                else:
                    line[-len(text):] = text
            yield padded, labels[rows].astype(np.float32)

    def training(self, epoch):
        return self.batches("train", self.tensors[f"order.{epoch}"])

    def validation(self, epoch):
        return self.batches("test", self.tensors[f"validation.{epoch}"][:BATCH_SIZE * VALIDATION_BATCHES])

    def test(self):
        """All test reviews as they stand, which is how `gatefold evaluate` cuts them into batches."""
        return self.batches("test", np.arange(len(self.tensors["test.labels"])))


class Means:
    """Loss and accuracy over the reviews so far."""

    def __init__(self):
        self.reviews = self.loss = self.right = 0

    def add(self, loss, accuracy, reviews):
        """A batch's own means, and how many reviews it has."""
        self.reviews += reviews
        self.loss += float(loss) * reviews
        self.right += float(accuracy) * reviews

    def __str__(self):
        return f"{self.loss / self.reviews:.4f},{self.right / self.reviews:.4f}"


def options(**own):
    parser = argparse.ArgumentParser()
    parser.add_argument("model", choices=["baseline", "dropout", "bidirectional"])
    parser.add_argument("run", help="what the example run_as_tensors wrote")
    parser.add_argument("--steps", type=int, help="stop after so many steps and print each one's loss")
    for name, settings in own.items():
        parser.add_argument(f"--{name}", **settings)
    return parser.parse_args()


def train(run, steps, step, evaluate):
    """Trains, and prints a line of CSV an epoch. `step` and `evaluate` give a batch's loss and accuracy."""
    if steps:
        for number, (ids, labels) in zip(range(steps), run.training(1)):
            print(number + 1, f"{float(step(ids, labels)[0]):.6f}", flush=True)
        return

    def means(function, batches):
        sums = Means()
        for ids, labels in batches:
            sums.add(*function(ids, labels), len(labels))
        return sums

    print("epoch,training_loss,training_accuracy,validation_loss,validation_accuracy", flush=True)
    for epoch in range(1, EPOCHS + 1):
        training = means(step, run.training(epoch))
        print(f"{epoch},{training},{means(evaluate, run.validation(epoch))}", flush=True)
    print(f"test,,,{means(evaluate, run.test())}", flush=True)
