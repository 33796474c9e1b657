"""Times gatefold and its peers in turns, and prints medians and ratios. See README.md beside this file."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import turns

HERE = pathlib.Path(__file__).parent

PEERS = {
    "keras": ["peer_keras.py"],
    "keras-jit": ["peer_keras.py", "--jit"],
    "torch": ["peer_torch.py"],
    "torch-flush": ["peer_torch.py", "--flush"],
}

# Training reviews that peers read: more than any run draws from.
REVIEWS = 5000


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gatefold", default="target/release/gatefold", help="the program")
    parser.add_argument("--model", choices=turns.MODELS, default="bidirectional")
    parser.add_argument("--length", type=int, default=864)
    parser.add_argument("--batch-size", type=int, default=10)
    parser.add_argument("--inference", action="store_true")
    parser.add_argument("--data", help="real reviews instead of random ids: what gatefold's --data takes")
    parser.add_argument("--vocab", help="their vocabulary, if it does not lie beside them")
    parser.add_argument("--peers", default="keras,keras-jit,torch", help="which, separated by commas")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--steps", type=int, default=5, help="of each in a round")
    parser.add_argument("--adapter", help="gatefold's --adapter, or several separated by commas: cpu,llvmpipe")
    parser.add_argument("--output", help="write all times here, as JSON")
    arguments = parser.parse_args()
    if arguments.model == "attention" and "keras" in arguments.peers:
        parser.error("--model attention: peers have it in PyTorch alone; give --peers torch")
    unknown = [name for name in arguments.peers.split(",") if name not in PEERS]
    if unknown:
        parser.error(f"--peers: {', '.join(unknown)} is none of {', '.join(PEERS)}")
    return arguments


# PyTorch frees and maps its tensors anew in every step unless glibc is told to keep the memory.
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": "4294967296", "MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TOP_PAD_": "268435456"}


class Peer:
    """A peer's process, which may keep the memory that it once had."""

    def __init__(self, name, arguments, reviews):
        script, *flags = PEERS[name]
        command = [sys.executable, HERE / script, *flags, "--model", arguments.model]
        command += ["--length", str(arguments.length), "--batch-size", str(arguments.batch_size)]
        command += ["--inference"] if arguments.inference else []
        command += ["--reviews", reviews] if reviews else []
        environment = os.environ | KEEP_MEMORY
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.name = self.answer()["library"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args[1]} ended with exit code {self.process.wait()}")
        return json.loads(line)

    def turn(self, steps):
        print(steps, file=self.process.stdin, flush=True)
        times = self.answer()
        rate = 1e3 * sum(times["timesteps"]) / sum(times["ms"])
        ms = statistics.median(times["ms"])
        return {"ms": ms, "timesteps_a_second": rate, "memory_mb": times["memory_mb"]}

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Gatefold:
    """gatefold on one adapter, started anew each turn."""

    def __init__(self, arguments, adapter):
        model = ["--config", HERE / "attention.toml"] if arguments.model == "attention" else [arguments.model]
        self.command = [arguments.gatefold, "bench", *model, "--json"]
        self.command += ["--batch-size", str(arguments.batch_size)]
        self.command += ["--inference"] if arguments.inference else []
        self.command += ["--adapter", adapter] if adapter else []
        self.command += data_options(arguments) if arguments.data else ["--length", str(arguments.length)]
        report = self.report(1)
        self.name = f"gatefold {report['gatefold']} on {report['adapter']['name']}"

    def report(self, steps):
        answer = subprocess.run([*self.command, "--steps", str(steps)], stdout=subprocess.PIPE, check=True)
        return json.loads(answer.stdout)

    def turn(self, steps):
        report = self.report(steps)
        return {
            "ms": report["step_ms"]["median"],
            "timesteps_a_second": report["timesteps_a_second"]["median"],
            "memory_mb": report["peak_memory_mb"],
        }

    def close(self):
        pass


def data_options(arguments):
    return ["--data", arguments.data] + (["--vocab", arguments.vocab] if arguments.vocab else [])


def export(arguments, folder):
    """The reviews' ids, for the peers."""
    file = pathlib.Path(folder) / "reviews.jsonl"
    command = [arguments.gatefold, "data", "export", "--format", "jsonl", "--ids", "--output", file]
    command += ["--limit-train", str(REVIEWS), "--limit-test", "2", *data_options(arguments)]
    subprocess.run(command, check=True)
    return file


def table(results, arguments):
    """Markdown: the median of the rounds, between which they lie, memory, and gatefold's rate by each peer's."""
    unit = "timesteps_a_second" if arguments.data else "ms"
    ours = statistics.median(results[0]["rounds"][n][unit] for n in range(arguments.rounds))
    heading = "padded timesteps a second" if arguments.data else "ms a step"
    lines = [f"| | {heading}, median of {arguments.rounds} rounds | from – to | MiB at most | the first is |"]
    lines.append("|---|---|---|---|---|")
    for result in results:
        values = sorted(round_[unit] for round_ in result["rounds"])
        median = statistics.median(values)
        faster = ours / median if arguments.data else median / ours
        result["median"], result["gatefold_is_faster_by"] = median, faster
        places = 0 if arguments.data else 1
        spread = f"{values[0]:,.{places}f} – {values[-1]:,.{places}f}"
        held = [round_["memory_mb"] for round_ in result["rounds"]]
        memory = "–" if None in held else f"{max(held):,.0f}"
        ratio = "" if result is results[0] else f"{faster:.2f} times as fast"
        lines.append(f"| {result['name']} | {median:,.{places}f} | {spread} | {memory} | {ratio} |")
    return "\n".join(lines)


def main():
    arguments = options()
    with tempfile.TemporaryDirectory() as folder:
        reviews = export(arguments, folder) if arguments.data else None
        names = [name for name in arguments.peers.split(",") if not (arguments.data and name == "keras-jit")]
        adapters = (arguments.adapter or "").split(",")
        everyone = [Gatefold(arguments, adapter) for adapter in adapters]
        everyone += [Peer(name, arguments, reviews) for name in names]
        results = [{"name": one.name, "rounds": []} for one in everyone]
        for _ in range(arguments.rounds):
            for one, result in zip(everyone, results):
                result["rounds"].append(one.turn(arguments.steps))
        for one in everyone:
            one.close()
    what = "inference" if arguments.inference else "training"
    of = "real reviews" if arguments.data else f"{arguments.length} random ids"
    print(f"{arguments.model}, {what}, batch of {arguments.batch_size} × {of}\n")
    print(table(results, arguments))
    if arguments.output:
        about = {key: value for key, value in vars(arguments).items() if key not in ("gatefold", "data", "vocab", "output")}
        content = {"about": about | {"real": bool(arguments.data)}, "results": results}
        pathlib.Path(arguments.output).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


main()
