"""`nanhunt selftest` finds what it plants, at the right place, and says so when it does not."""

import json

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
    ],
)
def test_another_place_than_planted_is_told(changes, says):
    producer = Producer(**dict({"phase": "forward", "op": "log", "block": "net", "file": "images/a.jpg"}, **changes))
    expected = Expected(("log-of-zero",), "forward", ("log",), file="images/a.jpg")
    assert expected.wrong_place(Finding(Position(0, 1, 1), producer)) == says
    assert expected.wrong_place(Finding(Position(0, 1, 1))) == "no place"


def test_names_are_unique_and_an_unknown_one_is_refused(capsys):
    assert len({each.name for each in FAULTS}) == len(FAULTS) >= 12
    assert main(["selftest", *SMALL, "--only", "nothing"]) == 2
    assert "Expected --only out of bad-input" in capsys.readouterr().err
