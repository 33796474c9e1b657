#!/usr/bin/env python3
"""table.py FOLDER: what the compilers said of each kernel, a line each, from what compare.sh left in FOLDER."""

import json
import pathlib
import re
import sys

# How often a compiler supposes that a loop runs, and what it calls its estimate. Apple's driver has none.
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
    if vendor == "apple":  # counts registers of 16 bits
        return (s["GPRs"] + 1) // 2, s["Spills"] + s["Fills"]
    return s["Number of GPRs"], s["Spills to memory"] + s["Fills from memory"]


def adds(kernel):
    """Multiply-adds of a lane in a round of this product."""
    quads = int(re.search(r"Q(\d)", kernel)[1])
    return 32 // quads * (4 * quads) ** 2


def main(folder):
    print(f"{'chip':16}{'kernel':52}{'lanes':>6}{'registers':>10}{'spills':>8}{'cycles':>8}")
    for path in sorted(folder.glob("*.loop.jsonl")):
        chip = path.name.removesuffix(".loop.jsonl")
        times, estimate = LOOPS.get(chip.split("-")[0], (None, None))
        loop, once, written, written_once = (
            statistics(folder / f"{chip}.{kind}.jsonl") for kind in ("loop", "once", "written", "written-once")
        )
        for kernel, (s, lanes) in sorted(loop.items()):
            shown = ""
            if estimate and kernel in once:
                shown = f"{(s[estimate] - once[kernel][0][estimate]) / (times - 1):.0f}"
            if estimate and kernel in written and kernel in written_once:
                a_round = (written[kernel][0][estimate] - written_once[kernel][0][estimate]) / (times - 1)
                shown = f"{a_round / adds(kernel):.2f}"
            used, spilled = registers(chip.split("-")[0], s)
            print(f"{chip:16}{kernel:52}{lanes:6}{used:10}{spilled:8}{shown:>8}")
    for log in sorted(folder.glob("ptxas-*.txt")):
        print(log.read_text(), end="")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
