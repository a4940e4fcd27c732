# A line of text as the network of lines.cnn takes it: a row for each of 67
# characters, and a 1 where it stands. Capitals are small letters; what is not
# in the list is all zeros. Needs Python alone.
#   python3 characters.py "see you at 14:30" line.npy

import struct
import sys

CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789 .,:;-_/@+()'\"!?#$%&*=<>[]{}|~^"
ROWS = len(CHARACTERS)


def rows_of(line):
    """ROWS lists of as many numbers as the line has characters, 16 at least."""
    line = line.lower().ljust(16)
    rows = [[0.0] * len(line) for _ in range(ROWS)]
    for i, character in enumerate(line):
        if character in CHARACTERS:
            rows[CHARACTERS.index(character)][i] = 1.0
    return rows


def write_npy(path, rows):
    text = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }" % (len(rows), len(rows[0]))
    text += " " * (-(10 + len(text) + 1) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode())
        for row in rows:
            file.write(struct.pack("<%df" % len(row), *row))


if __name__ == "__main__":
    write_npy(sys.argv[2], rows_of(sys.argv[1]))
