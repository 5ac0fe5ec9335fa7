"""Writers of dumps that are killed at random points: never a half dump under its final name, and older ones stay whole."""

import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "dump")]
from records import record  # noqa: E402

from nanhunt.dump.reader import DumpReader  # noqa: E402
from nanhunt.dump.retention import DumpFolder  # noqa: E402
from nanhunt.dump.writer import update_finding, write  # noqa: E402
from nanhunt.errors import DumpError  # noqa: E402

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


def large():
    """A record of some megabytes, so that there is time to be killed in."""
    return record(parameters={"w%d" % k: np.full((64, 1024), k, np.float32) for k in range(24)})


def read(path):
    """Everything in a dump, every checksum."""
    with DumpReader(path, guard=False) as reader:
        return {name: len(arrays[name].tobytes()) for arrays in reader.record.arrays().values() for name in arrays}


def forked(act, after, number):
    """Kill a process that does `act`, so many seconds after it began; whether it had ended by itself."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            act()
        finally:
            os._exit(0)
    time.sleep(after)
    ended = os.waitpid(child, os.WNOHANG)[0] != 0
    if not ended:
        os.kill(child, number)
        os.waitpid(child, 0)
    return ended


def killed_while_writing(folder, times, seed=0):
    """(times killed before the end, what was wrong)"""
    draw, wrong, killed = random.Random(seed), [], 0
    older = write(large(), folder / "older.h5")
    whole = read(older)
    begin = time.monotonic()
    write(large(), folder / "trial.h5")
    takes = time.monotonic() - begin
    for k in range(times):
        path = folder / ("%04d.h5" % k)
        killed += not forked(lambda path=path: write(large(), path), draw.uniform(0, 1.2 * takes), draw.choice(SIGNALS))
        try:
            if path.exists() and read(path) != whole:
                wrong.append("%s is not whole" % path.name)
            if read(older) != whole:
                wrong.append("the older dump changed")
        except DumpError as error:
            wrong.append(str(error))
        if path.exists():
            path.unlink()
    DumpFolder(folder, 1).check()
    left = [each.name for each in folder.iterdir() if each.name not in ("older.h5", "trial.h5")]
    return killed, wrong + ["left behind: %s" % name for name in left]


def killed_while_explaining(folder, times, seed=0):
    """The finding is overwritten in place: a kill may cost it, and nothing else."""
    draw, wrong, killed = random.Random(seed), [], 0
    path = write(large(), folder / "explained.h5")
    whole = read(path)
    for k in range(times):
        new = {"schema": 1, "iteration": {"epoch": 0, "iteration": k, "step": k}, "why": "x" * draw.randrange(30000)}

        def rewrite(new=new):
            while True:
                update_finding(path, new)

        killed += not forked(rewrite, draw.uniform(0.01, 0.1), signal.SIGKILL)
        try:
            if read(path) != whole:
                wrong.append("arrays changed")
        except DumpError as error:
            if "finding" not in str(error):
                wrong.append(str(error))
            path.unlink()
            write(large(), path)
    return killed, wrong
