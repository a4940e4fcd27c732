"""Prints a line for each network from its `cnnc summary --json`: python3 sizes.py NET.json.."""
import json
import sys


def main():
    print("network        layers with weights  parameters, million  MACs, million")
    for path in sys.argv[1:]:
        with open(path) as file:
            summary = json.load(file)
        totals = summary["totals"]
        layers = sum(layer["macs"] > 0 for layer in summary["layers"])
        print(f"{summary['net']:14} {layers:19} {totals['parameters'] / 1e6:20.2f} {totals['macs'] / 1e6:14.1f}")


main()
