"""Draws lines `change amount right of` as SVG, a panel for each change: python3 plot.py < limits.txt > limits.svg

--together UNIT draws all changes into one panel, as curves beside each other, over amounts of that unit.
"""
import sys

WIDTH, HEIGHT, LEFT, TOP, GAP = 180, 120, 50, 30, 30
AXES = {"shift": "pixels", "turn": "degrees", "scale": "times", "noise": "amplitude"}
COLORS = ("#1f5fa8", "#b8442e")


def curve(points, left, width, color):
    amounts = [amount for amount, _ in points]
    low, span = min(amounts), max(amounts) - min(amounts)
    at = [(left + width * (amount - low) / span, TOP + HEIGHT * (1 - share)) for amount, share in points]
    yield f'<polyline fill="none" stroke="{color}" stroke-width="2" points="%s"/>' % " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    yield "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>' for x, y in at)


def panel(curves, left, width, unit):
    """Curves over the same amounts, whose names stand above in their colours; one alone has a black name."""
    amounts = [amount for amount, _ in curves[0][1]]
    yield f'<rect x="{left}" y="{TOP}" width="{width}" height="{HEIGHT}" fill="#ffffff" stroke="#999999"/>'
    for (name, points), color, place in zip(curves, COLORS, range(1, 1 + len(curves))):
        yield from curve(points, left, width, color)
        fill = f' fill="{color}"' if len(curves) > 1 else ""
        yield f'<text x="{left + width * place / (1 + len(curves))}" y="{TOP - 8}" text-anchor="middle"{fill}>{name}</text>'
    for amount, x in ((min(amounts), left), (max(amounts), left + width)):
        yield f'<text x="{x}" y="{TOP + HEIGHT + 16}" text-anchor="middle">{amount:g}</text>'
    yield f'<text x="{left + width / 2}" y="{TOP + HEIGHT + 16}" text-anchor="middle">{unit}</text>'


def main():
    changes = {}
    for line in sys.stdin:
        name, amount, right, _, of = line.split()
        changes.setdefault(name, []).append((float(amount), int(right) / int(of)))
    if sys.argv[1:2] == ["--together"]:
        panels = [(list(changes.items()), 2 * WIDTH, sys.argv[2])]
    else:
        panels = [([change], WIDTH, AXES[change[0]]) for change in changes.items()]
    width = LEFT + sum(panel[1] + GAP for panel in panels)
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 180" width="{width}" height="180">')
    print('<rect width="100%" height="100%" fill="#f4f4f4"/>\n<g font-family="sans-serif" font-size="12">')
    print(f'<text x="{LEFT - 4}" y="{TOP + 8}" text-anchor="end">100 %</text>')
    print(f'<text x="{LEFT - 4}" y="{TOP + HEIGHT}" text-anchor="end">0</text>')
    left = LEFT
    for curves, wide, unit in panels:
        print("\n".join(panel(curves, left, wide, unit)))
        left += wide + GAP
    print("</g>\n</svg>")


main()
