"""Draws what the demo prints on a terminal as SVG: docs/demo.svg.

usage: make_demo_picture.py DEMO PICTURE.png.. > docs/demo.svg

Runs `DEMO PICTURE.png..` on a pseudo-terminal, so that it prints colours and half blocks, and turns every character into
rectangles or text. Needs the Python standard library only. The picture in the repository was made by

    make demo
    python3 docs/make_demo_picture.py build/release/lenet5/demo examples/lenet5/samples/{1,3,7,9}-b.png > docs/demo.svg
"""
import os
import pty
import re
import sys
from xml.sax.saxutils import escape

CELL_WIDTH, CELL_HEIGHT, MARGIN = 8, 16, 16
BACKGROUND, TEXT, GREEN, RED = "#101418", "#d0d4d8", "#57ab5a", "#e5534b"
UPPER_HALF, FULL_BLOCK = "\u2580", 0x2588  # from FULL_BLOCK on: a column less one eighth, two eighths, ..


def run_on_terminal(command):
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.pop("NO_COLOR", None)
        os.execvp(command[0], command)
    printed = b""
    while True:
        try:
            some = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not some:
            break
        printed += some
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status:
        raise SystemExit(f"{command[0]} ended with status {status}")
    return printed.decode().replace("\r\n", "\n")


def colour_of(code):
    """One of the terminals' 256 colours, of which the demo uses greys only."""
    grey = {16: 0, 231: 255}.get(code, 8 + 10 * (code - 232))
    return f"#{grey:02x}{grey:02x}{grey:02x}"


def cells(printed):
    """Yields row, column, character, colour, background."""
    row = column = 0
    colour, background = TEXT, None
    for escape_codes, character in re.findall(r"\033\[([\d;]*)m|(.|\n)", printed):
        if character == "\n":
            row, column = row + 1, 0
        elif character:
            yield row, column, character, colour, background
            column += 1
        else:
            codes = [int(code or 0) for code in escape_codes.split(";")]
            while codes:
                code = codes.pop(0)
                if code in (38, 48):
                    chosen = colour_of(codes[1])
                    del codes[:2]
                    colour, background = (chosen, background) if code == 38 else (colour, chosen)
                elif code == 0:
                    colour, background = TEXT, None
                else:
                    colour = {31: RED, 32: GREEN}[code]


def draw(printed):
    """Rectangles by colour; texts as [row, column, colour, text]; width and height."""
    rectangles, texts, width, height = {}, [], 0, 0

    def rectangle(x, y, columns, rows, colour):
        rectangles.setdefault(colour, []).append((x, y, columns, rows))

    for row, column, character, colour, background in cells(printed):
        x, y = MARGIN + column * CELL_WIDTH, MARGIN + row * CELL_HEIGHT
        width, height = max(width, x + CELL_WIDTH), y + CELL_HEIGHT
        if character == UPPER_HALF:
            rectangle(x, y, CELL_WIDTH, CELL_HEIGHT // 2, colour)
            rectangle(x, y + CELL_HEIGHT // 2, CELL_WIDTH, CELL_HEIGHT // 2, background)
        elif FULL_BLOCK <= ord(character) < FULL_BLOCK + 8:
            rectangle(x, y + 3, CELL_WIDTH * (FULL_BLOCK + 8 - ord(character)) // 8, CELL_HEIGHT - 6, colour)
        elif character != " ":
            last = texts[-1] if texts else None
            if last and [last[0], last[1] + len(last[3]), last[2]] == [row, column, colour]:
                last[3] += character
            else:
                texts.append([row, column, colour, character])
    return rectangles, texts, width, height


def merged(runs):
    """Rectangles of one colour, those side by side in one row made one."""
    joined = []
    for x, y, width, height in sorted(runs, key=lambda run: (run[1], run[3], run[0])):
        if joined and joined[-1][1] == y and joined[-1][3] == height and joined[-1][0] + joined[-1][2] == x:
            joined[-1][2] += width
        else:
            joined.append([x, y, width, height])
    return joined


def svg(printed, title):
    rectangles, texts, width, height = draw(printed)
    width, height = width + MARGIN, height + MARGIN
    yield f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">'
    yield f"<title>{escape(title)}</title>"
    yield f'<rect width="{width}" height="{height}" rx="6" fill="{BACKGROUND}"/>'
    yield '<g shape-rendering="crispEdges">'
    for colour in sorted(rectangles):
        path = "".join(f"M{x} {y}h{w}v{h}h-{w}z" for x, y, w, h in merged(rectangles[colour]))
        yield f'<path fill="{colour}" d="{path}"/>'
    yield '</g>\n<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13" xml:space="preserve">'
    for row, column, colour, text in texts:
        x, y = MARGIN + column * CELL_WIDTH, MARGIN + row * CELL_HEIGHT + 12
        length = len(text) * CELL_WIDTH
        yield f'<text x="{x}" y="{y}" fill="{colour}" textLength="{length}">{escape(text)}</text>'
    yield "</g>\n</svg>"


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    printed = run_on_terminal(sys.argv[1:])
    print("\n".join(svg(printed, "cnnc's demo: digits as LeNet-5, compiled to C, reads them")))


main()
