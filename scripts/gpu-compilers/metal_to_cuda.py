#!/usr/bin/env python3
"""metal_to_cuda.py CUDA ARCHITECTURE FILE.metal ...: registers and spills by NVIDIA's compiler, a line a kernel.

naga writes no CUDA, but its Metal text is C++ that differs in address spaces and in how the entry point takes its
arguments. These are rewritten; the body stays. metal.h maps Metal's functions to what NVIDIA's Vulkan driver makes of WGSL's.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
BUILT_IN = {
    "threadgroup_position_in_grid": "metal::uint3{blockIdx.x, blockIdx.y, blockIdx.z}",
    "threadgroups_per_grid": "metal::uint3{gridDim.x, gridDim.y, gridDim.z}",
    "simdgroup_index_in_threadgroup": "threadIdx.x / 32u",
    "thread_index_in_simdgroup": "threadIdx.x % 32u",
    "threads_per_simdgroup": "32u",
    "thread_position_in_threadgroup": "metal::uint3{threadIdx.x % 8u, threadIdx.x / 8u, 0u}",
    "thread_index_in_threadgroup": "threadIdx.x",
}


def with_f32_literals(text):
    return re.sub(r"(?<![\w.])(\d+\.\d+(?:e-?\d+)?)(?![\w.])", r"\1f", text)


def parameters(text, arrays):
    """CUDA's arguments, and the variables that stand for Metal's other parameters."""
    arguments, variables = [], []
    for line in text.split("\n"):
        attribute = re.search(r"\[\[(\w+)", line)
        declaration = re.sub(r"\[\[.*?\]\]", "", line).strip(" ,")
        words = declaration.replace("&", " ").split()
        if not words:
            continue
        if "_mslBufferSizes" in declaration:
            variables.append(f"{words[1]} {words[-1]} = {{}};")
            continue
        if attribute and attribute[1] in BUILT_IN:
            variables.append(f"{declaration} = {BUILT_IN[attribute[1]]};")
        elif words[0] == "constant":
            arguments.append(f"{words[1]} {words[-1]}")
        elif words[0] == "device":
            const = "const " if "const" in words else ""
            arguments.append(f"{const}{arrays[words[1]]}* __restrict__ {words[-1]}")
        elif words[0] == "threadgroup":
            variables.append(f"__shared__ {words[1]} {words[-1]};")
        else:
            sys.exit(f"metal_to_cuda.py: what is {declaration!r}?")
    return arguments, variables


def with_vectors(text):
    """Vectors as metal.h names them, and their swizzles written out."""
    text = re.sub(r"(?<!metal::)\b(float2|half2|uint[234])\b", r"metal::\1", text)
    for width in (4, 3, 2):
        letters = "".join(r"\.([xyzw])" if n == 0 else "([xyzw])" for n in range(width))
        parts = ", ".join(rf"\1.\{n + 2}" for n in range(width))
        text = re.sub(rf"\b(\w+){letters}\b(?!\()", rf"metal::float{width}({parts})", text)
    return text


def cuda(metal):
    text = re.sub(r"#include.*\n|using metal::uint;", "", metal).replace("metal::mem_flags::", "metal::")
    entry = re.search(
        r"\[\[max_total_threads_per_threadgroup\((\d+)\)\]\] kernel void (\w+)\(\n(.*?)\n\) \{\n", text, re.S
    )
    head, body = text[: entry.start()], text[entry.end() :]
    arrays = {name: element for element, name in re.findall(r"typedef ([\w:]+) (\w+)\[\d+\];", head)}
    arguments, variables = parameters(entry[3], arrays)
    head = re.sub(r"^constant ", "static constexpr ", head, flags=re.M)
    head = re.sub(r"^((?:metal::)?\w+ \w+\()", r"DEVICE \1", head, flags=re.M)
    # Functions are given the bindings that they use.
    head = re.sub(r"\bconstant (\w+)& ", r"const \1& ", head)
    head = re.sub(r"\bdevice (\w+) const& ", lambda found: f"const {arrays[found[1]]}* __restrict__ ", head)
    # A Vulkan driver divides by a reciprocal, as WGSL allows.
    head = head.replace("1.0 / (1.0 + metal::exp(-(bounded)))", "__fdividef(1.0, 1.0 + metal::exp(-(bounded)))")
    head = head.replace("(1.0 - e) / (1.0 + e)", "__fdividef(1.0 - e, 1.0 + e)")
    # Workgroup memory need not be zeroed, and each kernel's vectors have the swizzles that metal.h lacks.
    body = re.sub(r"if \(\w*local_invocation_index\w* == 0u\) \{.*?\n    \}\n", "", body, count=1, flags=re.S)
    head, body = (with_vectors(part) for part in (head, body))
    return with_f32_literals(
        f'#include "metal.h"\n{head}\n'
        f'extern "C" __global__ void __launch_bounds__({entry[1]}) {entry[2]}({", ".join(arguments)}) {{\n'
        + "\n".join(variables)
        + f"\n{body}"
    )


def main(folder, architecture, files):
    compiler = next(pathlib.Path(folder).glob("nvidia/*/bin/nvcc"))
    for file in map(pathlib.Path, files):
        with tempfile.TemporaryDirectory() as scratch:
            source = pathlib.Path(scratch) / f"{file.stem}.cu"
            source.write_text(cuda(file.read_text()))
            command = [compiler, "-std=c++17", "-O3", "-w", f"-I{HERE}", f"-I{compiler.parent.parent}/include"]
            command += [f"-arch=sm_{architecture}", "-cubin", "-Xptxas", "-v", "-o", f"{source}.bin", source]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{file}: {done.stderr[:1000]}")
            registers = re.search(r"Used (\d+) registers", done.stderr)[1]
            spills = sum(map(int, re.findall(r"(\d+) bytes spill", done.stderr)))
            print(f"{'ptxas-' + architecture:16}{file.stem:52}{32:6}{registers:>10}{spills:>8}{'':>8}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
