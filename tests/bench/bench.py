#!/usr/bin/env python3
"""The networks of networks.txt, compiled by cnnc, beside other runtimes: interleaved round by round on one core, one
thread, a batch of one, all with the same weights. Writes build/bench/NAME/result.json for each, which report.py makes
docs/performance.md of. Needs the Python of .ci/bench.

Variables: NETS="resnet18 lenet5_relu" (all), PEERS="onnxruntime ncnn openvino pytorch" (all), ROUNDS=8, CORE (the last),
SECONDS=0.3 (of a peer in a round), CNNC, AGAIN=1 (also what has a result already).
"""
import datetime
import json
import os
import shlex
import shutil
import subprocess
import sys
import time

import numpy as np

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CNNC = os.path.realpath(os.environ.get("CNNC") or os.path.join(ROOT, "build/release/cnnc"))
BENCH = os.path.realpath(os.environ.get("BENCH") or os.path.join(ROOT, "build/bench"))
CORE = int(os.environ.get("CORE") or max(os.sched_getaffinity(0)))
ROUNDS = int(os.environ.get("ROUNDS") or 8)
SECONDS = float(os.environ.get("SECONDS") or 0.3)
PEERS = (os.environ.get("PEERS") or "onnxruntime ncnn openvino pytorch").split()
WITHIN = 1e-3  # of the largest output
CLOCKS = ["wall", "processor"]
COMPILERS = ["gcc", "clang-19"]


class Failure(Exception):
    pass


class Network:
    """A line of networks.txt."""

    def __init__(self, line):
        self.title, path, options, ratio = (cell.strip() for cell in line.split("|"))
        self.file = os.path.join(ROOT, path)
        self.name = os.path.basename(path)[: -len(".cnn")]
        self.options = shlex.split(options)
        self.ratio = float(ratio)
        self.folder = os.path.join(BENCH, self.name)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    @property
    def arguments(self):
        return [self.file, *self.options, "-w", "random:1"]


def networks():
    with open(os.path.join(HERE, "networks.txt"), encoding="utf-8") as file:
        return [Network(line) for line in file if line.strip() and not line.startswith("#")]


def run(words, folder):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure("%s: %s" % (" ".join(words), (done.stderr or done.stdout).strip()[-600:]))
    return done.stdout


def target_flags():
    """-march=.. by target."""
    flags = {}
    for line in subprocess.run([CNNC, "compile", "-", "--target", "list"], capture_output=True, text=True, check=False).stdout.splitlines():
        words = line.split()
        flags[words[0]] = [word for word in words if word.startswith("-m")]
    return flags


def build(network, compiler, target, totals):
    """A library of our C, described by a file that peers.py reads. Tells sizes and times."""
    folder = network.path("%s-%s" % (target, compiler))
    os.makedirs(folder, exist_ok=True)
    source = os.path.join(folder, network.name + ".c")
    begin = time.perf_counter()
    run([CNNC, "compile", *network.arguments, "--target", target, "--weights-as", "file", "--standalone", "--force", "-o", source, "-q"], folder)
    compiled = time.perf_counter()
    march = "-march=native" if target == "native" else "-march=" + target
    library = os.path.join(folder, "net.so")
    run([compiler, "-O2", march, "-shared", "-fPIC", "-o", library, source, "-lm"], folder)
    built = time.perf_counter()
    weights = os.path.join(folder, network.name + ".weights")
    told = {
        "version": run([compiler, "--version"], folder).splitlines()[0],
        "library": library,
        "prefix": network.name,
        "weights": weights if os.path.exists(weights) else None,
        "workspace_bytes": workspace_bytes(folder, network),
        "outputs": totals["outputs"],
    }
    description = os.path.join(folder, "peer.json")
    with open(description, "w", encoding="utf-8") as file:
        json.dump(told, file)
    with open(source, encoding="ascii") as file:
        lines = file.read().count("\n")
    text = int(run(["size", library], folder).splitlines()[1].split()[0])
    facts = {"c_bytes": os.path.getsize(source), "c_lines": lines, "text_bytes": text, "cnnc_seconds": compiled - begin, "cc_seconds": built - compiled}
    return description, facts


def workspace_bytes(folder, network):
    with open(os.path.join(folder, network.name + ".h"), encoding="ascii") as file:
        for line in file:
            words = line.split()
            if words[:1] == ["#define"] and words[1].endswith("_WORKSPACE_BYTES"):
                return int(words[2])
    raise Failure("no workspace in the header of " + network.name)


