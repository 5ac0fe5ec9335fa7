"""Sweeps whose runs are stood in for by `fake.py`."""

import os
import sys
from pathlib import Path

import pytest

from nanhunt.sweep.engine import Audience, Setup
from nanhunt.sweep.grid import Grid, Limits
from nanhunt.sweep.plan import plan
from nanhunt.sweep.record import Sweep

FAKE = (sys.executable, str(Path(__file__).parent / "fake.py"))
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def children_find_the_package(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]))


def grid(*names, repeat=1, iterations=4, **more):
    """Runs that end as `names` say."""
    return Grid("fakes", axes={"checkname": list(names)}, repeat=repeat, limits=Limits(iterations), **more)


def setup(folder, timeout=60.0, jobs=2):
    return Setup(folder, jobs, 1, timeout, command=FAKE)


@pytest.fixture
def swept(tmp_path):
    """Run a grid with stand-ins; the Sweep."""
    from nanhunt.sweep.engine import run_here

    def run(asked, **settings):
        runs = plan(asked, "1.0")
        outcome = run_here(runs, setup(tmp_path / "sweep", **settings), Audience())
        return Sweep(asked, "1.0", tuple(runs), outcome.results)

    return run


@pytest.fixture
def started(tmp_path):
    """Names and seeds of the runs that were started so far, in order of the alphabet."""
    return lambda: sorted((tmp_path / "sweep" / "started.txt").read_text().splitlines())
