#!/usr/bin/env python3
"""docs/performance.md from what bench.py and layers.py left under build/bench. usage: report.py docs/performance.md

What stands in tests/bench/notes.md goes to the page's end: why figures are missed, which no program knows."""
import math
import os
import platform
import sys

from common import BENCH, HERE, load, networks, run

PEERS = [("onnxruntime", "ONNX Runtime"), ("ncnn", "ncnn"), ("openvino", "OpenVINO"), ("pytorch", "PyTorch")]
OURS = ["cnnc gcc", "cnnc clang"]
NARROW = ["cnnc gcc x86-64-v3", "cnnc clang x86-64-v3"]
SLOWEST_LAYERS = 5
FASTER, FASTER_WITH_FC = 1.8, 1.6  # with two threads

HEAD = """# Performance

Networks compiled by cnnc beside other runtimes: one core, one thread, a batch of one, float32, seeded weights, the same
input. `make bench` writes this page. It times the peers in processes of their own, all on one core, in turns, round by
round, so that what disturbs the machine disturbs all; and compares their outputs, which differ by less than a thousandth
of the largest or the peer takes no part.

* Everyone computes what `cnnc export` wrote; **ours** is what `cnnc compile --target native` wrote, `-O2`. All are
  called from Python, ours too.
* Every peer in its best form: ONNX Runtime with all optimisations; ncnn, converted by pnnx, with pooled memory and the
  fastest of five settings of Winograd and sgemm, no half precision; OpenVINO with the hint LATENCY in float32; PyTorch
  as the fastest of eager, frozen, and optimised for inference. What they allocate lies in huge pages, ours too, as
  glibc's malloc does it on request (`glibc.malloc.hugetlb=1`): reading weights is 1.04 to 1.3 times faster so.
* **median** is that of all calls in milliseconds, by the processor time of the process: what others do on the machine
  counts less there than on a clock on the wall; with one thread on a quiet machine both agree. **ratio** is the fastest
  peer's median by our faster compiler's; in parentheses that of the best calls, then by the clock on the wall.
"""


def table(titles, rows):
    numbers = ["---"] + ["---:"] * (len(titles) - 1)
    return ["| " + " | ".join(map(str, row)) + " |" for row in [titles, numbers, *rows]]


def ms(seconds):
    return "%.4g" % (seconds * 1e3)


def median(result, name, clock="processor"):
    peer = result["peers"].get(name)
    return peer[clock]["median"] if peer else None


def fastest(result, names, clock="processor", what="median"):
    times = [result["peers"][name][clock][what] for name in names if name in result["peers"]]
    return min(times) if times else None


def ratio(result, clock="processor", what="median"):
    ours, theirs = fastest(result, OURS, clock, what), fastest(result, [name for name, _ in PEERS], clock, what)
    return theirs / ours if ours and theirs else None


def mean(values):
    values = [value for value in values if value]
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def cell(value, form="%.2f"):
    return "" if value is None else form % value


def machine():
    model = memory = ""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.processor())
    with open("/proc/meminfo", encoding="utf-8") as file:
        memory = "%.0f GiB" % (int(file.readline().split()[1]) / 2**20)
    system = ""
    with open("/etc/os-release", encoding="utf-8") as file:
        system = next((line.split("=")[1].strip().strip('"') for line in file if line.startswith("PRETTY_NAME")), "")
    return "%s, %d cores, %s; %s, Linux %s" % (model, os.cpu_count(), memory, system, platform.release())


def peak(results):
    return max((told["peak_gflops"] for _, result in results for told in result["layers"].values()), default=0)


def narrow_peak():
    """Of native to that of AVX2; None: not measured."""
    peaks = load(os.path.join(BENCH, "peaks.json")) or {}
    return peaks["native"] / peaks["x86-64-v3"] if len(peaks) == 2 else None