class Peer:
    def __init__(self, name, kind, path, value_path):
        self.name = name
        environment = dict(os.environ, OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OMP_WAIT_POLICY="passive")
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "peers.py"), kind, path, value_path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(os.path.join(os.path.dirname(value_path), name.replace(" ", "_") + ".log"), "w"), text=True, env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, [CORE]),
        )
        self.times = []
        self.version = self.answer()["version"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failure("%s ended with status %d" % (self.name, self.process.wait()))
        return json.loads(line)

    def ask(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def prepare(network):
    """Model files, input and libraries; the peers, started."""
    os.makedirs(network.folder, exist_ok=True)
    summary = json.loads(run([CNNC, "summary", "--json", network.file, *network.options], network.folder))
    totals = dict(summary["totals"], outputs=int(np.prod(summary["outputs"][0]["shape"])))
    value = network.path("input.npy")
    np.save(value, np.random.default_rng(7).standard_normal([1, *summary["inputs"][0]["shape"]], np.float32))
    model = network.path("net.onnx")
    run([CNNC, "export", *network.arguments, "--batch", "1", "--force", "-o", model, "-q"], network.folder)
    peers, facts, missing = [], {}, {}

    def add(name, kind, path):
        try:
            peers.append(Peer(name, kind, path, value))
        except Failure as failure:
            missing[name] = str(failure)

    for compiler in COMPILERS:
        if not shutil.which(compiler):
            continue
        for target in (os.environ.get("TARGETS") or "native x86-64-v3").split():
            name = "cnnc %s%s" % (compiler.split("-")[0], "" if target == "native" else " " + target)
            description, facts[name] = build(network, compiler, target, totals)
            add(name, "cnnc", description)
    for peer in PEERS:
        path = model
        if peer == "ncnn":
            run([os.path.join(os.path.dirname(sys.executable), "pnnx"), "net.onnx", "fp16=0"], network.folder)
            path = network.path("net")
        add(peer, peer, path)
    return peers, totals, facts, missing


def distance(given, wanted):
    a, b = given.astype(np.float64).ravel(), wanted.astype(np.float64).ravel()
    if a.shape != b.shape or not np.isfinite(a).all() or not np.isfinite(b).all():
        return float("inf")
    return float(np.abs(a - b).max() / np.abs(b).max())


def measure(network):
    peers, totals, facts, missing = prepare(network)
    outputs = {}
    for peer in peers:
        path = network.path("output.npy")
        peer.ask("save " + path)
        outputs[peer.name] = np.load(path)
    reference = next((peer.name for peer in peers if not peer.name.startswith("cnnc")), peers[0].name)
    errors = {name: distance(value, outputs[reference]) for name, value in outputs.items()}
    for number in range(ROUNDS):
        for peer in peers[number % len(peers) :] + peers[: number % len(peers)]:
            peer.times += peer.ask("time %g" % SECONDS)
    for peer in peers:
        peer.close()
    return {
        "network": network.name,
        "date": datetime.date.today().isoformat(),
        "rounds": ROUNDS,
        "totals": totals,
        "missing": missing,
        "facts": facts,
        "reference": reference,
        "peers": {peer.name: {"version": peer.version, "error": errors[peer.name], **spread(peer.times)} for peer in peers},
    }


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
    ours = [peer for name, peer in result["peers"].items() if name.startswith("cnnc") and "x86" not in name]
    theirs = [peer for name, peer in result["peers"].items() if not name.startswith("cnnc")]
    if ours and theirs:
        ratios = [min(p[clock][what] for p in theirs) / min(p[clock][what] for p in ours) for clock in CLOCKS for what in ("median", "minimum")]
        print("  ratio%18s median %9.2f  best %9.2f | median %9.2f  best %9.2f  to reach: %.2f" % ("", *ratios, network.ratio))
    sys.stdout.flush()


def main():
    wanted = (os.environ.get("NETS") or "").split()
    known = networks()
    for name in wanted:
        if name not in [network.name for network in known]:
            sys.exit("no network %s; there are %s" % (name, " ".join(network.name for network in known)))
    for network in known:
        if wanted and network.name not in wanted:
            continue
        try:
            result = measure(network)
        except Failure as failure:
            print("%s: %s" % (network.title, failure), flush=True)
            continue
        with open(network.path("result.json"), "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
        tell(network, result)


if __name__ == "__main__":
    main()
