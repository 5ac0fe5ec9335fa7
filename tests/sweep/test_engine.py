"""Processes: how each way to end is told, what is kept, what runs again."""

import json
import os
import signal
import threading
import time
from dataclasses import replace

import pytest
from sweep.conftest import grid, setup

from nanhunt.errors import NanhuntError, UsageError
from nanhunt.sweep.capacity import capacity
from nanhunt.sweep.engine import Audience, run_here
from nanhunt.sweep.plan import plan
from nanhunt.sweep.state import locked


def by_name(sweep):
    return {run.options["checkname"]: sweep.results[run.key] for run in sweep.runs}


def test_every_way_to_end_is_told_and_none_ends_the_sweep(swept, tmp_path):
    results = by_name(swept(grid("fails", "nan@2", "lives", "ends by signal")))
    assert {name: result.status for name, result in results.items()} == {
        "fails": "failed",
        "nan@2": "found",
        "lives": "finite",
        "ends by signal": "failed",
    }
    assert results["fails"].error == "the disk is full" and results["fails"].exit_code == 1
    assert results["ends by signal"].error == "ended by SIGKILL"
    found = results["nan@2"]
    assert found.finding.cause == "log-of-zero" and found.loss_before == pytest.approx(1.9)
    assert found.losses == ((0, 2.0), (1, 1.9), (2, None))
    assert results["lives"].iterations == 4 and results["lives"].loss_before == pytest.approx(1.7)
    assert not list((tmp_path / "sweep").rglob("*.params"))


def test_a_second_sweep_runs_only_what_is_new_or_failed(swept, started):
    swept(grid("fails", "nan@2"))
    sweep = swept(grid("fails", "nan@2", "lives"))
    assert started() == ["fails 0", "fails 0", "lives 0", "nan@2 0"]
    assert by_name(sweep)["nan@2"].finding.iteration.step == 2


def test_what_was_cut_short_runs_again(swept, started, tmp_path):
    sweep = swept(grid("nan@2", "lives"))
    (tmp_path / "sweep" / sweep.runs[0].key / "run.json").write_text('{"result": {"status": "fou')
    again = swept(grid("nan@2", "lives"))
    assert started() == ["lives 0", "nan@2 0", "nan@2 0"]
    assert by_name(again)["nan@2"].status == "found"


def test_another_axis_leaves_the_runs_that_were_there(swept, started):
    swept(grid("nan@2"))
    asked = grid("nan@2", "lives", options={"lr": 0.001})
    swept(asked)
    swept(replace(asked, options={}, axes={**asked.axes, "lr": [0.001, 0.1]}))
    assert started() == ["lives 0"] * 2 + ["nan@2 0"] * 3


def test_more_repeats_run_only_those_that_are_missing(swept, started):
    swept(grid("nan@2", repeat=2))
    sweep = swept(grid("nan@2", repeat=3))
    assert started() == ["nan@2 0", "nan@2 1", "nan@2 2"]
    assert [sweep.results[run.key].finding.iteration.step for run in sweep.runs] == [2, 3, 4]


def test_a_run_that_hangs_is_stopped_and_says_where_it_stood(swept, started):
    result = by_name(swept(grid("hangs", "lives"), timeout=1.5))["hangs"]
    assert result.status == "hang" and result.iterations == 4
    assert result.error.startswith("no iteration for 1.5 s, after step 3; stood at fake.py:")
    assert by_name(swept(grid("hangs", "lives"), timeout=1.5))["hangs"] == result
    assert started() == ["hangs 0", "lives 0"]
    swept(grid("hangs", "lives"), timeout=2)
    assert started() == ["hangs 0", "hangs 0", "lives 0"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_runs_and_keeps_what_is_done(tmp_path, number):
    class Stop(Audience):
        def started(self, run):
            if run.options["checkname"] == "hangs":
                threading.Timer(1.0, os.kill, (os.getpid(), number)).start()

    runs = plan(grid("nan@2", "hangs", "lives"), "1.0")
    before = signal.getsignal(number)
    began = time.monotonic()
    outcome = run_here(runs, setup(tmp_path / "sweep", jobs=1), Stop())
    assert outcome.signal == number and signal.getsignal(number) is before
    assert [outcome.results[run.key].status for run in runs[:2]] == ["found", "interrupted"]
    assert runs[2].key not in outcome.results and time.monotonic() - began < 30
    with locked(tmp_path / "sweep"):
        pass  # no process is left that holds it


def test_two_sweeps_do_not_share_a_folder(swept, tmp_path):
    with locked(tmp_path / "sweep"), pytest.raises(UsageError, match="another sweep runs"):
        swept(grid("lives"))


def test_files_that_are_no_runs_are_left_alone(swept, tmp_path):
    sweep = swept(grid("lives"))
    folder = tmp_path / "sweep" / sweep.runs[0].key
    (folder / "run.json").unlink()
    (folder / "mine.txt").write_text("precious")
    with pytest.raises(NanhuntError, match="found other files"):
        swept(grid("lives"))
    assert (folder / "mine.txt").read_text() == "precious"


def test_state_is_json_of_the_shipped_kind(swept, tmp_path):
    sweep = swept(grid("nan@2", "fails"))
    for run in sweep.runs:
        body = json.loads((tmp_path / "sweep" / run.key / "run.json").read_text())
        assert body["result"] == json.loads(json.dumps(sweep.results[run.key].to_json()))


def test_runs_share_the_cores_and_the_memory(monkeypatch):
    from nanhunt.sweep import capacity as module

    monkeypatch.setattr(module, "cores", lambda: 8)
    monkeypatch.setattr(module, "available_memory", lambda: 100e9)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    small = plan(grid("a", "b", "c", "d", options={"crop-size": 64, "batch-size": 1, "device": "cpu"}), "1.0")
    large = plan(grid("a", "b", "c", "d", options={"crop-size": 480, "batch-size": 8, "device": "cpu"}), "1.0")
    assert capacity(small, None, None) == (4, 2)
    assert capacity(small, None, 4) == (2, 4)
    assert capacity(small, 3, None) == (3, 2)
    assert capacity(large, None, None) == (1, 8)
