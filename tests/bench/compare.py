#!/usr/bin/env python3
"""compare.py OLD_CNNC NEW_CNNC FILE.cnn [OPTIONS of cnnc bench]: two versions of cnnc, layer by layer, in turns. Each layer's
time is told in the multiply-adds that the core could have started meanwhile, by the peak that the same process measured:
clocks that change with what others do on the machine cancel. The middle of ROUNDS=7 counts. CORE pins it, CC compiles."""
import os
import statistics
import sys

import common

ROUNDS = int(os.environ.get("ROUNDS") or 7)


def measure(cnnc, arguments):
    """Millions of multiply-adds at peak, by layer."""
    common.CNNC = os.path.realpath(cnnc)
    told = common.cnnc_bench(arguments, os.environ.get("CC") or "gcc")
    return {layer["name"]: layer["best_ms"] * told["peak_gflops"] / 2 for layer in told["layers"]}


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    versions, arguments = sys.argv[1:3], [*sys.argv[3:], "-w", "random:1"]
    rounds = [[measure(cnnc, arguments) for cnnc in versions] for _ in range(ROUNDS)]
    old, new = ({name: statistics.median(run[i][name] for run in rounds) for name in rounds[0][i]} for i in range(2))
    print("%-32s %10s %10s %8s" % ("layer", "old", "new", "old/new"))
    for name in [*old, *(name for name in new if name not in old)]:
        cells = ["%10.3f" % side[name] if name in side else " " * 10 for side in (old, new)]
        print("%-32s %s %8s" % (name, " ".join(cells), "%.3f" % (old[name] / new[name]) if name in old and name in new else ""))
    print("%-32s %10.1f %10.1f %8.3f" % ("all", sum(old.values()), sum(new.values()), sum(old.values()) / sum(new.values())))


if __name__ == "__main__":
    sys.exit(main())
