"""Puts the tests' own programs on the path, and holds every JSON file that a test makes against the shipped schemas."""

import json
import os
import pkgutil
import subprocess
import sys
import threading
from pathlib import Path

import fastjsonschema
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from browser import browser, opened  # noqa: E402, F401

SCHEMAS = {
    name: fastjsonschema.compile(json.loads(pkgutil.get_data("nanhunt", "schemas/%s.schema.json" % name).decode("utf-8")))
    for name in ("finding", "inspection", "log", "preflight", "sweep", "selftest")
}

KINDS = (
    ("outcomes", "selftest"),
    ("cause", "finding"),
    ("problems", "inspection"),
    ("files", "log"),
    ("runs", "sweep"),
    ("remarks", "preflight"),
)
"""A key that only this kind of file has."""

THOROUGH = (
    "data/test_cluster_of_data.py",
    "data/test_pathologies.py",
    "distributed/test_job.py",
    "distributed/test_launch.py",
    "docs/test_commands.py",
    "docs/test_site.py",
    "faults/test_faults.py",
    "faults/test_mounts.py",
    "faults/test_runs.py",
    "hang/test_hangs.py",
    "preflight/test_preflight_of_training.py",
    "replay/test_determinism.py",
    "replay/test_rewind.py",
    "selftest/test_selftest.py",
    "sweep/test_cluster.py",
    "sweep/test_sweep.py",
    "train/test_rewind_indices.py",
)
"""Files whose tests start many processes, wait for hangs or drive a browser: `make thorough` runs them, not `make test`."""


if sys.version_info < (3, 8):
    _begin = subprocess.Popen.__init__

    def _with_an_environment(self, *arguments, **options):
        """MXNet 1.4.1 sets variables in a forked process before it runs another program, which then now and then cannot be run
        with them ("Bad address"): it gets a copy of Python's instead."""
        if options.get("env") is None:
            options["env"] = dict(os.environ)
        _begin(self, *arguments, **options)

    subprocess.Popen.__init__ = _with_an_environment


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if Path(str(item.fspath)).relative_to(here).as_posix() in THOROUGH:
            item.add_marker("thorough")


@pytest.fixture(autouse=True)
def every_json_file_is_valid(request):
    """Whatever a test has written with `--json` into its folder is what the shipped schemas say."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    for path in folder.rglob("*.json") if folder is not None else ():
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue  # a test of damaged ones
        kind = next((name for key, name in KINDS if isinstance(body, dict) and key in body and "schema" in body), None)
        if kind is not None:
            SCHEMAS[kind](body)


@pytest.fixture(autouse=True)
def no_hunt_is_left_open():
    """A hunt that is left open in the middle of an iteration is a hang to its watchdog, minutes later, in another test."""
    yield
    left = [each for each in threading.enumerate() if each.name == "nanhunt-watchdog"]
    for each in left:
        each.join(2)  # it looks twice a second whether it is to end
    assert not any(each.is_alive() for each in left)
