"""A run survives what its disk, its terminal, its clock and its memory do, and what was found is told."""

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import programs
import pytest
from mxnet.base import MXNetError

import nanhunt
from nanhunt.dump import writer
from nanhunt.dump.reader import DumpReader
from nanhunt.watching import hit

PROGRAM = Path(__file__).parent / "programs" / "skips.py"


def watched(tmp_path, **options):
    """Three non-finite iterations in a row; the Hunt, the losses and what was noticed."""
    notices = []
    net, trainer = programs.segmenter()
    options = dict({"dump_dir": tmp_path / "dumps", "on_nonfinite": "skip", "on_notice": notices.append}, **options)
    with nanhunt.watch(net, trainer, **options) as hunt:
        losses = programs.train(hunt, net, trainer, programs.norm_of_zero, 3)
    return hunt, losses, notices


def whole(paths):
    for path in paths:
        with DumpReader(path, guard=False) as reader:
            for arrays in reader.record.arrays().values():
                for name in arrays:
                    arrays[name]


@pytest.mark.parametrize("error", [MemoryError(), MXNetError("Failed to allocate CPU Memory\nStack trace:"), RuntimeError()])
def test_out_of_memory_in_the_microscope_costs_the_explanation_alone(tmp_path, monkeypatch, error):
    def fails(*_, **__):
        raise error

    monkeypatch.setattr(hit, "explain", fails)
    hunt, losses, notices = watched(tmp_path, keep_dumps=2)
    assert len(losses) == 3 and len(hunt.findings) == 3 and len(hunt.dumps) == 2
    whole(hunt.dumps)
    assert notices and all("could not be explained" in each and "\n" not in each for each in notices)


@pytest.mark.parametrize(
    "number, says", [(errno.ENOSPC, "no room"), (errno.EROFS, "not mounted read-only"), (errno.EIO, "cannot be")]
)
def test_a_disk_that_fails_in_mid_run_costs_the_dump_alone(tmp_path, monkeypatch, number, says):
    def fails(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(writer, "_fill", fails)
    hunt, losses, notices = watched(tmp_path)
    assert len(losses) == 3 and len(hunt.findings) == 3 and not hunt.dumps
    assert len(notices) >= 3 and all("\n" not in each for each in notices) and says in notices[0]
    assert os.listdir(str(tmp_path / "dumps")) == []


def test_a_disk_with_too_little_room_is_told_before_anything_is_written(tmp_path, monkeypatch):
    usage = shutil.disk_usage(str(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1 << 20))
    hunt, losses, notices = watched(tmp_path)
    assert len(losses) == 3 and len(hunt.findings) == 3 and not hunt.dumps and "no room for a dump" in notices[0]


def test_a_clock_that_jumps_changes_nothing(tmp_path, monkeypatch):
    real, jumps = time.time, iter([1e9, -1e9] * 10000)
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))
    hunt, losses, notices = watched(tmp_path, hang_timeout=5.0)
    assert len(losses) == 3 and [each.cause for each in hunt.findings] == ["gradient-singularity"] * 3 and not notices
    whole(hunt.dumps)


def run(folder, *words, **options):
    command = [sys.executable, "-m", "nanhunt", "run", "--on-nonfinite", "skip", "--no-explain", "--json", "f.json", *words]
    return subprocess.Popen([*command, str(PROGRAM)], cwd=str(folder), **options)


def test_two_runs_in_one_folder_keep_each_others_dumps(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    runs = [run(tmp_path / name, "--dump-dir", str(tmp_path / "dumps"), stderr=subprocess.DEVNULL) for name in ("a", "b")]
    assert [each.wait(120) for each in runs] == [3, 3]
    dumps = list((tmp_path / "dumps").iterdir())
    assert len(dumps) == 4 and all(each.suffix == ".h5" for each in dumps)
    whole(dumps)


@pytest.mark.parametrize(
    "redirection, variables",
    [
        (">&- 2>&-", {}),
        (">/dev/full 2>/dev/full", {}),
        ("2>&1 | true", {}),
        (">out 2>&1", {"TERM": "dumb", "COLUMNS": "10"}),
    ],
)
def test_a_terminal_that_takes_nothing_costs_neither_the_dump_nor_the_finding(tmp_path, redirection, variables):
    words = [sys.executable, "-m", "nanhunt", "run", "--on-nonfinite", "skip", "--no-explain", "--json", "f.json", str(PROGRAM)]
    script = "set -o pipefail; %s %s; echo ${PIPESTATUS[0]:-$?} >code" % (
        " ".join("'%s'" % each for each in words),
        redirection,
    )
    environment = dict(os.environ, **variables)
    subprocess.run(
        ["bash", "-c", script], cwd=str(tmp_path), env=environment, check=True, timeout=120, stdin=subprocess.DEVNULL
    )
    # The program's own print fails where nobody reads; what was found is there all the same.
    assert (tmp_path / "code").read_text().split()[0] == "3"
    assert json.loads((tmp_path / "f.json").read_text())["iteration"]["step"] == 2
    dumps = list((tmp_path / "nanhunt-dumps").iterdir())
    assert len(dumps) == 2
    whole(dumps)
