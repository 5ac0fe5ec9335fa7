"""Dumps that were altered at random: each is read or refused in one line; none crashes, hangs, or takes all memory."""

import contextlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np

MEMORY = 1 << 30
"""Bytes of address space beyond what the imports take."""

SECONDS = 60
"""Processor time for a batch."""


def flip(data, draw):
    for _ in range(draw.choice((1, 1, 2, 8, 64))):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)


def flip_early(data, draw):
    """Metadata of the root group is near the beginning."""
    for _ in range(draw.choice((1, 2, 4))):
        data[draw.randrange(min(len(data), 4096))] = draw.randrange(256)


def blank(data, draw):
    begin = draw.randrange(len(data))
    end = min(len(data), begin + draw.choice((1, 16, 512, 4096)))
    data[begin:end] = bytes([draw.choice((0, 255))]) * (end - begin)


def cut(data, draw):
    del data[draw.randrange(len(data)) :]


def grow(data, draw):
    data += bytes(draw.randrange(1, 10000))


def move(data, draw):
    size = draw.choice((8, 64, 1024))
    a, b = draw.randrange(len(data)), draw.randrange(len(data))
    data[a : a + size] = data[b : b + size]


def huge_numbers(data, draw):
    at = draw.randrange(max(1, len(data) - 8))
    data[at : at + 8] = draw.choice((2**63 - 1, 2**40, 2**32 - 1, 0)).to_bytes(8, "little")


BYTES = (flip, flip_early, blank, cut, grow, move, huge_numbers)


def _places(file):
    found = []
    file.visit(found.append)
    return found


def _dataset(file, draw, **how):
    place = draw.choice([each for each in _places(file) if isinstance(file[each], h5py.Dataset)])
    del file[place]
    return file.create_dataset(place, **how)


def external_link(file, draw):
    place = draw.choice(_places(file))
    del file[place]
    file[place] = h5py.ExternalLink("/etc/passwd", "/")


def soft_cycle(file, draw):
    place = draw.choice(_places(file))
    del file[place]
    file[place] = h5py.SoftLink("/" + place)


def hard_cycle(file, draw):
    groups = [each for each in _places(file) if isinstance(file[each], h5py.Group)]
    file[draw.choice(groups) + "/again"] = file[draw.choice(groups)]


def giant(file, draw):
    _dataset(file, draw, shape=(1 << draw.randrange(20, 50),), dtype="f8")


def sparse_giant(file, draw):
    _dataset(file, draw, shape=(1 << 40,), dtype="f4", chunks=(1 << 20,), compression="gzip")


def other_type(file, draw):
    kinds = (np.zeros(3, complex), np.array([b"x"]), np.zeros(2, [("a", "f4"), ("b", "O")][:1]), np.array(["a"], object))
    value = draw.choice(kinds)
    if value.dtype == object:
        _dataset(file, draw, data=["text"], dtype=h5py.string_dtype())
    else:
        _dataset(file, draw, data=value)


def huge_attribute(file, draw):
    place = draw.choice(["/"] + _places(file))
    file[place].attrs["huge"] = np.array(b"x" * (1 << draw.randrange(10, 22)))


def other_attribute(file, draw):
    place = draw.choice([each for each in ["/"] + _places(file) if len(file[each].attrs)])
    name = draw.choice(list(file[place].attrs))
    file[place].attrs[name] = draw.choice((np.zeros(4), "text", -1, np.float32("nan"), b"[" * 5000, np.array([1, 2], "u1")))


def other_json(file, draw):
    place = draw.choice(
        [each for each in _places(file) if isinstance(file[each], h5py.Dataset) and file[each].dtype.kind == "S"]
    )
    text = draw.choice(
        (b"null", b"[[[[", b"[" * 20000 + b"]" * 20000, b'{"nodes": 3}', b"1e999", b'[{"kind": 1}]', b"\xff\xfe")
    )
    del file[place]
    file.create_dataset(place, data=np.array(text, dtype=h5py.string_dtype("utf-8", len(text))))


