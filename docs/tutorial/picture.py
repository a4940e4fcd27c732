"""Draws arrays side by side as SVG: python3 picture.py A.npy.. > PICTURE.svg

Each plane is stretched from black, its smallest number, to white, its largest. The name of the file stands below, with
the channel's number where there are several.
"""
import pathlib
import sys

from show import planes

PIXEL, GAP, CAPTION = 5, 10, 18


def draw(rows, left):
    """One path for each shade of gray."""
    numbers = [number for row in rows for number in row]
    low, span = min(numbers), (max(numbers) - min(numbers)) or 1
    squares = {}
    for y, row in enumerate(rows):
        for x, number in enumerate(row):
            shade = round(31 * (number - low) / span) * 255 // 31
            squares.setdefault(shade, []).append(f"M{left + x * PIXEL} {GAP + y * PIXEL}h{PIXEL}v{PIXEL}h-{PIXEL}z")
    for shade, parts in sorted(squares.items()):
        yield f'<path fill="#{shade:02x}{shade:02x}{shade:02x}" d="{"".join(parts)}"/>'


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    drawn, left, bottom = [], GAP, 0
    for path in sys.argv[1:]:
        channels = planes(path)
        for channel, rows in enumerate(channels):
            name = pathlib.Path(path).stem + (f" {channel}" if len(channels) > 1 else "")
            drawn += draw(rows, left)
            below = GAP + len(rows) * PIXEL + CAPTION
            drawn.append(f'<text x="{left}" y="{below - 4}">{name}</text>')
            left += max(len(rows[0]) * PIXEL, 80) + GAP
            bottom = max(bottom, below)
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left} {bottom + GAP}" width="{left}" height="{bottom + GAP}">')
    print('<rect width="100%" height="100%" fill="#e8e8e8"/>')
    print('<g shape-rendering="crispEdges" font-family="sans-serif" font-size="13">')
    print("\n".join(drawn) + "\n</g>\n</svg>")


main()
