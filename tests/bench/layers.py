#!/usr/bin/env python3
"""Single layers as a share of what the core can do: convolutions in a row of equal ones, of the multiply-add peak; VGG-16's
first fully connected layer, of the read bandwidth. `cnnc bench` measures both in the same process. Prints a table and
leaves build/bench/layers.json, which report.py reads. Variables: ROUNDS=3, CORE."""
import os
import shutil
import subprocess
import sys

from common import BENCH, CNNC, COMPILERS, HERE, Failure, cnnc_bench, save, version_of_cnnc

ROUNDS = int(os.environ.get("ROUNDS") or 3)
CONVOLUTIONS = [  # kernel, channels, size
    (3, 64, 112), (3, 64, 56), (3, 128, 28), (3, 256, 28), (3, 256, 14), (3, 512, 14), (3, 512, 7),
    (1, 64, 56), (1, 256, 56), (1, 128, 28), (1, 512, 28), (1, 256, 14), (1, 1024, 14), (1, 512, 7), (1, 2048, 7),
]  # fmt: skip


def direct_only():
    """Options that keep convolutions direct, if cnnc has others."""
    said = subprocess.run([CNNC, "help", "bench"], capture_output=True, text=True, check=False).stdout
    return ["--winograd", "none"] if "--winograd" in said else []


def best_layer(told, names):
    return max((layer for layer in told["layers"] if layer["name"] in names), key=lambda layer: layer["percent_of_bound"])


def measure(arguments, compiler, names):
    """The best of all rounds and of some equal layers."""
    rounds = [cnnc_bench([*arguments, "-w", "random:1"], compiler) for _ in range(ROUNDS)]
    best = max(rounds, key=lambda told: best_layer(told, names)["percent_of_bound"])
    layer = best_layer(best, names)
    return {key: layer[key] for key in ("best_ms", "gflops", "gb_per_second", "bound", "percent_of_bound")} | {"peak_gflops": best["peak_gflops"]}


def cases():
    """Name, arguments of cnnc bench, the layers that are looked at."""
    chain = os.path.join(HERE, "nets/conv_chain.cnn")
    inner = {"conv2", "conv3", "conv4"}
    for kernel, channels, size in CONVOLUTIONS:
        defines = ["-D", "kernel=%d" % kernel, "-D", "channels=%d" % channels, "-D", "size=%d" % size]
        name = "conv %dx%d, %d channels, %dx%d" % (kernel, kernel, channels, size, size)
        yield name, [chain, *defines, *direct_only()], inner
        if kernel == 3 and direct_only():
            yield name + ", Winograd allowed", [chain, *defines], inner
    yield "fc 25088 to 4096 (VGG-16)", [os.path.join(HERE, "nets/one_fc.cnn")], {"fc1"}


def main():
    table, failed = [], 0
    os.makedirs(BENCH, exist_ok=True)
    for name, arguments, names in cases():
        row = {"layer": name, "compilers": {}}
        for compiler in filter(shutil.which, COMPILERS):
            try:
                row["compilers"][compiler.split("-")[0]] = measure(arguments, compiler, names)
            except Failure as failure:
                failed += 1
                print(failure)
        table.append(row)
        texts = ["%s %.1f %% of %s, %.4g ms" % (compiler, told["percent_of_bound"], told["bound"], told["best_ms"]) for compiler, told in row["compilers"].items()]
        print("%-40s %s" % (name, "; ".join(texts)), flush=True)
    save(os.path.join(BENCH, "layers.json"), {"cnnc": version_of_cnnc(), "rows": table})
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