def removed(file, draw):
    del file[draw.choice(_places(file))]


STRUCTURE = (
    external_link,
    soft_cycle,
    hard_cycle,
    giant,
    sparse_giant,
    other_type,
    huge_attribute,
    other_attribute,
    other_json,
    removed,
)


def mutate(source, target, draw):
    """Write an altered copy; the name of how."""
    how = draw.choice(BYTES + STRUCTURE)
    data = bytearray(source.read_bytes())
    if how in BYTES:
        how(data, draw)
        target.write_bytes(bytes(data))
        return how.__name__
    target.write_bytes(bytes(data))
    with h5py.File(str(target), "r+") as file:
        how(file, draw)
    return how.__name__


def read_all(path, guard):
    """Read everything that a command reads; None, or what it was refused with."""
    from nanhunt.backends.graph import Graph
    from nanhunt.dump.reader import DumpReader
    from nanhunt.dump.runup import run_up_of
    from nanhunt.errors import DumpError
    from nanhunt.report.reading import finding_of

    try:
        with DumpReader(path, guard=guard) as reader:
            for arrays in reader.record.arrays().values():
                for name in arrays:
                    arrays[name]
            finding_of(reader.record)
            run_up_of(reader.record)
            with contextlib.suppress(ValueError):  # a Session turns this into a DumpDamagedError
                Graph.from_json(reader.record.graph)
    except DumpError as error:
        return str(error)
    return None


def in_child(folder, names, guard):
    """What came out for each file, in order, as far as the child came: None, the refusal, or what else was raised."""
    script = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); import fuzzing; fuzzing.child(sys.argv[2:])"
    words = [json.dumps([str(Path(__file__).parent)] + [os.path.abspath(each) for each in sys.path])]
    command = [sys.executable, "-c", script, *words, str(int(guard)), str(folder), *names]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, timeout=20 * SECONDS)
    lines = [json.loads(line) for line in done.stdout.decode().splitlines() if line.endswith("]")]
    return lines, done.returncode


def child(words):
    """In the other process."""
    guard, folder, names = bool(int(words[0])), Path(words[1]), words[2:]
    import nanhunt.report.reading  # noqa: F401

    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name in names:
        try:
            print(json.dumps(["ok", read_all(folder / name, guard)]), flush=True)
        except BaseException as error:
            print(json.dumps(["raised", "%s: %s" % (type(error).__name__, error)]), flush=True)


def fuzzed(folder, sources, times, seed=0, batch=200):
    """(refused, read, ended by the guard, what was wrong)"""
    draw, wrong = random.Random(seed), []
    counts = {"refused": 0, "read": 0, "guarded": 0}
    for first in range(0, times, batch):
        hows = {}
        for k in range(first, min(times, first + batch)):
            name = "%05d.h5" % k
            hows[name] = mutate(draw.choice(sources), folder / name, draw)
        waiting = list(hows)
        while waiting:
            lines, code = in_child(folder, waiting, guard=False)
            for name, (kind, said) in zip(waiting, lines):
                _judge(name, hows[name], kind, said, counts, wrong)
            waiting = waiting[len(lines) :]
            if waiting and code != 0:
                # It crashed or looped in HDF5, which is what the guard is there for.
                name = waiting.pop(0)
                lines, code = in_child(folder, [name], guard=True)
                if code != 0 or not lines or lines[0][0] != "ok" or lines[0][1] is None:
                    wrong.append("%s (%s): ended by %s, guarded" % (name, hows[name], _signal(code)))
                else:
                    counts["guarded"] += 1
        for name in hows:
            (folder / name).unlink()
    return counts, wrong


def _judge(name, how, kind, said, counts, wrong):
    if kind == "raised":
        wrong.append("%s (%s): %s" % (name, how, said))
    elif said is None:
        counts["read"] += 1
    elif "\n" in said or len(said) > 2000:
        wrong.append("%s (%s): more than a line: %r" % (name, how, said[:200]))
    else:
        counts["refused"] += 1


def _signal(code):
    return signal.Signals(-code).name if code < 0 else "exit code %d" % code
