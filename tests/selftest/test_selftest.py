"""`nanhunt selftest` finds what it plants, at the right place, and says so when it does not."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nanhunt.cli import main
from nanhunt.diagnose.finding import Finding, Position, Producer
from nanhunt.selftest.faults import FAULTS
from nanhunt.selftest.faults.base import Expected

SMALL = [
    "--dataset",
    "synthetic-mhp",
    "--model",
    "fcn",
    "--backbone",
    "resnet18",
    "--no-pretrained-base",
    "--base-size",
    "64",
    "--crop-size",
    "32",
    "--batch-size",
    "2",
    "--workers",
    "0",
    "--ngpus",
    "1",
]

PROGRAMS = Path(__file__).parent / "programs"


def run(tmp_path, monkeypatch, capfd, *words):
    """Exit code, JSON, stdout and stderr of `selftest run`, in a folder of its own; what a program prints is kept out."""
    path = tmp_path / "selftest.json"
    monkeypatch.chdir(tmp_path)
    code = main(["selftest", "run", "--json", str(path), *map(str, words)])
    out, err = capfd.readouterr()
    return code, json.loads(path.read_text()) if path.exists() else None, out, err


@pytest.mark.parametrize(
    "name, words, without",
    [
        ("mlp.py", ["--lr", "0.05"], {"bad-statistic", "softmax-underflow"}),
        ("cnn.py", [], set()),
        ("tagger.py", [], {"bad-input", "bad-statistic", "softmax-underflow", "overflow"}),
    ],
)
def test_faults_are_found_in_a_program(name, words, without, tmp_path, monkeypatch, capfd):
    code, body, out, err = run(tmp_path, monkeypatch, capfd, "--rounds", "0", PROGRAMS / name, *words)
    assert {each["fault"] for each in body["outcomes"] if not each["planted"]} == without
    bad = [each for each in body["outcomes"] if each["planted"] and not each["good"]]
    assert (code, bad, body["false_alarms"], body["clean_iterations"]) == (0, [], [], 4), err
    number = len(FAULTS) - len(without)
    assert "%d of %d found" % (number, number) in " ".join(out.split()) and max(map(len, out.splitlines())) <= 80
    assert [path.name for path in tmp_path.iterdir()] == ["selftest.json"]  # no dump, and nothing that the program saves


def test_what_watching_a_program_costs(tmp_path, monkeypatch, capfd):
    words = ["--rounds", "1", "--only", "bad-input", "--iterations", "5", PROGRAMS / "mlp.py", "--lr", "0.05"]
    code, body, out, err = run(tmp_path, monkeypatch, capfd, *words)
    assert code == 0 and body["overhead"]["pairs"] == 4 and body["overhead"]["bare"] > 0
    assert "watched and bare, 1 of 1" in err and "watched / bare iteration" in out


def test_what_a_program_does_by_itself_is_no_fault_found(tmp_path, monkeypatch, capfd):
    words = ["--rounds", "0", "--only", "bad-statistic", "--only", "sqrt-of-negative", PROGRAMS / "goes_nan.py"]
    code, body, out, err = run(tmp_path, monkeypatch, capfd, *words)
    assert (code, body["false_alarms"]) == (1, ["log-of-zero in log"])
    assert [(each["fault"], each["planted"], each["good"]) for each in body["outcomes"]] == [
        ("bad-statistic", False, False),
        ("sqrt-of-negative", True, True),
    ]
    assert "found without any fault: log-of-zero in log" in err and "clean run of 3 iterations: log-of-zero in log" in out


@pytest.mark.parametrize(
    "text, words, code, says",
    [
        ("import mxnet\nraise ValueError('no data')", [], 1, "ValueError: no data"),
        ("print('hello')", [], 1, "it did not import mxnet"),
        ("import mxnet", [], 1, "0 had an update by a gluon.Trainer, of 3"),
        ("import os\nos._exit(7)", [], 1, "the process ended with exit code 7"),
        ("import mxnet, time\ntime.sleep(600)", ["--timeout", "10"], 1, "the run did not end in 10 s"),
        ((PROGRAMS / "module.py").read_text(), [], 1, "it trains bound symbols, as the Module API does"),
    ],
)
def test_a_program_that_cannot_be_tested_is_told_so(text, words, code, says, tmp_path, monkeypatch, capfd):
    script = tmp_path / "program.py"
    script.write_text(text)
    found, body, out, err = run(tmp_path, monkeypatch, capfd, *words, script)
    assert (found, body, out) == (code, None, "") and says in err and "nanhunt/" not in err


def test_sigterm_ends_the_run_that_is_under_way(tmp_path):
    script = tmp_path / "program.py"
    script.write_text("import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(600)")
    words = [sys.executable, "-m", "nanhunt", "selftest", "run", str(script)]
    process = subprocess.Popen(words, cwd=str(tmp_path), env=dict(os.environ, TMPDIR=str(tmp_path)))
    until = time.monotonic() + 60
    while not (tmp_path / "pid").exists() and time.monotonic() < until:
        time.sleep(0.1)
    process.terminate()
    assert process.wait(60) == 143
    assert {path.name for path in tmp_path.iterdir()} == {"pid", "program.py"}
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_module_is_run_too_and_one_that_is_not_there_is_refused(tmp_path, monkeypatch, capfd):
    (tmp_path / "training.py").write_text((PROGRAMS / "tagger.py").read_text())
    code, body, out, err = run(tmp_path, monkeypatch, capfd, "--rounds", "0", "--only", "log-of-zero", "-m", "training")
    assert (code, body["network"]) == (0, "-m training"), err
    assert run(tmp_path, monkeypatch, capfd, "-m", "nowhere")[0] == 2


def test_planted_faults_are_found_and_reported_with_the_overhead(tmp_path, capsys):
    words = ["--only", "bad-input", "--only", "gradient-singularity", "--rounds", "1"]
    path = tmp_path / "selftest.json"
    code = main(["selftest", *SMALL, "--save-dir", str(tmp_path / "run"), *words, "--json", str(path)])
    out = capsys.readouterr().out
    body = json.loads(path.read_text())
    assert (code, body["good"], body["false_alarms"]) == (0, True, []), body
    assert [(each["fault"], each["cause"], each["good"]) for each in body["outcomes"]] == [
        ("bad-input", "bad-input", True),
        ("gradient-singularity", "gradient-singularity", True),
    ]
    assert body["overhead"]["pairs"] == 3 and body["overhead"]["median"] > 0
    assert "2 of 2 found, 2 with the right cause, 2 in the right place" in out and max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    "changes, says",
    [
        ({}, ""),
        ({"phase": "backward"}, "phase backward"),
        ({"op": "exp"}, "operator exp"),
        ({"file": "images/other.jpg"}, "file images/other.jpg"),
        ({"index": (3, 1)}, "index [3, 1]"),
    ],
)
def test_another_place_than_planted_is_told(changes, says):
    producer = Producer(**dict({"phase": "forward", "op": "log", "index": (3, 2), "file": "images/a.jpg"}, **changes))
    expected = Expected(("log-of-zero",), "forward", ("log",), index=(3, 2), file="images/a.jpg")
    assert expected.wrong_place(Finding(Position(0, 1, 1), producer)) == says
    assert expected.wrong_place(Finding(Position(0, 1, 1))) == "no place"


def test_names_are_unique_and_an_unknown_one_is_refused(capsys):
    assert len({each.name for each in FAULTS}) == len(FAULTS) >= 12
    assert main(["selftest", *SMALL, "--only", "nothing"]) == 2
    assert "Expected --only out of bad-input" in capsys.readouterr().err
