"""A folder in which the commands of the documentation run: a program that goes NaN, its dumps, logs, a grid."""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import mxnet as mx

from nanhunt.cli import main

ROOT = Path(__file__).resolve().parents[2]
WARM = str(ROOT / "tests" / "run" / "warm.py")

PROGRAM = '''\
"""A classifier whose loss is log(softmax(x)), at a rate that is too high for it: --lr N, 0.1 if not given."""

import sys

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd

rate = float(sys.argv[sys.argv.index("--lr") + 1]) if "--lr" in sys.argv else 0.1
mx.random.seed(1)
net = gluon.nn.HybridSequential()
net.add(gluon.nn.Dense(16, activation="relu", in_units=8), gluon.nn.Dense(4, in_units=16))
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 30 * rate})
draw = np.random.RandomState(0)
for step in range(9):
    data = nd.array(draw.randn(6, 8).astype("float32"))
    label = nd.array(draw.randint(0, 4, 6).astype("float32"))
    with autograd.record():
        loss = -nd.pick(nd.log(nd.softmax(net(data))), label)
    loss.backward()
    trainer.step(6)
'''

LOG = """\
Epoch 0 iteration 0010/0040: training loss 1.31{seed}
Epoch 0 iteration 0020/0040: training loss 1.22{seed}
Epoch 0 iteration 0030/0040: training loss nan
Epoch 0 iteration 0040/0040: training loss nan
Epoch 1 iteration 0010/0040: training loss 1.10{seed}
"""


class Sandbox:
    """The folder, and a way to run `python WORDS` in it.

    Args:
        folder: empty.
    """

    def __init__(self, folder):
        self.folder = folder
        self._server = None
        for name in ("train.py", "train_net.py"):
            (folder / name).write_text(PROGRAM)
        for name, seed in (("train.log", 1), ("run1.log", 1), ("run2.log", 2)):
            (folder / name).write_text(LOG.format(seed=seed))
        text = (ROOT / "docs" / "sweep.md").read_text(encoding="utf-8")
        (folder / "grid.toml").write_text(re.search(r"```toml\n(.*?)```", text, re.DOTALL).group(1), encoding="utf-8")
        for name, rate in (("a.h5", "0.12"), ("b.h5", "0.1")):
            words = "run", "--snapshot-every", "8", "--history", "8", "--dump-dir", "dumps-" + name, "train.py", "--lr", rate
            code, told = self.nanhunt(words)
            assert code == 3, told
            next((folder / ("dumps-" + name)).glob("nan-*.h5")).rename(folder / name)
        (folder / "dump.h5").write_bytes((folder / "a.h5").read_bytes())

    def nanhunt(self, words):
        """Returns: exit code and output of a command, with the dump that is there for any that the documentation names."""
        words = [re.sub(r"^(DUMP|.*nan-e\d+-i\d+-s\d+\.h5)$", "dump.h5", word) for word in words]
        return self._run("-m", "nanhunt", *words) if words[0] == "run" else self._here(words)

    def _here(self, words):
        """In this process: a command that runs no program of somebody's leaves nothing behind."""
        told, before = io.StringIO(), os.getcwd()
        os.chdir(str(self.folder))
        try:
            with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
                code = main(list(words))
        finally:
            os.chdir(before)
        return code, told.getvalue()

    def _run(self, *words):
        if not hasattr(mx, "np"):
            # MXNet 1.4.1 is imported in half a second, and some of its operators hang in a forked process.
            done = subprocess.run(
                [sys.executable, WARM, *words],
                cwd=str(self.folder),
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=60,
            )
            return done.returncode, done.stdout.decode("utf-8", "replace")
        if self._server is None:
            self._server = subprocess.Popen(
                [sys.executable, WARM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self._environment()
            )
        printed = {name: self.folder / (".printed-" + name) for name in ("out", "err")}
        for path in printed.values():
            path.write_text("")
        asked = dict({name: str(path) for name, path in printed.items()}, words=words, folder=str(self.folder), seconds=60)
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        said = self._server.stdout.readline().strip()
        code = -1 if said == "late" else int(said)
        return code, "".join(path.read_text(encoding="utf-8", errors="replace") for path in printed.values())

    def _environment(self):
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        return dict(os.environ, PYTHONPATH=path, COLUMNS="80", NO_COLOR="1", OMP_NUM_THREADS="1")

    def close(self):
        """End the process that runs the commands."""
        if self._server is not None:
            self._server.stdin.close()
            self._server.wait(timeout=60)
            self._server.stdout.close()
