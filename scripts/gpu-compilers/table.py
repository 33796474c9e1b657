#!/usr/bin/env python3
"""table.py FOLDER: what the compilers said of each kernel, a line each, from what compare.sh left in FOLDER."""

import json
import pathlib
import sys

# How often a compiler supposes that a loop runs, and what it calls its estimate.
LOOPS = {"amd": (8, "Latency"), "intel": (10, "Cycles"), "nvidia": (10, "Static cycle count")}


def statistics(path):
    """Statistics by kernel, as `pipelines` printed them."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {row["file"]: (row["statistics"], row["lanes"]) for row in map(json.loads, lines)}


def registers(vendor, s):
    if vendor == "amd":
        return s["VGPRs"], s["Spilled VGPRs"]
    if vendor == "intel":
        return s["Max live registers"], s["Spills"] + s["Fills"]
    return s["Number of GPRs"], s["Spills to memory"] + s["Fills from memory"]


def main(folder):
    print(f"{'chip':16}{'kernel':52}{'lanes':>6}{'registers':>10}{'spills':>8}{'cycles':>8}")
    for looped in sorted(folder.glob("*.loop.jsonl")):
        chip = looped.name.removesuffix(".loop.jsonl")
        vendor = chip.split("-")[0]
        times, estimate = LOOPS[vendor]
        once = statistics(folder / f"{chip}.once.jsonl")
        for kernel, (s, lanes) in sorted(statistics(looped).items()):
            cycles = (s[estimate] - once[kernel][0][estimate]) / (times - 1) if kernel in once else float("nan")
            used, spilled = registers(vendor, s)
            print(f"{chip:16}{kernel:52}{lanes:6}{used:10}{spilled:8}{cycles:8.0f}")
    for log in sorted(folder.glob("ptxas-*.txt")):
        print(log.read_text(), end="")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