def about(results):
    versions = {}
    for _, result in results:
        for name, peer in result["peers"].items():
            versions.setdefault(name, set()).add(peer["version"].split(", ")[0 if not name.startswith("emx") else 1])
    titles = dict(PEERS)
    lines = ["* machine: " + machine(), "* multiply-add peak of one core, best measured: %.1f GFLOP/s" % peak(results)]
    lines.append("* dates: " + ", ".join(sorted({result["date"] for _, result in results})))
    loads = [result["load"] for _, result in results if "load" in result]
    if loads:
        lines.append("* other work on the machine: load averages of %.1f to %.1f when a network was done, of which the benchmark is 1" % (min(loads), max(loads)))
    rounds = sorted({result["rounds"] for _, result in results})
    lines.append("* rounds: " + ", ".join(map(str, rounds)) + ("; one network at least is from another version of cnnc than the rest" if len({r["cnnc"] for _, r in results}) > 1 else ""))
    for name in OURS + list(titles):
        if name in versions:
            lines.append("* %s: %s" % (titles.get(name, "compiler"), ", ".join(sorted(versions[name]))))
    return lines


def main_table(results):
    rows = []
    for network, result in results:
        told = result["layers"]
        percent = max((2e-9 * t["totals"]["macs"] / t["totals"]["best_ms"] * 1e3 / t["peak_gflops"] * 100 for t in told.values()), default=None)
        names = OURS + [name for name, _ in PEERS]
        times = ["" if median(result, name) is None else ms(median(result, name)) for name in names]
        three = "%s (%s; %s)" % tuple(map(cell, (ratio(result), ratio(result, what="minimum"), ratio(result, "wall"))))
        absent = [title for name, title in PEERS if name not in result["peers"]]
        three += " without " + ", ".join(absent) if absent else ""
        rows.append([network.title, "%.3g" % (result["totals"]["macs"] / 1e9), *times, three, network.ratio or "", cell(percent, "%.0f")])
    titles = ["network", "GMAC", "gcc", "clang", *(title for _, title in PEERS), "ratio", "to reach", "% of peak"]
    means = [mean(ratio(result, clock, what) for _, result in results) for clock, what in (("processor", "median"), ("processor", "minimum"), ("wall", "median"))]
    return table(titles, rows) + ["", "Geometric mean of the ratios: %s (%s; %s) over %d networks; 1.3 is to be reached at least." % (*map(cell, means), len(results))]


def spread_table(results):
    rows = []
    for network, result in results:
        for name, peer in result["peers"].items():
            times = peer["processor"]
            quartiles = " to ".join(map(ms, times["quartiles"]))
            rows.append([network.title, name, ms(times["minimum"]), quartiles, ms(peer["wall"]["median"]), peer["calls"], "%.1e" % peer["error"]])
    return table(["network", "who", "best", "middle half", "median on the wall", "calls", "difference"], rows)


def narrow_table(results):
    rows = []
    for network, result in results:
        wide, narrow = fastest(result, OURS), fastest(result, NARROW)
        if wide and narrow:
            share = 100 * wide / narrow
            rows.append([network.title, ms(wide), ms(narrow), "%.0f" % share, cell(narrow_peak() and share * narrow_peak(), "%.0f")])
    return table(["network", "native", "x86-64-v3", "% of native's speed", "% at equal peaks"], rows) if rows else []


def size_table(results):
    rows = []
    for network, result in results:
        gcc, clang = (result["facts"].get(name) for name in OURS)
        one = gcc or clang
        if not one:
            continue
        seconds = ["%.1f" % facts["cc_seconds"] if facts else "" for facts in (gcc, clang)]
        code = ["%.0f" % (facts["code_bytes"] / 1e3) if facts else "" for facts in (gcc, clang)]
        totals = result["totals"]
        rows.append([network.title, "%.0f" % (one["c_bytes"] / 1e3), one["c_lines"], *code, "%.2f" % one["cnnc_seconds"], *seconds,
                     "%.2f" % (one["weights_bytes"] / 4e0 / totals["parameters"]), "%.2f" % (totals["workspace_bytes"] / 1e6)])  # fmt: skip
    return table(["network", "C, kB", "lines", "code gcc, kB", "clang", "cnnc, s", "gcc -O2, s", "clang -O2, s", "weights / parameters", "workspace, MB"], rows)


