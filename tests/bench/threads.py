#!/usr/bin/env python3
"""How much faster the networks are with two threads, by `cnnc bench` with the clock on the wall, in turns. Leaves
build/bench/threads.json, which report.py reads. Needs a machine whose cores have nothing else to do. Variables: NETS,
ROUNDS=3, THREADS=2."""
import json
import os
import subprocess
import sys

from common import BENCH, CNNC, COMPILERS, Failure, networks, save, version_of_cnnc

ROUNDS = int(os.environ.get("ROUNDS") or 3)
THREADS = int(os.environ.get("THREADS") or 2)


def bench(network, *options):
    words = [CNNC, "bench", *network.arguments, "--cc", COMPILERS[0], "--json", "-q", *options]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=dict(os.environ, OMP_NUM_THREADS=str(THREADS)))
    if done.returncode:
        raise Failure("%s: %s" % (" ".join(words), done.stderr.strip()[-600:]))
    return json.loads(done.stdout)


def measure(network):
    """Milliseconds, the median of each round and the best of these; and which share fully connected layers have alone."""
    times = {"one": [], "several": []}
    for _ in range(ROUNDS):
        one = bench(network)
        times["one"].append(one["totals"]["ms"])
        times["several"].append(bench(network, "--threads", "openmp:%d" % THREADS)["totals"]["ms"])
    fc = sum(layer["best_ms"] for layer in one["layers"] if layer["op"] == "fc") / sum(layer["best_ms"] for layer in one["layers"])
    return {"name": network.name, "one": min(times["one"]), "several": min(times["several"]), "fc": fc}


def main():
    wanted, rows, failed = (os.environ.get("NETS") or "").split(), [], 0
    for network in networks():
        if network.name not in wanted if wanted else network.ratio is None:
            continue
        try:
            rows.append(measure(network))
            print("%-28s %10.4f ms, %d threads %10.4f ms, %.2f times" % (network.title, rows[-1]["one"], THREADS, rows[-1]["several"], rows[-1]["one"] / rows[-1]["several"]), flush=True)
        except Failure as failure:
            failed += 1
            print("%s: %s" % (network.title, failure), flush=True)
    os.makedirs(BENCH, exist_ok=True)
    save(os.path.join(BENCH, "threads.json"), {"cnnc": version_of_cnnc(), "threads": THREADS, "rows": rows})
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
