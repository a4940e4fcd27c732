"""Prints arrays as numbers: python3 show.py [--dots] A.npy..

A plane of [channels, height, width] at a time, a row of it on a line. --dots prints a point for 0. Needs the Python
standard library only; picture.py draws the same arrays.
"""
import array
import ast
import struct
import sys

TYPES = {"|u1": "B", "<f4": "f", "<i4": "i"}


def read(path):
    """The shape and the numbers of a .npy file that cnnc has written."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<H", data[8:10])
    header = ast.literal_eval(data[10 : 10 + length].decode())
    numbers = array.array(TYPES[header["descr"]], data[10 + length :])
    if sys.byteorder == "big":
        numbers.byteswap()
    return header["shape"], numbers


def planes(path):
    """Each plane as a list of rows; a vector is a plane of one row."""
    shape, numbers = read(path)
    height, width = ((1, 1) + tuple(shape))[-2:]
    rows = [numbers[start : start + width] for start in range(0, len(numbers), width)]
    return [rows[start : start + height] for start in range(0, len(rows), height)]


def text(number, dots):
    if dots and number == 0:
        return "."
    rounded = round(number, 2) + 0.0  # no -0
    return str(int(rounded)) if rounded == int(rounded) else f"{rounded:.2f}"


def main():
    paths = [path for path in sys.argv[1:] if path != "--dots"]
    if not paths:
        raise SystemExit(__doc__)
    parts = []
    for path in paths:
        for rows in planes(path):
            words = [[text(number, "--dots" in sys.argv) for number in row] for row in rows]
            width = max(len(word) for row in words for word in row)
            parts.append("\n".join(" ".join(word.rjust(width) for word in row) for row in words))
    print("\n\n".join(parts))


if __name__ == "__main__":
    main()