def generator_table(results):
    rows, ratios = [], []
    for network, result in results:
        theirs, ours = fastest(result, ["emx gcc", "emx clang"]), fastest(result, OURS)
        if not theirs or not ours:
            continue
        facts = result["facts"].get("emx gcc") or result["facts"]["emx clang"]
        ratios.append(theirs / ours)
        rows.append([network.title, ms(theirs), ms(ours), "%.1f" % ratios[-1], "%.0f" % (facts["c_bytes"] / 1e3), "%.1f" % facts["generator_seconds"], "%.1f" % facts["cc_seconds"]])
    if not rows:
        return []
    lines = table(["network", "emx", "ours", "ratio", "its C, kB", "made in, s", "compiled in, s"], rows)
    return lines + ["", "Geometric mean %.1f, least %.1f; 40 and 8 are to be reached against onnx2c." % (mean(ratios), min(ratios))]


def layer_table():
    found = load(os.path.join(BENCH, "layers.json"))
    rows = []
    for row in found["rows"] if found else []:
        cells = [row["layer"]]
        for compiler in "gcc", "clang":
            told = row["compilers"].get(compiler)
            cells += ["%.4g" % told["best_ms"], "%.1f" % told["percent_of_bound"]] if told else ["", ""]
        cells.append(next(iter(row["compilers"].values()))["bound"] if row["compilers"] else "")
        rows.append(cells)
    return table(["layer", "gcc, ms", "% of bound", "clang, ms", "% of bound", "bound"], rows) if rows else []


def threads_table():
    found, titles, rows = load(os.path.join(BENCH, "threads.json")), {network.name: network.title for network in networks()}, []
    for row in found["rows"] if found else []:
        if "best" not in row:  # of an earlier version
            continue
        best, median = row["best"], row["median"]
        faster = "%.2f (%.2f)" % (best["one"] / best["several"], median["one"] / median["several"])
        rows.append([titles[row["name"]], "%.4g" % best["one"], "%.4g" % best["several"], faster, "%.0f" % (100 * row["fc"]), row["shared"] or "none"])
    return table(["network", "one thread", "%d threads" % found["threads"], "times as fast", "% of time in fc", "steps shared"], rows) if rows else []


def reads_of_memory():
    """What bounds layers that are all weights."""
    found = load(os.path.join(BENCH, "threads.json"))
    if not found or "memory" not in found:
        return []
    one, several = found["memory"]["one"], found["memory"]["several"]
    return ["", "Plain reading of 256 MB of memory in the same run: %.3g GB/s with one thread, %.3g with %d, %.2f times as much: layers that are all" % (one, several, found["threads"], several / one),
            "weights, fully connected ones, gain no more than that."]  # fmt: skip


def missed_by_threads(results):
    """Networks that two threads make less fast than asked, by the best call."""
    found, by_name, lines = load(os.path.join(BENCH, "threads.json")), {network.name: (network, result) for network, result in results}, []
    for row in found["rows"] if found and found["threads"] == 2 else []:
        if "best" not in row or row["name"] not in by_name:
            continue
        network, result = by_name[row["name"]]
        asked = FASTER_WITH_FC if row["fc"] > 0.1 and row["shared"] else FASTER if result["totals"]["macs"] > 1e9 else 0
        best, median = (row[form]["one"] / row[form]["several"] for form in ("best", "median"))
        if round(best, 2) < asked:
            line = "* **%s with two threads**: %.2f times as fast (%.2f by medians) instead of %.1f; %.0f %% of its time is fully connected layers" % (network.title, best, median, asked, 100 * row["fc"])
            if "memory" in found and row["fc"] > 0.1:
                reads = found["memory"]["several"] / found["memory"]["one"]
                line += ". If these become faster as reading memory does, %.2f times, and all else twice, it is %.2f" % (reads, 1 / (row["fc"] / reads + (1 - row["fc"]) / 2))
            lines.append(line + ".")
    return lines


