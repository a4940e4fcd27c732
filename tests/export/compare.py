#!/usr/bin/env python3
"""What ONNX Runtime makes of the models in a directory that export_nets filled, beside the evaluator's results; and what
the checker of the onnx package says to them, where that is installed. Prints what differs and a line of counts."""
import glob
import os
import sys

import numpy as np
import onnxruntime

try:
    import onnx
except ImportError:
    onnx = None

# Of the largest output. float32 sums of some thousand terms differ by less from those in double precision.
TOLERANCE = 1e-5
# The runtime computes exp(x) - 1 as such, so that an x of 1e-6 keeps no digits; the net multiplies the rest, half of
# float32's epsilon, by 1e6.
ABSOLUTE = {"activation.small_elu": 0.06, "activation.small_selu": 0.11}
DTYPES = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8, "tensor(int8)": np.int8, "tensor(int16)": np.int16, "tensor(int32)": np.int32}


def tensors(path):
    """What put_tensor wrote, one after the other."""
    words = np.fromfile(path, "<i8")
    at = 0
    while at < len(words):
        rank = int(words[at])
        shape = words[at + 1:at + 1 + rank]
        begin, at = at + 1 + rank, at + 1 + rank + int(np.prod(shape))
        yield words[begin:at].view("<f8").reshape(shape)


def difference(ours, theirs, dtype, absolute):
    """In words; None: they agree."""
    if ours.shape != theirs.shape:
        return "shape %s, not %s" % (theirs.shape, ours.shape)
    if theirs.dtype != dtype:
        return "type %s" % theirs.dtype
    theirs = theirs.astype(np.float64)
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    # a whole number that lies at .5 but for a rounding may be one of two
    if dtype != np.float32:
        off = np.abs(ours - theirs)
        return "integers" if off.max() > 1 or (off > 0).mean() > 0.01 else None
    finite = np.abs(ours[np.isfinite(ours)])
    worst = np.max(np.where(same, 0, np.abs(ours - theirs)))
    limit = max(absolute, TOLERANCE * (finite.max() if finite.size else 1))
    return None if worst <= limit else "%.3g of the largest" % (worst / limit * TOLERANCE)


def compare(path):
    """What is wrong with a model; None: nothing."""
    if onnx:
        onnx.checker.check_model(onnx.load(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    count = len(session.get_inputs())
    cases = sorted(glob.glob(path[:-len("onnx")] + "*.data"))
    for case in cases:
        arrays = list(tensors(case))
        feeds = {i.name: a.astype(DTYPES[i.type]) for i, a in zip(session.get_inputs(), arrays)}
        for output, ours, theirs in zip(session.get_outputs(), arrays[count:], session.run(None, feeds)):
            wrong = difference(ours, theirs, DTYPES[output.type], ABSOLUTE.get(os.path.basename(path)[:-len(".onnx")], 0))
            if wrong:
                return "output `%s`: %s" % (output.name, wrong)
    return None if cases else "nothing to compare with"


def main():
    passed = failed = 0
    for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.onnx"))):
        try:
            wrong = compare(path)
        except Exception as error:  # the runtime's own kinds have no common parent
            wrong = "%s: %s" % (type(error).__name__, str(error).strip().replace("\n", " ")[:300])
        passed += not wrong
        failed += bool(wrong)
        if wrong:
            print("FAILED: %s: %s" % (os.path.basename(path)[:-len(".onnx")], wrong))
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


sys.exit(main())
