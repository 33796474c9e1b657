"""The experiment's models in PyTorch, on the processor. See turns.py."""

import torch
from torch import nn

import turns


class Classifier(nn.Module):
    def __init__(self, name, vocabulary):
        super().__init__()
        both = name != "baseline"
        self.embedding = nn.Embedding(vocabulary, 64)
        self.recurrent = nn.ModuleList([nn.LSTM(64, 64, batch_first=True, bidirectional=both)])
        if name == "dropout":
            self.recurrent.append(nn.LSTM(128, 32, batch_first=True, bidirectional=True))
        width = {"baseline": 64, "bidirectional": 128, "dropout": 64}[name]
        self.hidden = nn.Linear(width, 64)
        self.dropout = nn.Dropout(0.5 if name == "dropout" else 0.0)
        self.output = nn.Linear(64, 1)

    def forward(self, ids):
        sequence = self.embedding(ids)
        for layer in self.recurrent:
            sequence, (last, _) = layer(sequence)
        state = torch.cat(list(last), 1)
        return self.output(self.dropout(torch.relu(self.hidden(state))))[:, 0]


class Attentive(nn.Module):
    """The model of attention.toml."""

    def __init__(self, vocabulary):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 64)
        self.recurrent = nn.GRU(64, 128, batch_first=True, bidirectional=True)
        self.projection = nn.Linear(256, 64)
        self.context = nn.Linear(64, 1, bias=False)
        self.output = nn.Linear(256, 1)

    def forward(self, ids):
        sequence, _ = self.recurrent(self.embedding(ids))
        weights = torch.softmax(self.context(torch.tanh(self.projection(sequence))), 1)
        return self.output((weights * sequence).sum(1))[:, 0]


def main():
    arguments = turns.options(flush="take numbers that are not normal for 0, as gatefold's native kernels do")
    torch.manual_seed(0)
    if arguments.flush and not torch.set_flush_denormal(True):
        raise SystemExit("--flush: PyTorch cannot do that on this processor")
    attentive = arguments.model == "attention"
    model = Attentive(arguments.vocabulary) if attentive else Classifier(arguments.model, arguments.vocabulary)
    adam = torch.optim.Adam(model.parameters(), lr=1e-4, eps=1e-7)
    loss = nn.BCEWithLogitsLoss()

    def step(ids, labels):
        ids = torch.from_numpy(ids)
        if arguments.inference:
            model.eval()
            with torch.inference_mode():
                torch.sigmoid(model(ids)).numpy()
            return
        adam.zero_grad()
        value = loss(model(ids), torch.from_numpy(labels).float())
        value.backward()
        adam.step()
        value.item()

    flushing = ", flushing to 0" if arguments.flush else ""
    turns.serve(arguments, f"PyTorch {torch.__version__}{flushing}", step)


main()