def missed(results):
    """Evidence of each figure that was not reached: the layers that take longest."""
    lines = []
    for network, result in results:
        reached = ratio(result)
        if not reached or not network.ratio or reached >= network.ratio:
            continue
        compiler = min((name for name in OURS if name in result["peers"]), key=lambda name: median(result, name)).split()[1]
        layers = sorted(result["layers"][compiler]["layers"], key=lambda layer: -layer["best_ms"])
        total = sum(layer["best_ms"] for layer in layers)
        slowest = ["`%s` %.0f %% of the time at %.0f %% of its %s bound" % (layer["name"], 100 * layer["best_ms"] / total, layer["percent_of_bound"], layer["bound"]) for layer in layers[:SLOWEST_LAYERS]]
        waste = sorted(layers, key=lambda layer: -layer["best_ms"] * (1 - min(1, layer["percent_of_bound"] / 100)))
        lost = ["`%s` %.3g ms" % (layer["name"], layer["best_ms"] * (1 - min(1, layer["percent_of_bound"] / 100))) for layer in waste[:3]]
        lines.append("* **%s**: %.2f instead of %.2f. Longest: %s. Furthest above their bounds: %s." % (network.title, reached, network.ratio, "; ".join(slowest), "; ".join(lost)))
    return lines


def section(title, text, lines):
    return ["", "## " + title, "", *text, *([""] if text else []), *lines] if lines else []


def main():
    (path,) = sys.argv[1:]
    results = [(network, network.result()) for network in networks() if network.ratio]
    results = [(network, result) for network, result in results if result]
    if not results:
        sys.exit("there are no results in %s; bench.py makes them" % BENCH)
    lines = [HEAD.rstrip(), "", *about(results)]
    lines += section("Networks", [], main_table(results))
    lines += section("Figures that are missed", ["With the layers that tell why, from `cnnc bench`; a layer's bound is its multiply-adds at the core's peak or its bytes",
                                                 "at the bandwidth of a block of memory like its own, whichever takes longer."], missed(results) + missed_by_threads(results))  # fmt: skip
    lines += section("Single layers", ["`make bench-conv`: the best of a few equal layers in a row, as a share of what bounds it; the peak and the bandwidth are", "measured in the same process."], layer_table())
    text = ["The same networks compiled with `--target x86-64-v3`, in vectors half as wide. The last column divides by how much lower this",
            "core's peak of multiply-adds is with them%s: 85 are to be reached where convolutions are direct, 65 with Winograd." % (", 1 / %.2f" % narrow_peak() if narrow_peak() else "")]  # fmt: skip
    lines += section("AVX2", text, narrow_table(results))
    text = ["`make bench-threads`: milliseconds on the wall with `--threads openmp`, of the best call; in parentheses by medians, which other",
            "work on either core makes worse. 1.8 are to be reached above 1 GMAC, 1.6 where fully connected layers take more than a tenth",
            "of the time; nets of short layers are not to be slower."]  # fmt: skip
    lines += section("Threads", text, threads_table() + reads_of_memory())
    lines += section("Size of the C and time to compile it", ["`cnnc, s` is with reading or making the weights and writing them; `weights / parameters` counts the packed file in numbers."], size_table(results))
    lines += section("C of another generator", ["emx-onnx-cgen's C, `-O3 -march=native`, the faster of gcc and clang, called once. onnx2c, the generator that most people", "know, comes from no package registry and is not timed here; its C has the same form, one plain loop nest for each node."], generator_table(results))
    lines += section("All times", ["Milliseconds of processor time; the difference is that of outputs, in parts of the largest."], spread_table(results))
    gone = ["* %s: %s: %s" % (network.title, name, why) for network, result in results for name, why in result["missing"].items()]
    lines += section("Who is missing", [], gone)
    notes = os.path.join(HERE, "notes.md")
    if os.path.exists(notes):
        with open(notes, encoding="utf-8") as file:
            lines += ["", file.read().rstrip()]
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    os.replace(path + ".new", path)


if __name__ == "__main__":
    main()
