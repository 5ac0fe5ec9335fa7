"""Native code that crashes in a watched program: where the program stood is told."""

import json
import subprocess
import sys

import pytest
from kinds_table import environment

PROGRAM = """
import ctypes, faulthandler, sys
import mxnet as mx
{before}
x = mx.nd.ones((2, 3))
x.attach_grad()

def broken():
    ctypes.string_at(0)

for step in range(3):
    with mx.autograd.record():
        loss = (x * x).sum()
    loss.backward()
    if step == 1:
        broken()
"""
CRASHES = PROGRAM.split("\n").index("    ctypes.string_at(0)") + 1


def run(folder, before="", **variables):
    program = folder / "program.py"
    program.write_text(PROGRAM.format(before=before))
    call = [sys.executable, "-m", "nanhunt", "run", "--json", "finding.json", "program.py"]
    given = {name: value for name, value in environment().items() if name != "PYTHONFAULTHANDLER"}
    done = subprocess.run(call, cwd=str(folder), env=dict(given, **variables), capture_output=True, text=True, timeout=120)
    assert done.returncode not in (0, 1, 3), done.stderr
    return done.stderr


@pytest.mark.parametrize("variables", [{}, {"PYTHONFAULTHANDLER": "1"}])
def test_the_line_of_the_program_is_told(variables, tmp_path):
    told = run(tmp_path, **variables)
    assert "Segmentation fault" in told
    assert 'program.py", line %d in broken' % CRASHES in told, told
    assert told.count("in broken") == 1, told
    assert json.loads((tmp_path / "finding.json").read_text()) is None


def test_what_the_program_itself_set_up_is_left_alone(tmp_path):
    told = run(tmp_path, before="faulthandler.enable(open('stacks', 'w'))")
    assert "in broken" not in told
    assert "line %d in broken" % CRASHES in (tmp_path / "stacks").read_text()


def test_it_ends_with_the_watching(tmp_path):
    program = "import faulthandler\nimport mxnet, nanhunt\nwith nanhunt.watch():\n    {0}\n{0}".format(
        "print(faulthandler.is_enabled())"
    )
    (tmp_path / "program.py").write_text(program)
    given = {name: value for name, value in environment().items() if name != "PYTHONFAULTHANDLER"}
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=str(tmp_path), env=given, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split() == ["True", "False"], done.stderr
