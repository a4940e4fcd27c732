#!/usr/bin/env python3
"""models.py MODELS - every ONNX model of DATA, imported and exported again: what ONNX Runtime makes of it beside the numbers
of DATA/expected. Without THOROUGH=1 small models, and few samples. Prints what differs and a line of counts."""
import glob
import os
import re
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime

CNNC = os.environ["CNNC"]
TOLERANCE = 1e-5  # of the largest output
THOROUGH = bool(os.environ.get("THOROUGH"))
SMALL, SAMPLES = 400000, 4  # bytes; samples


def cnnc(*arguments):
    done = subprocess.run([CNNC, *arguments, "-q"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    if done.returncode:
        raise RuntimeError("cnnc %s: %s" % (arguments[0], done.stdout.decode()[:500]))


def difference(path, folder):
    """In words; None: the numbers are the expected ones."""
    again, name = os.path.join(folder, "again"), os.path.basename(path)[:-len(".onnx")]
    cnnc("import", path, "-o", again + ".cnn")
    cnnc("export", again + ".cnn", "-o", again + ".onnx")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(again + ".onnx", options, providers=["CPUExecutionProvider"])
    arrays = np.load(os.path.join(os.path.dirname(path), "../../expected", name + ".npz"))
    samples = None if THOROUGH else SAMPLES
    given = [arrays[key][:samples] for key in arrays.files if key.startswith("in_") and arrays[key].dtype == np.float32]
    wanted = {re.sub(r"\W", "_", key[4:]): arrays[key][:samples] for key in arrays.files
              if key.startswith("out_") and arrays[key].dtype == np.float32}
    entry, results = session.get_inputs()[0], session.get_outputs()
    if len(given) != 1 or len(session.get_inputs()) != 1 or len(wanted) != len(results):
        return "it has other inputs or outputs than DATA"
    x = given[0]
    if any(isinstance(size, int) and size != own for size, own in zip(entry.shape[1:], x.shape[1:])):
        x = np.ascontiguousarray(x.transpose(0, 3, 1, 2))  # kept as [N, H, W, C]
    scale = max(np.abs(array).max() for array in wanted.values())
    for result, ours in zip(results, session.run(None, {entry.name: x})):
        theirs = wanted[result.name] if result.name in wanted else next(iter(wanted.values())) if len(wanted) == 1 else None
        if theirs is None or ours.shape != theirs.shape:
            return "output `%s` is of another name or shape" % result.name
        worst = np.abs(ours.astype(np.float64) - theirs).max() / scale
        if not worst <= TOLERANCE:
            return "output `%s`: %.3g of the largest" % (result.name, worst)
    return None


def main():
    passed = failed = 0
    for path in sorted(glob.glob(os.path.join(sys.argv[1], "*/*.onnx"))):
        if not THOROUGH and os.path.getsize(path) > SMALL:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                wrong = difference(path, folder)
            except Exception as error:  # the runtime's own kinds have no common parent
                wrong = "%s: %s" % (type(error).__name__, str(error).strip().replace("\n", " ")[:300])
        passed += not wrong
        failed += bool(wrong)
        if wrong:
            print("FAILED: %s: %s" % (os.path.basename(path), wrong))
    print("%d passed, %d failed" % (passed, failed + (not passed)))
    return failed > 0


sys.exit(main())
