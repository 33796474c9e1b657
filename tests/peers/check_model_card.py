"""huggingface_hub reads the model card of a run, and finds its accuracy and its names in it.

    pip install huggingface_hub
    python3 tests/peers/check_model_card.py RUN...

RUN is the folder of a run that `gatefold train` wrote.
"""

import json
import sys
from pathlib import Path

from huggingface_hub import ModelCard


def check(run: Path) -> None:
    card = ModelCard.load(run / "README.md")
    data = card.data.to_dict()
    assert data["library_name"] == "gatefold", data
    assert data["pipeline_tag"] == "text-classification", data
    history = json.loads((run / "history.json").read_text())
    results = {result.metric_type: result for result in card.data.eval_results}
    accuracy = results["accuracy"].metric_value
    accuracies = history["history"]["val_accuracy"]
    assert accuracy in accuracies, (accuracy, accuracies)
    assert isinstance(results["loss"].metric_value, float)
    assert card.data.model_name == history["variant"], card.data.model_name
    # It comes back as it was: nothing in the front matter is lost on the parser.
    again = ModelCard(str(card))
    assert again.data.to_dict() == data
    result = results["accuracy"]
    print(f"{run}: {card.data.model_name}, accuracy {accuracy} on {result.dataset_name!r} ({result.dataset_split})")


for argument in sys.argv[1:] or sys.exit(__doc__):
    check(Path(argument))
