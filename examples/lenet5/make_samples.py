# Draws the digits in samples/: two handwritings of ten digits each, as strokes
# through the control points below, shaken a little, inked with a soft pen and
# laid out as MNIST's digits are (in a box of 20x20 pixels, centred by mass):
#   python3 make_samples.py samples

import os
import struct
import sys
import zlib

import numpy

SIZE = 28
BOX = 20
SEED = 5

# Each digit is a list of strokes, each stroke the points (x right, y down) that
# a smooth curve passes through; a point given twice in a row is a corner.
UPRIGHT = {
    "0": [[(50, 2), (22, 16), (12, 50), (24, 86), (50, 98), (76, 84), (87, 50), (76, 14), (48, 2)]],
    "1": [[(51, 0), (50, 33), (50, 67), (49, 100)]],
    "2": [[(18, 22), (30, 5), (54, 0), (76, 12), (76, 34), (56, 62), (16, 98), (16, 98),
           (50, 97), (86, 98)]],
    "3": [[(18, 12), (40, 0), (68, 6), (74, 26), (60, 42), (38, 47), (38, 47), (66, 52),
           (80, 72), (68, 93), (42, 100), (16, 90)]],
    "4": [[(30, 2), (24, 28), (18, 54), (18, 54), (50, 55), (88, 53)],
          [(70, 2), (68, 50), (68, 100)]],
    "5": [[(28, 4), (25, 22), (22, 42), (22, 42), (46, 36), (70, 44), (80, 66), (68, 90),
           (44, 100), (16, 90)],
          [(28, 4), (52, 3), (80, 2)]],
    "6": [[(68, 2), (44, 18), (26, 46), (20, 74), (32, 95), (54, 100), (74, 88), (76, 68),
           (62, 54), (42, 56), (24, 72)]],
    "7": [[(14, 6), (46, 5), (82, 4), (82, 4), (62, 36), (48, 66), (38, 100)]],
    "8": [[(74, 14), (52, 1), (28, 12), (30, 32), (52, 47), (74, 64), (76, 86), (50, 100),
           (24, 88), (26, 66), (50, 48), (72, 32), (75, 14)]],
    "9": [[(76, 20), (56, 2), (32, 8), (22, 28), (34, 46), (56, 46), (74, 30), (77, 16),
           (77, 16), (75, 46), (70, 74), (64, 100)]],
}
CURSIVE = {
    "0": [[(62, 6), (36, 2), (14, 24), (8, 56), (22, 88), (50, 97), (78, 80), (90, 46), (82, 16),
           (56, 4), (44, 12)]],
    "1": [[(32, 24), (44, 14), (56, 0), (56, 0), (55, 50), (53, 100)]],
    "2": [[(20, 18), (40, 2), (66, 4), (76, 22), (64, 48), (38, 78), (18, 92), (10, 84), (24, 76),
           (46, 90), (70, 98), (92, 86)]],
    "3": [[(14, 4), (44, 3), (76, 3), (76, 3), (60, 22), (42, 40), (42, 40), (70, 46), (82, 68),
           (68, 92), (40, 100), (14, 88)]],
    "4": [[(62, 2), (40, 34), (10, 68), (10, 68), (50, 67), (92, 65)],
          [(64, 38), (62, 68), (60, 100)]],
    "5": [[(84, 2), (58, 4), (34, 4), (34, 4), (28, 22), (26, 40), (26, 40), (54, 38), (76, 52),
           (76, 76), (56, 96), (30, 98), (12, 86)]],
    "6": [[(58, 0), (34, 26), (20, 60), (26, 88), (48, 99), (70, 90), (74, 72), (58, 62),
           (38, 70), (28, 86)]],
    "7": [[(14, 16), (18, 6), (18, 6), (50, 8), (84, 4), (84, 4), (64, 40), (52, 70), (46, 100)],
          [(30, 54), (54, 52), (78, 49)]],
    "8": [[(78, 10), (54, 2), (32, 12), (34, 32), (58, 50), (72, 70), (64, 92), (42, 99),
           (24, 88), (30, 68), (54, 48), (74, 28), (80, 8)]],
    "9": [[(74, 12), (50, 2), (26, 16), (24, 38), (44, 46), (66, 34), (76, 10), (76, 10),
           (78, 44), (72, 78), (54, 98), (28, 94)]],
}

