#!/usr/bin/env python3
"""The networks of networks.txt, compiled by cnnc, beside other runtimes: interleaved round by round on one core, one
thread, a batch of one, all with the same seeded weights and the same input. Leaves build/bench/NAME/result.json for each;
report.py makes docs/performance.md of them. Networks that were measured with this very cnnc are left alone, so a run that
was interrupted goes on. Needs the Python of .ci/bench.

Variables: NETS="resnet18 lenet5_relu" (those with a ratio to reach), PEERS="onnxruntime ncnn openvino pytorch emx" (all),
TARGETS="native x86-64-v3", ROUNDS=8, SECONDS=0.3 (of a peer in a round), CORE (the last one), AGAIN=1 (measure anew).
"""
import datetime
import os
import shutil
import subprocess
import sys
import time

import json
import numpy as np
import onnx

from common import BENCH, CNNC, COMPILERS, CORE, HERE, Failure, cnnc_bench, networks, pin, run, save, version_of_cnnc

ROUNDS = int(os.environ.get("ROUNDS") or 8)
SECONDS = float(os.environ.get("SECONDS") or 0.3)
PEERS = (os.environ.get("PEERS") or "onnxruntime ncnn openvino pytorch emx").split()
TARGETS = (os.environ.get("TARGETS") or "native x86-64-v3").split()
WITHIN = 1e-3  # of the largest output
CLOCKS = ["wall", "processor"]


def in_short(compiler):
    return compiler.split("-")[0]


def build(network, compiler, target, outputs):
    """A library of our C, described in a file for peers.py; and what it took and how large it is."""
    folder = network.path("%s-%s" % (target, compiler))
    os.makedirs(folder, exist_ok=True)
    source, library = os.path.join(folder, network.name + ".c"), os.path.join(folder, "net.so")
    weights = os.path.join(folder, network.name + ".weights")
    begin = time.perf_counter()
    run([CNNC, "compile", *network.arguments, "--target", target, "--weights-as", "file", "--standalone", "--force", "-o", source, "-q"])
    compiled = time.perf_counter()
    run([compiler, "-O2", "-march=" + target, "-shared", "-fPIC", "-o", library, source, "-lm"])
    built = time.perf_counter()
    told = {
        "version": version_of(compiler),
        "library": library,
        "prefix": network.name,
        "weights": weights,
        "workspace_bytes": header_number(folder, network, "_WORKSPACE_BYTES"),
        "outputs": outputs,
    }
    description = os.path.join(folder, "peer.json")
    save(description, told)
    with open(source, encoding="ascii") as file:
        text = file.read()
    facts = {
        "c_bytes": len(text),
        "c_lines": text.count("\n"),
        "code_bytes": int(run(["size", library]).splitlines()[1].split()[0]),
        "weights_bytes": os.path.getsize(weights),
        "cnnc_seconds": compiled - begin,
        "cc_seconds": built - compiled,
    }
    return description, facts


def build_emx(network, compiler, outputs):
    """emx-onnx-cgen's C of the same model."""
    folder = network.path("emx-" + compiler)
    os.makedirs(folder, exist_ok=True)
    begin = time.perf_counter()
    run([beside_python("emx-onnx-cgen"), "compile", "--model-name", "net", network.path("net.onnx"), "net.c"], folder)
    generated = time.perf_counter()
    library = os.path.join(folder, "net.so")
    run([compiler, "-O3", "-march=native", "-shared", "-fPIC", "-o", library, os.path.join(folder, "net.c"), "-lm"])
    built = time.perf_counter()
    weights = os.path.join(folder, "net.bin")
    description = os.path.join(folder, "peer.json")
    save(description, {"version": version_of(compiler), "library": library, "weights": weights if os.path.exists(weights) else None, "outputs": outputs})
    return description, {"c_bytes": os.path.getsize(os.path.join(folder, "net.c")), "generator_seconds": generated - begin, "cc_seconds": built - generated}


def version_of(compiler):
    return run([compiler, "--version"]).splitlines()[0]


def beside_python(program):
    return os.path.join(os.path.dirname(sys.executable), program)


