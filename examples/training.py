# What the scripts share that train the small networks of these examples: one
# seed, a loop, and files of weights and samples. Needs PyTorch and NumPy.

import json
import struct
import time
import zlib

import numpy
import torch

SEED = 20261122


def seeded(threads=1):
    """The same numbers at each call; sums may differ in their last digits from machine to machine."""
    torch.manual_seed(SEED)
    torch.set_num_threads(threads)
    return numpy.random.default_rng(SEED)


def train(model, batches, loss_of, steps, rate):
    """Adam with a rate that rises for a twentieth of the steps and falls to 0 as a cosine."""
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.05)
    model.train()
    begin = time.time()
    for step in range(1, steps + 1):
        loss = loss_of(model, batches())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % max(steps // 10, 1) == 0:
            print(f"step {step}: loss {loss.item():.4f}, {time.time() - begin:.0f} s", flush=True)
    model.eval()


def round_to_half(model):
    """Weights as the file will hold them, so that what is measured afterwards is what cnnc computes with."""
    with torch.no_grad():
        for value in model.state_dict().values():
            if value.is_floating_point():
                value.copy_(value.half().float())


def write_safetensors(path, model, description):
    """8 bytes of length, a header in JSON, then the numbers: halves, which cnnc reads as any others."""
    header, data = {"__metadata__": {"description": description}}, b""
    for name, value in model.state_dict().items():
        if not value.is_floating_point():
            continue
        numbers = value.detach().half().numpy().astype("<f2").tobytes()
        header[name] = {"dtype": "F16", "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def write_png(path, pixels):
    """Grey bytes, [rows, columns]."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows, columns = pixels.shape
    lines = b"".join(b"\0" + row.tobytes() for row in pixels.astype("u1"))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0))
                   + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b""))
