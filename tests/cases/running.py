"""Programs under `nanhunt run`; where MXNet is slow to import, each in a fork of a process that has (`tests/run/warm.py`)."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple, Optional

import mxnet as mx
import pytest
from table import THOROUGH, XFAIL

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PROGRAMS = HERE / "programs"
SECONDS = 60


class Ran(NamedTuple):
    """What `nanhunt run` left of one program."""

    code: str
    out: str
    err: str
    finding: Optional[dict]


@contextlib.contextmanager
def warm():
    """Gives `run(program, folder)`; the random stream is the program's own."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(paths), COLUMNS="200", OMP_NUM_THREADS="1")
    program_of = [sys.executable, str(ROOT / "tests" / "run" / "warm.py")]

    def alone(asked):
        with open(asked["out"], "w") as out, open(asked["err"], "w") as err:
            command = [*program_of, *asked["words"]]
            ended = subprocess.run(command, stdout=out, stderr=err, cwd=asked["folder"], env=environment, timeout=SECONDS)
        return str(ended.returncode)

    def run(program, folder):
        copy = shutil.copy(str(PROGRAMS / (program + ".py")), str(folder))
        json_file = folder / "finding.json"
        options = ["--no-reseed", "--dump-dir", folder / "dumps", "--json", json_file]
        asked = {"words": [str(each) for each in ["-m", "nanhunt", "run", *options, copy]], "folder": str(folder)}
        asked.update(out=str(folder / "out"), err=str(folder / "err"), seconds=SECONDS)
        code = code_of(asked)
        texts = [(folder / name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err")]
        return Ran(code, *texts, json.loads(json_file.read_text()) if json_file.exists() else None)

    if not hasattr(mx, "np"):
        # MXNet 1.4.1 is imported in half a second. In a fork some of its operators hang, and its own exit aborts.
        code_of = alone
        yield run
        return
    server = subprocess.Popen(program_of, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True)

    def forked(asked):
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        return server.stdout.readline().strip()

    code_of = forked
    yield run
    server.stdin.close()
    server.wait(timeout=60)
    server.stdout.close()


def missing(need):
    """Whether this version of MXNet lacks what the table calls so."""
    if need == "mx.np":
        return not hasattr(mx, "np")
    if need == "amp":
        try:
            from mxnet.contrib import amp  # noqa: F401
        except ImportError:
            return True
        return False
    if need == "det":
        return not hasattr(mx.nd.linalg, "det")
    if need == "second order":
        return not _differentiable_twice(mx)
    if need == "lp of 0":
        data = mx.nd.zeros((1, 1, 2, 2))
        data.attach_grad()
        with mx.autograd.record():
            pooled = mx.nd.Pooling(data, kernel=(2, 2), pool_type="lp", p_value=2)
        pooled.backward()
        return float(data.grad.asnumpy().sum()) == 0
    return False


def _differentiable_twice(mx):
    data, weight = mx.nd.ones((1, 1)), mx.nd.ones((1, 1))
    data.attach_grad()
    with mx.autograd.record():
        score = mx.nd.FullyConnected(data, weight, no_bias=True, num_hidden=1)
        try:
            slope = mx.autograd.grad(score, data, create_graph=True)[0]
            slope.backward()
        except mx.base.MXNetError:
            return False
    return True


def marked(case):
    """A parameter of a test: the case, or the name of a healthy program."""
    program = getattr(case, "program", case)
    marks = [pytest.mark.xfail(reason=XFAIL[program], strict=False)] if program in XFAIL else []
    return pytest.param(case, id=program, marks=marks + [pytest.mark.thorough] * (program in THOROUGH))


def is_one_of(value, allowed):
    """Whether it is among the answers of the table, separated by `|`; None allows all."""
    return allowed is None or value in allowed.split("|")


def line_named(program, finding):
    """The line of the program's text that its finding names."""
    file, _, number = (finding["producer"] or {}).get("source", "").rpartition(":")
    if file != program + ".py":
        return ""
    return (PROGRAMS / file).read_text(encoding="utf-8").splitlines()[int(number) - 1].strip()


def differences(case, ran):
    """Each answer of the finding that is not the table's, as text."""
    finding = ran.finding
    if finding is None:
        return ["nothing found (exit code %s)" % ran.code]
    told = dict(finding["producer"] or {"op": "?", "phase": "?"}, cause=finding["cause"])
    wrong = []
    for name in ("op", "phase", "cause"):
        expected = getattr(case, name)
        if not is_one_of(told[name], expected):
            wrong.append("%s `%s`, not `%s`" % (name, told[name], expected))
    if case.at and case.at not in line_named(case.program, finding):
        wrong.append("line `%s`, which has no `%s`" % (line_named(case.program, finding), case.at))
    for name, reached in finding["spread"].items():
        if getattr(case, name) not in (None, reached):
            wrong.append("spread %s %s, not %s" % (name, reached, getattr(case, name)))
    return wrong
