#!/usr/bin/env python3
"""make_lists.py [NAME..] - writes lists/NAME.txt: names and shapes of the parameters of torchvision's and timm's networks,
from their own state_dict. Needs both packages (Debian: python3-torchvision; timm: pip install timm)."""
import importlib
import os
import sys

import peers
from table import NETWORKS, list_of


def main():
    for folder, name, count, peer in NETWORKS:
        if peer == "here" or (sys.argv[1:] and name not in sys.argv[1:]):
            continue
        version = importlib.import_module(peer.split(".")[0]).__version__
        tensors = peers.parameters(peers.module(peer))
        os.makedirs(os.path.dirname(list_of(name)), exist_ok=True)
        with open(list_of(name), "w", encoding="utf-8") as file:
            file.write("# %s %s, by make_lists.py\n" % (peer, version))
            for key, value in tensors.items():
                file.write("%s %s\n" % (key, "x".join(map(str, value.shape))))
        print("%s: %d parameters" % (name, len(tensors)))


if __name__ == "__main__":
    main()
