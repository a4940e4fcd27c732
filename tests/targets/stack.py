"""The most stack that a call takes: gcc's own report of each function and of who calls whom (-fcallgraph-info=su), along the
deepest chain. Functions of the compiler's library have no report; of those the instructions for Thumb are read."""
import re


def read_report(path):
    """By function: bytes of its frame, None for those of other files; and what it calls."""
    frames, calls = {}, {}
    with open(path, encoding="ascii") as file:
        for line in file:
            node = re.match(r'node: \{ title: "([^"]+)" label: "([^"]*)"', line)
            edge = re.match(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', line)
            if node:
                size = re.search(r"(\d+) bytes \((\w[\w,]*)\)", node.group(2))
                if size and size.group(2) not in ("static", "dynamic,bounded"):
                    raise ValueError("%s: stack is not bounded" % node.group(1))
                frames[node.group(1)] = int(size.group(1)) if size else None
            elif edge:
                calls.setdefault(edge.group(1), set()).add(edge.group(2))
    return frames, calls


def read_listing(listing):
    """The same of all functions of a program, from what objdump prints of Thumb code."""
    frames, calls, name = {}, {}, None
    for line in listing.splitlines():
        begin = re.match(r"[0-9a-f]+ <([^>]+)>:$", line)
        if begin:
            name = begin.group(1)
            frames[name] = 0
            continue
        words = line.split("\t")
        if name is None or len(words) < 3:
            continue
        operation, operands = words[2].strip(), words[3] if len(words) > 3 else ""
        pushed = operands.strip("{} \t").split(",") if operation in ("push", "vpush", "stmdb") else []
        if operation == "stmdb" and not operands.startswith("sp!"):
            pushed = []
        elif operation == "stmdb":
            pushed = pushed[1:]
        frames[name] += (8 if pushed and pushed[0].strip().startswith("d") else 4) * len(pushed)
        stored = re.search(r"\[sp, #-(\d+)\]!", operands)
        if stored:
            frames[name] += int(stored.group(1))
        below = re.match(r"sp, (?:sp, )?#(\d+)", operands)
        if operation.startswith("sub") and below:
            frames[name] += int(below.group(1))
        callee = re.search(r"<([^>+]+)(?:\+0x[0-9a-f]+)?>", operands) if operation.startswith("b") else None
        if callee and callee.group(1) != name:
            calls.setdefault(name, set()).add(callee.group(1))
    return frames, calls


def deepest(name, frames, calls, beyond, path=()):
    if name in path:
        raise ValueError("%s calls itself" % name)
    own = frames.get(name)
    if own is None:
        return beyond(name)
    return own + max((deepest(callee, frames, calls, beyond, (*path, name)) for callee in calls.get(name, ())), default=0)


def stack_of(report, entry, listing):
    """Bytes of the deepest chain from entry; functions outside of the file count where the program's listing has them."""
    library = read_listing(listing) if listing else ({}, {})

    def beyond(name):
        return deepest(name, *library, lambda _: 0) if name in library[0] else 0

    frames, calls = read_report(report)
    return deepest(entry, frames, calls, beyond)
