"""The way to run a program that most tests of this folder use."""

import json
import os
import subprocess
import sys

import mxnet as mx
import pytest
from kinds_table import HERE, environment, text_of, unforked


@pytest.fixture(scope="module")
def warm():
    """Runs `python WORDS`: (exit code, stdout, stderr); forked from a process that has imported MXNet, where that is slow."""
    if not hasattr(mx, "np"):
        # MXNet 1.4.1 is imported in half a second, and some of its operators hang in a forked process.
        yield unforked
        return
    server = subprocess.Popen(
        [sys.executable, str(HERE / "warm.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
        text=True,
    )

    def run(folder, *words):
        asked = {"words": [str(each) for each in words], "folder": str(folder), "seconds": 120}
        asked.update((name, str(folder / name)) for name in ("out", "err"))
        for name in ("out", "err"):
            if os.path.exists(asked[name]):
                os.remove(asked[name])
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        code = server.stdout.readline().strip()
        assert code != "late", (words, text_of(asked["err"])[-2000:])
        return int(code), text_of(asked["out"]), text_of(asked["err"])

    yield run
    server.stdin.close()
    server.wait(timeout=60)
    server.stdout.close()
