"""What a self-test says: in the table, in words, and from one process to another."""

import pytest

from nanhunt.backends.planting import Planted
from nanhunt.cli import main
from nanhunt.diagnose.finding import Finding, Position, Producer
from nanhunt.report.selftest import print_selftest
from nanhunt.selftest.faults import FAULTS, chosen
from nanhunt.selftest.process import Ended
from nanhunt.selftest.program import Plan, selftest_of_program
from nanhunt.selftest.result import Outcome, Overhead, SelfTest
from nanhunt.selftest.task import Report, Task


def test_what_was_not_planted_is_neither_found_nor_missed(capsys):
    fault = chosen(["log-of-zero"])[0]
    found = Finding(Position(0, 1, 1), Producer("forward", "log"), cause="log-of-zero", proof="proven")
    good = Outcome.of(fault, fault.does, fault.expects, found, 0.5)
    left = Outcome("bad-input", "", (), planted=False, why="whole numbers")
    result = SelfTest("train.py --lr [0.1]", (good, left), 4, (), None)
    assert result.good and good.good and not left.good and left.words == "not planted: whole numbers"
    print_selftest(result)
    out = " ".join(capsys.readouterr().out.split())
    assert "train.py --lr [0.1]: 1 of 1 found, 1 with the right cause, 1 in the right place, 1 not planted" in out
    assert "bad-input: not planted: whole numbers" in out
    missed = Outcome.of(fault, fault.does, fault.expects, None, 0.0)
    assert not SelfTest("net", (missed, left), 4, (), None).good
    assert not SelfTest("net", (good,), 4, ("log-of-zero in log",), None).good


def test_the_overhead_is_that_of_pairs():
    cost = Overhead.of([1.0, 2.0, 4.0, 9.0], [1.5, 2.0, 5.0])
    assert (cost.pairs, cost.lower, cost.median, cost.upper, cost.bare) == (3, 1.125, 1.25, 1.375, 3.0)


def test_a_task_and_a_report_come_over_as_they_are(tmp_path):
    task = Task(["train.py", "--lr", "0.1"], 4, "bad-input")
    task.write(tmp_path)
    assert Task.read(tmp_path) == task
    assert Report.read(tmp_path) is None
    found = Finding(Position(0, 1, 1), Producer("data", index=(3, 2)))
    report = Report(True, [0.5, 0.25], 2, found, 0.1, Planted(True, "", "data", (3, 2), True))
    report.write(tmp_path)
    assert Report.read(tmp_path) == report


def test_every_fault_can_be_planted_into_a_program():
    for each in FAULTS:
        plant = each.plant()
        parts = (plant.head, plant.weights, plant.entering, plant.label, plant.logits, plant.rate)
        assert any(part is not None for part in parts), each.name
        assert each.expected_of(Planted(True, name="dense0_weight", index=(0,))).causes, each.name


@pytest.mark.parametrize(
    "words, says",
    [
        ([], "Expected a script, or -m and a module, found none"),
        (["nowhere.py"], "Expected a Python script at nowhere.py"),
        (["--iterations", "2", __file__], "Expected --iterations of 3 or more, found 2"),
        (["--rounds", "-1", __file__], "Expected --rounds of 0 or more"),
        (["--timeout", "0", __file__], "Expected --timeout above 0"),
        (["--only", "nothing", __file__], "Expected --only out of bad-input"),
        (["--json", "nowhere/a.json", __file__], "Expected a folder for --json"),
    ],
)
def test_what_cannot_work_is_refused_in_a_line(words, says, capsys):
    assert main(["selftest", "run", *words]) == 2
    err = capsys.readouterr().err
    assert says in err and "Traceback" not in err


def test_the_programs_own_options_are_its_own(tmp_path, capsys):
    script = tmp_path / "train.py"
    script.write_text("import sys\nprint(sys.argv[1:])\nsys.exit('no data')\n")
    assert main(["selftest", "run", "--rounds", "0", str(script), "--rounds", "-1", "-m", "--json"]) == 1
    err = capsys.readouterr().err
    assert "the clean run failed: the program ended with exit code 1" in err
    assert "['--rounds', '-1', '-m', '--json']" in err and "no data" in err


def run_of(**report):
    return Ended(Report(**dict({"imported": True, "seconds": [0.1] * 4, "begun": 4}, **report)), "", ["the last line"])


FOUND = Finding(Position(0, 1, 1), Producer("forward", "log"), cause="log-of-zero", proof="proven")
OWN = Finding(Position(0, 2, 2), Producer("forward", "sqrt"), cause="sqrt-of-negative", proof="proven")


@pytest.mark.parametrize(
    "fault, clean, planted, outcome, alarms",
    [
        ("log-of-zero", run_of(), run_of(finding=FOUND, planted=Planted(True)), (True, True, ""), 0),
        ("log-of-zero", run_of(), run_of(planted=Planted(True)), (True, False, ""), 0),
        ("log-of-zero", run_of(), run_of(planted=Planted(False, "no place")), (False, False, "no place"), 0),
        ("log-of-zero", run_of(), run_of(finding=OWN, planted=Planted(False, "no place")), (False, False, "no place"), 1),
        ("log-of-zero", run_of(finding=OWN), run_of(finding=OWN, planted=Planted(True)), (True, False, ""), 1),
        ("log-of-zero", run_of(finding=FOUND), None, (False, False, "the clean run has a finding before it"), 1),
        ("overflow", run_of(), run_of(planted=Planted(True)), (False, False, "it reached neither the loss nor a gradient"), 0),
        ("overflow", run_of(), run_of(planted=Planted(True, reached=True)), (True, False, ""), 0),
        ("overflow", run_of(), run_of(code=1), (True, False, "the program ended with exit code 1 (the last line)"), 0),
        ("overflow", run_of(), Ended(None, "it hung", []), (True, False, "it hung"), 0),
    ],
)
def test_what_is_made_of_a_run(fault, clean, planted, outcome, alarms, monkeypatch):
    """Whether it counts as planted, whether it is good, and why not."""
    runs = iter([clean, planted])
    monkeypatch.setattr("nanhunt.selftest.program.run_once", lambda task, folder, timeout: next(runs))
    result = selftest_of_program(Plan(["train.py"], chosen([fault]), 4, 0, 60.0), lambda text: None)
    each = result.outcomes[0]
    assert (each.planted, each.good, "" if each.detected else each.why) == outcome
    assert len(result.false_alarms) == alarms and result.good == (alarms == 0 and (each.good or not each.planted))
