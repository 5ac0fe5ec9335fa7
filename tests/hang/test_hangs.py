"""A run that comes no further is ended in seconds, with exit code 5, and told where it stands; one that is alive is left be."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nanhunt.cli import main
from nanhunt.dump.reader import DumpReader

PROGRAMS = Path(__file__).parent / "programs"


def watched(folder, name, limit=1.5):
    """Exit code, the finding of `--json`, and stderr, of a program of this folder."""
    environment = dict(os.environ, COLUMNS="80")
    ran = subprocess.run(
        [sys.executable, "-m", "nanhunt", "run", "--no-preflight", "--hang-timeout", str(limit), "--json", "finding.json"]
        + [str(PROGRAMS / (name + ".py"))],
        cwd=str(folder),
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return ran.returncode, json.loads((folder / "finding.json").read_text()), ran.stderr


def dumped(folder):
    (path,) = (folder / "nanhunt-dumps").glob("*.h5")
    return path


def test_a_barrier_that_never_opens_is_named_by_layer_and_proven_by_replay(tmp_path, capsys):
    code, finding, errors = watched(tmp_path, "barrier")
    assert code == 5, errors
    hang = finding["hang"]
    assert (finding["cause"], hang["kind"], hang["under_way"]) == ("hang", "barrier", True)
    assert [(each["block"], each["waits_for"], each["devices"]) for each in hang["barriers"]] == [
        ("net.1", 8, ["cpu(0)"]),
        ("net.2", 8, ["cpu(0)"]),
    ]
    assert finding["why"] == "net.1 waits for 8 devices, and 1 is in use (so does 1 more layer)"
    assert finding["fixes"][0]["do"].startswith("SyncBatchNorm(num_devices=1)")
    assert "thread MainThread" in errors and "asnumpy" in errors and max(map(len, errors.splitlines())) < 120
    assert not hang["missing"]

    path = dumped(tmp_path)
    assert path.name == "hang-e0000-i0000-s000000.h5"
    with DumpReader(path) as reader:
        record = reader.record
        assert record.reason == "hang" and any(each.shape == (2, 3, 8, 8) for each in dict(record.batch).values())
        assert {"conv0_weight", "conv0_bias"} <= set(record.parameters) and len(record.aux) == 4

    script = (
        "import sys, nanhunt.replay.hang as h; h.rerun.__defaults__ = (2.0,); from nanhunt.cli import main; sys.exit(main(%r))"
    )
    words = ["replay", str(path), "--json", str(tmp_path / "again.json")]
    ran = subprocess.run([sys.executable, "-c", script % words], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert "hangs again: _contrib_SyncBatchNorm (net.1" in ran.stdout.replace("\n", " ")
    again = json.loads((tmp_path / "again.json").read_text())
    assert again["proof"] == "proven" and again["hang"]["unfinished"] == ["net.1"]

    assert main(["report", str(path), "-o", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text()
    assert "net.1 waits for 8 devices" in page and "Where every thread stood" in page and "non-finite</li>" not in page
    assert main(["replay", str(path), "--ladder"]) == 2
    assert "found that of a hang" in capsys.readouterr().err


def test_a_killed_worker_of_the_loader_is_told_with_the_samples_that_it_had(tmp_path):
    code, finding, errors = watched(tmp_path, "killed_worker")
    assert code == 5, errors
    hang = finding["hang"]
    assert hang["kind"] == "loader" and not hang["under_way"]
    assert hang["waits_for"] == "the batch after batch 0 of epoch 0: samples 2, 3"
    assert len(hang["workers"]) == 2
    assert main(["replay", str(dumped(tmp_path))]) == 1  # between two iterations there is none to run again


@pytest.mark.parametrize(
    "name, kind, call, source",
    [("deadlock", "blocked", "meet", "deadlock.py:22"), ("endless", "python", "search", "endless.py:")],
)
def test_a_program_that_locks_itself_out_or_never_ends_is_told_apart(tmp_path, name, kind, call, source):
    code, finding, errors = watched(tmp_path, name)
    assert code == 5, errors
    hang = finding["hang"]
    assert (code, hang["kind"], hang["call"]) == (5, kind, call) and hang["source"].startswith(source)
    assert {each["thread"] for each in hang["stacks"]} >= ({"MainThread", "other"} if name == "deadlock" else {"MainThread"})


def test_code_that_lets_no_thread_run_is_ended_by_a_timer_with_its_stack(tmp_path):
    code, finding, errors = watched(tmp_path, "keeps_gil", 1.0)
    assert code == 5 and finding is None
    assert "keeps_gil.py" in errors and "in match" in errors


def test_a_stopped_process_a_slow_iteration_and_a_validation_are_no_hang(tmp_path):
    code, finding, errors = watched(tmp_path, "alive", 1.5)
    assert (code, finding) == (0, None), errors


def test_an_iteration_that_was_broken_off_is_told_once_and_left_alone_where_nobody_gave_a_limit(tmp_path):
    code, finding, errors = watched(tmp_path, "abandoned", "auto")
    assert (code, finding) == (0, None), errors
    assert errors.count("in the middle of an iteration: the program waits in") == 1 and "abandoned.py:17" in errors
    assert not list(tmp_path.glob("nanhunt-dumps/*"))