def header_number(folder, network, ending):
    with open(os.path.join(folder, network.name + ".h"), encoding="ascii") as file:
        for line in file:
            words = line.split()
            if words[:1] == ["#define"] and words[1].endswith(ending):
                return int(words[2])
    raise Failure("no macro with %s in the header of %s" % (ending, network.name))


class Peer:
    """A process of peers.py."""

    def __init__(self, name, kind, path, network):
        self.name = name
        self.times = []
        environment = dict(os.environ, OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", OMP_WAIT_POLICY="passive",
                           GLIBC_TUNABLES="glibc.malloc.hugetlb=1")  # for all alike
        words = [sys.executable, os.path.join(HERE, "peers.py"), kind, path, network.path("input.npy")]
        self.log = network.path(name.replace(" ", "_") + ".log")
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment, preexec_fn=pin
            )
        self.version = self.answer()["version"]

    def answer(self):
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        status = self.process.wait()
        with open(self.log, encoding="utf-8", errors="replace") as log:
            said = log.read().strip().splitlines()
        raise Failure("%s ended with status %d: %s" % (self.name, status, said[-1] if said else "without a word"))

    def ask(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    @property
    def readable(self):
        """C of another generator: far slower, so timed in the first round only."""
        return self.name.startswith("emx")


def prepare(network):
    """The model, the input, what cnnc tells of the network."""
    os.makedirs(network.folder, exist_ok=True)
    summary = json.loads(run([CNNC, "summary", "--json", network.file, *network.options]))
    model = network.path("net.onnx")
    run([CNNC, "export", *network.arguments, "--batch", "1", "--force", "-o", model, "-q"])
    shape = [axis.dim_value for axis in onnx.load(model, load_external_data=False).graph.input[0].type.tensor_type.shape.dim]
    np.save(network.path("input.npy"), np.random.default_rng(7).standard_normal(shape, np.float32))
    if "ncnn" in PEERS:
        run([beside_python("pnnx"), "net.onnx", "fp16=0"], network.folder)
    return summary, int(np.prod(summary["outputs"][0]["shape"]))


def start_peers(network, outputs):
    """Processes, what was found when they were built, and why some are missing."""
    peers, facts, missing = [], {}, {}

    def add(name, kind, build_it):
        try:
            path, facts[name] = build_it()
            peers.append(Peer(name, kind, path, network))
        except Failure as failure:
            missing[name] = str(failure)

    compilers = [compiler for compiler in COMPILERS if shutil.which(compiler)]
    for target in TARGETS:
        march = host_target() if target == "native" else target
        for compiler in compilers:
            name = "cnnc " + in_short(compiler) + ("" if target == "native" else " " + target)
            add(name, "cnnc", lambda: build(network, compiler, march, outputs))
    for peer in PEERS:
        if peer == "emx":
            for compiler in compilers:
                add("emx " + in_short(compiler), "emx", lambda: build_emx(network, compiler, outputs))
        else:
            add(peer, peer, lambda: (network.path("net" if peer == "ncnn" else "net.onnx"), {}))
    return peers, facts, missing


def host_target():
    for line in run([CNNC, "compile", "--target", "list"]).splitlines():
        if line.endswith("(this machine)"):
            return line.split()[0]
    raise Failure("cnnc does not know this machine")


def distance(given, wanted):
    a, b = given.astype(np.float64).ravel(), wanted.astype(np.float64).ravel()
    if a.shape != b.shape or not np.isfinite(a).all() or not np.isfinite(b).all():
        return None
    return float(np.abs(a - b).max() / np.abs(b).max())


def compare(network, peers, missing):
    """How far each output is from the first peer's. Who is further than WITHIN takes no part."""
    outputs = {}
    for peer in peers:
        path = network.path("output.npy")
        peer.ask("save " + path)
        outputs[peer.name] = np.load(path)
    reference = next((peer.name for peer in peers if not peer.name.startswith("cnnc")), peers[0].name)
    errors = {name: distance(value, outputs[reference]) for name, value in outputs.items()}
    for peer in list(peers):
        if errors[peer.name] is None or errors[peer.name] > WITHIN:
            missing[peer.name] = "its output differs from that of %s: %s of the largest" % (reference, errors[peer.name])
            peers.remove(peer)
            peer.close()
    return reference, errors


def measure(network):
    summary, outputs = prepare(network)
    peers, facts, missing = start_peers(network, outputs)
    reference, errors = compare(network, peers, missing)
    for number in range(ROUNDS):
        turn = number % len(peers)
        for peer in peers[turn:] + peers[:turn]:
            if not peer.readable:
                peer.times += peer.ask("time %g" % SECONDS)
            elif not peer.times:
                peer.times += peer.ask("once")
    for peer in peers:
        peer.close()
    return {
        "network": network.name,
        "cnnc": version_of_cnnc(),
        "date": datetime.date.today().isoformat(),
        "load": os.getloadavg()[1],
        "rounds": ROUNDS,
        "totals": summary["totals"],
        "reference": reference,
        "missing": missing,
        "facts": facts,
        "peers": {peer.name: {"version": peer.version, "error": errors[peer.name], **spread(peer.times)} for peer in peers},
        "layers": {in_short(compiler): cnnc_bench(network.arguments, compiler) for compiler in COMPILERS if shutil.which(compiler)},
    }


def measure_peaks(network):
    """Of the core, with the vectors of each target, in GFLOP/s."""
    peaks = {}
    for target in TARGETS:
        arguments = [*network.arguments, "--target", target, "--runs", "1"]
        peaks[target] = max(cnnc_bench(arguments, compiler)["peak_gflops"] for compiler in COMPILERS if shutil.which(compiler))
    return peaks


def spread(times):
    """Seconds, by the clock on the wall and by the process's own."""
    told = {"calls": len(times)}
    for clock, values in zip(CLOCKS, zip(*times)):
        low, median, high = np.percentile(values, [25, 50, 75])
        told[clock] = {"median": float(median), "minimum": min(values), "quartiles": [float(low), float(high)]}
    return told


def tell(network, result):
    print("%s: %.3g GMAC; milliseconds on the wall, and of the processor" % (network.title, result["totals"]["macs"] / 1e9))
    for name, peer in result["peers"].items():
        times = [peer[clock][what] * 1e3 for clock in CLOCKS for what in ("median", "minimum")]
        print("  %-22s median %9.4f  best %9.4f | median %9.4f  best %9.4f  error %.1e  %s" % (name, *times, peer["error"], peer["version"]))
    for name, why in result["missing"].items():
        print("  %-22s missing: %s" % (name, why))
    ours = [peer for name, peer in result["peers"].items() if name in ("cnnc gcc", "cnnc clang")]
    theirs = [peer for name, peer in result["peers"].items() if not name.startswith(("cnnc", "emx"))]
    if ours and theirs:
        ratios = [min(p[clock][what] for p in theirs) / min(p[clock][what] for p in ours) for clock in CLOCKS for what in ("median", "minimum")]
        to_reach = "to reach: %.2f" % network.ratio if network.ratio else ""
        print("  ratio%18s median %9.2f  best %9.2f | median %9.2f  best %9.2f  %s" % ("", *ratios, to_reach))
    sys.stdout.flush()


def main():
    known, wanted = networks(), (os.environ.get("NETS") or "").split()
    for name in wanted:
        if name not in [network.name for network in known]:
            sys.exit("no network %s; there are %s" % (name, " ".join(network.name for network in known)))
    print("core %d, %d rounds, results in %s" % (CORE, ROUNDS, BENCH))
    failed = 0
    if "native" in TARGETS:
        os.makedirs(BENCH, exist_ok=True)
        save(os.path.join(BENCH, "peaks.json"), measure_peaks(known[0]))
    for network in known:
        if network.name not in wanted if wanted else network.ratio is None:
            continue
        before = network.result()
        if before and before.get("cnnc") == version_of_cnnc() and not os.environ.get("AGAIN"):
            print("%s: measured before" % network.title)
            continue
        try:
            result = measure(network)
            save(network.path("result.json"), result)
            tell(network, result)
        except Failure as failure:
            failed += 1
            print("%s: %s" % (network.title, failure), flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