# Suffix of the file names, strokes, slant, relative width, pen radius in pixels.
HANDWRITINGS = [
    ("a", UPRIGHT, 0.04, 0.86, 1.35),
    ("b", CURSIVE, 0.22, 0.88, 1.1),
]


def smooth_curve(points, steps=60):
    """A Catmull-Rom spline through the points, finely sampled."""
    points = numpy.array(points, float)
    extended = numpy.concatenate([points[:1], points, points[-1:]])
    time = numpy.linspace(0, 1, steps)[:, None]
    pieces = []
    for before, start, end, after in zip(extended, extended[1:], extended[2:], extended[3:]):
        tangent_start = (end - before) / 2
        tangent_end = (after - start) / 2
        pieces.append(
            start * (2 * time**3 - 3 * time**2 + 1)
            + tangent_start * (time**3 - 2 * time**2 + time)
            + end * (3 * time**2 - 2 * time**3)
            + tangent_end * (time**3 - time**2)
        )
    return numpy.concatenate(pieces)


def split_at_corners(points):
    """Cut a stroke where a point is given twice in a row."""
    parts = [[points[0]]]
    for previous, point in zip(points, points[1:]):
        if point == previous:
            parts.append([])
        parts[-1].append(point)
    return parts


def pen_path(strokes, slant, width, random):
    """All points under the pen of one digit, slanted and shaken, in units of 1/100."""
    pieces = []
    for stroke in strokes:
        parts = [smooth_curve(part) for part in split_at_corners(stroke)]
        pieces.append(numpy.concatenate(parts))
    path = numpy.concatenate(pieces)
    phase_x, phase_y = random.uniform(0, 2 * numpy.pi, 2)
    wave_x = 2.0 * numpy.sin(path[:, 1] / 14 + phase_x)
    wave_y = 1.6 * numpy.sin(path[:, 0] / 17 + phase_y)
    path = path + numpy.stack([wave_x, wave_y], 1)
    turn = numpy.radians(random.normal(0, 2.5))
    x = width * path[:, 0] - slant * path[:, 1]
    y = path[:, 1]
    return numpy.stack(
        [numpy.cos(turn) * x - numpy.sin(turn) * y, numpy.sin(turn) * x + numpy.cos(turn) * y], 1
    )


def ink(path, radius):
    """Coverage 0..1 of each pixel by a round pen of this radius along the path."""
    centres = numpy.arange(SIZE) + 0.5
    distance_x = centres[None, :, None] - path[:, 0]
    distance_y = centres[:, None, None] - path[:, 1]
    distance = numpy.sqrt(distance_x**2 + distance_y**2).min(axis=2)
    return numpy.clip((radius + 0.6 - distance) / 1.2, 0, 1)


def draw_digit(strokes, slant, width, radius, random):
    path = pen_path(strokes, slant, width, random)
    low, high = path.min(axis=0), path.max(axis=0)
    path = (path - (low + high) / 2) * ((BOX - 2 * radius) / (high - low).max()) + SIZE / 2
    picture = ink(path, radius)
    centres = numpy.arange(SIZE) + 0.5
    mass_centre = numpy.array([picture.sum(axis=0) @ centres, picture.sum(axis=1) @ centres])
    path += SIZE / 2 - mass_centre / picture.sum()
    return numpy.rint(255 * ink(path, radius)).astype(numpy.uint8)


def png_chunk(kind, content):
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def write_gray_png(path, picture):
    height, width = picture.shape
    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.write(png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)))
        file.write(png_chunk(b"IDAT", zlib.compress(rows, 9)))
        file.write(png_chunk(b"IEND", b""))


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make_samples.py DIRECTORY")
    random = numpy.random.default_rng(SEED)
    os.makedirs(sys.argv[1], exist_ok=True)
    for suffix, digits, slant, width, radius in HANDWRITINGS:
        for digit, strokes in digits.items():
            picture = draw_digit(strokes, slant, width, radius, random)
            write_gray_png(os.path.join(sys.argv[1], f"{digit}-{suffix}.png"), picture)


if __name__ == "__main__":
    main()
