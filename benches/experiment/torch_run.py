"""Trains a model of the experiment in PyTorch from the values, on the ids and in the order of a run of gatefold, with
Keras's Adam. What differs is one thing, by choice: what Adam squares where a token occurs several times in a batch.

    python benches/experiment/torch_run.py baseline run.safetensors --squares sum
    python benches/experiment/torch_run.py baseline run.safetensors --squares occurrences

`sum`: the token's gradient, as Keras on JAX and PyTorch, and gatefold, do. `occurrences`: each occurrence's gradient alone,
added up, as Keras 3 on TensorFlow does, which keeps the embedding's gradient as slices.
"""

import numpy as np
import torch
from torch import nn

from exported_run import ExportedRun, options, train

RATE, BETA_1, BETA_2, EPSILON = 1e-4, 0.9, 0.999, 1e-7


class Classifier(nn.Module):
    def __init__(self, name, initial):
        super().__init__()
        values = iter(torch.from_numpy(value) for value in initial)
        self.embedding = nn.Parameter(next(values))
        both = name != "baseline"
        widths = [(64, 64), (128, 32)] if name == "dropout" else [(64, 64)]
        self.recurrent = nn.ModuleList(nn.LSTM(*width, batch_first=True, bidirectional=both) for width in widths)
        for layer in self.recurrent:
            for suffix in ["", "_reverse"] if both else [""]:
                getattr(layer, f"weight_ih_l0{suffix}").data = next(values).T.contiguous()
                getattr(layer, f"weight_hh_l0{suffix}").data = next(values).T.contiguous()
                getattr(layer, f"bias_ih_l0{suffix}").data = next(values)
                # PyTorch has two biases, Keras one.
                getattr(layer, f"bias_hh_l0{suffix}").data.zero_()
                getattr(layer, f"bias_hh_l0{suffix}").requires_grad = False
        self.kernel_1, self.bias_1, self.kernel_2, self.bias_2 = (nn.Parameter(value) for value in values)
        self.dropout = nn.Dropout(0.5 if name == "dropout" else 0.0)

    def forward(self, embedded):
        sequence = embedded
        for layer in self.recurrent:
            sequence, (last, _) = layer(sequence)
        hidden = torch.relu(torch.cat(list(last), 1) @ self.kernel_1 + self.bias_1)
        return (self.dropout(hidden) @ self.kernel_2 + self.bias_2)[:, 0]


class Adam:
    """Keras's: epsilon is added to a root that is not corrected."""

    def __init__(self, parameters):
        self.states = {parameter: (torch.zeros_like(parameter), torch.zeros_like(parameter)) for parameter in parameters}
        self.steps = 0

    def step(self, gradients):
        """`gradients`: by parameter, the gradient and its square as Adam shall have it."""
        self.steps += 1
        rate = RATE * np.sqrt(1 - BETA_2**self.steps) / (1 - BETA_1**self.steps)
        for parameter, (gradient, square) in gradients.items():
            mean, variance = self.states[parameter]
            mean += (gradient - mean) * (1 - BETA_1)
            variance += (square - variance) * (1 - BETA_2)
            parameter.data -= mean * rate / (variance.sqrt() + EPSILON)


def main():
    arguments = options(squares={"choices": ["sum", "occurrences"], "required": True})
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    run = ExportedRun(arguments.run)
    model = Classifier(arguments.model, run.initial())
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    others = [parameter for parameter in trained if parameter is not model.embedding]
    adam = Adam(trained)
    loss = nn.BCEWithLogitsLoss()

    def means(logits, labels):
        labels = torch.from_numpy(labels)
        return loss(logits, labels), ((logits > 0) == (labels > 0.5)).float().mean()

    def step(ids, labels):
        model.train()
        tokens = torch.from_numpy(ids).long()
        embedded = model.embedding.data[tokens].requires_grad_()
        value, accuracy = means(model(embedded), labels)
        of_occurrences, *rest = torch.autograd.grad(value, [embedded, *others])
        flat = of_occurrences.reshape(-1, of_occurrences.shape[-1])
        added = lambda slices: torch.zeros_like(model.embedding).index_add_(0, tokens.flatten(), slices)
        gradient = added(flat)
        square = gradient**2 if arguments.squares == "sum" else added(flat**2)
        adam.step({model.embedding: (gradient, square)} | {p: (g, g**2) for p, g in zip(others, rest)})
        return value.item(), accuracy.item()

    def evaluate(ids, labels):
        model.eval()
        with torch.inference_mode():
            value, accuracy = means(model(model.embedding[torch.from_numpy(ids).long()]), labels)
        return value.item(), accuracy.item()

    train(run, arguments.steps, step, evaluate)


main()
