"""Draws the lines of `limits` as SVG, a panel for each change: python3 plot.py < limits.txt > limits.svg"""
import sys

WIDTH, HEIGHT, LEFT, TOP, GAP = 180, 120, 50, 30, 30
AXES = {"shift": "pixels", "turn": "degrees", "scale": "times", "noise": "amplitude"}


def panel(name, points, left):
    amounts = [amount for amount, _ in points]
    low, span = min(amounts), max(amounts) - min(amounts)
    at = [(left + WIDTH * (amount - low) / span, TOP + HEIGHT * (1 - share)) for amount, share in points]
    yield f'<rect x="{left}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="#ffffff" stroke="#999999"/>'
    yield '<polyline fill="none" stroke="#1f5fa8" stroke-width="2" points="%s"/>' % " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    yield "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#1f5fa8"/>' for x, y in at)
    yield f'<text x="{left + WIDTH / 2}" y="{TOP - 8}" text-anchor="middle">{name}</text>'
    for amount, x in ((low, left), (max(amounts), left + WIDTH)):
        yield f'<text x="{x}" y="{TOP + HEIGHT + 16}" text-anchor="middle">{amount:g}</text>'
    yield f'<text x="{left + WIDTH / 2}" y="{TOP + HEIGHT + 16}" text-anchor="middle">{AXES[name]}</text>'


def main():
    panels = {}
    for line in sys.stdin:
        name, amount, right, _, of = line.split()
        panels.setdefault(name, []).append((float(amount), int(right) / int(of)))
    width = LEFT + len(panels) * (WIDTH + GAP)
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 180" width="{width}" height="180">')
    print('<rect width="100%" height="100%" fill="#f4f4f4"/>\n<g font-family="sans-serif" font-size="12">')
    print(f'<text x="{LEFT - 4}" y="{TOP + 8}" text-anchor="end">100 %</text>')
    print(f'<text x="{LEFT - 4}" y="{TOP + HEIGHT}" text-anchor="end">0</text>')
    for index, (name, points) in enumerate(panels.items()):
        print("\n".join(panel(name, points, LEFT + index * (WIDTH + GAP))))
    print("</g>\n</svg>")


main()
