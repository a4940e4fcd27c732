#!/usr/bin/env python3
"""How much faster the networks are with two threads, by `cnnc bench` with the clock on the wall, in turns. Leaves
build/bench/threads.json, which report.py reads. A team waits for its slowest thread, so the best call counts, and the median
where nothing else runs on the machine. Memory lies in huge pages, as in bench.py. What the threads read of memory together
bounds layers that are all weights. Variables: NETS (others keep the rows that they have), ROUNDS=3, THREADS=2."""
import json
import math
import os
import subprocess
import sys

from common import BENCH, CNNC, COMPILERS, HERE, Failure, load, networks, run, save, version_of_cnnc

ROUNDS = int(os.environ.get("ROUNDS") or 3)
THREADS = int(os.environ.get("THREADS") or 2)


def bench(network, *options):
    words = [CNNC, "bench", *network.arguments, "--cc", COMPILERS[0], "--json", "-q", *options]
    environment = dict(os.environ, OMP_NUM_THREADS=str(THREADS), GLIBC_TUNABLES="glibc.malloc.hugetlb=1")
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise Failure("%s: %s" % (" ".join(words), done.stderr.strip()[-600:]))
    return json.loads(done.stdout)


def read_rates():
    """Gigabytes a second that one thread reads of memory, and that all read together."""
    program = os.path.join(BENCH, "team_reads")
    run([COMPILERS[0], "-O3", "-march=native", "-fopenmp", os.path.join(HERE, "team_reads.c"), "-o", program])
    one, several = map(float, run([program, str(THREADS)]).split())
    print("reading memory: %.3g GB/s, %d threads %.3g GB/s, %.2f times" % (one, THREADS, several, several / one), flush=True)
    return {"one": one, "several": several}


def measure(network):
    """Milliseconds, the best call and the least median of the rounds; which share fully connected layers have alone; how many
    steps are shared."""
    forms = {"one": [], "several": ["--threads", "openmp:%d" % THREADS]}
    best, median = dict.fromkeys(forms, math.inf), dict.fromkeys(forms, math.inf)
    for _ in range(ROUNDS):
        for name, options in forms.items():
            told = bench(network, *options)
            best[name], median[name] = min(best[name], told["totals"]["best_ms"]), min(median[name], told["totals"]["ms"])
            if name == "one":
                alone = told["layers"]
    fc = sum(layer["best_ms"] for layer in alone if layer["op"] == "fc") / sum(layer["best_ms"] for layer in alone)
    summary = json.loads(run([CNNC, "summary", "--json", network.file, *network.options, "--target", "native", *forms["several"]]))
    return {"name": network.name, "best": best, "median": median, "fc": fc, "shared": summary["totals"]["shared_steps"]}


def main():
    wanted, rows, failed = (os.environ.get("NETS") or "").split(), [], 0
    os.makedirs(BENCH, exist_ok=True)
    memory = read_rates()
    for network in networks():
        if network.name not in wanted if wanted else network.ratio is None:
            continue
        try:
            rows.append(measure(network))
            one, several = rows[-1]["best"].values()
            print("%-28s %10.4f ms, %d threads %10.4f ms, %.2f times" % (network.title, one, THREADS, several, one / several), flush=True)
        except Failure as failure:
            failed += 1
            print("%s: %s" % (network.title, failure), flush=True)
    path = os.path.join(BENCH, "threads.json")
    before, now = load(path), {row["name"]: row for row in rows}
    if wanted and before and (before["cnnc"], before["threads"]) == (version_of_cnnc(), THREADS):
        rows = [now.pop(row["name"], row) for row in before["rows"]] + list(now.values())
    save(path, {"cnnc": version_of_cnnc(), "threads": THREADS, "memory": memory, "rows": rows})
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
