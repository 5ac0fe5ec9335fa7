"""Two dumps compared: what differs is named, what does not is counted."""

import json
from pathlib import Path

import numpy as np
import pytest
from records import record

from nanhunt.cli import main
from nanhunt.dump.difference import ABSENT, compare
from nanhunt.dump.runup import RunUp
from nanhunt.dump.writer import write


def entry(name, **changes):
    values = {"kind": "activation", "name": name, "device": "cpu(0)", "node": "", "output": 0, "shape": [2], "dtype": "float32"}
    values.update({"plain": True, "checksum": None, "fingerprint": 1, "reduced": {"min": 0.0, "max": 1.0}}, **changes)
    return values


def test_the_same_is_the_same_wherever_it_was_recorded():
    there = dict(record().environment, mxnet="1.4.1", command=["other"], folder="/elsewhere")
    found = compare(record(), record(environment=there))
    assert found.same and [value.name for value in found.environment] == ["mxnet"]
    assert found.equal["parameters"] == 2 and not found.arrays


@pytest.mark.parametrize(
    ("field", "changes", "name", "values"),
    [
        ("iteration", {"iteration": dict(record().iteration, step=37)}, "step", (36, 37)),
        ("optimizer", {"optimizer_settings": {"class": "SGD", "momentum": 0.8}}, "momentum", (0.9, 0.8)),
        ("finding", {"finding": dict(record().finding, cause="overflow")}, "cause", ("unknown", "overflow")),
        ("graph", {"graph": {"nodes": [{"op": "exp"}], "leaves": {}}}, "nodes[0].op", ("log", "exp")),
    ],
)
def test_a_value_that_differs_is_named(field, changes, name, values):
    found = compare(record(), record(**changes))
    (value,) = getattr(found, field)
    assert (value.name, value.a, value.b) == (name, *values) and not found.same


def test_arrays_are_compared_bit_by_bit():
    weight = np.arange(6.0).reshape(2, 3)
    weight[1, 0] += 0.25
    weight[1, 2] = -5.0
    parameters = {"conv0_weight": weight, "scale": np.float32(3), "new": np.zeros(2)}
    found = {each.name: each for each in compare(record(), record(parameters=parameters)).arrays}
    one = found["conv0_weight"]
    assert (one.elements, one.largest, one.first, one.first_a, one.first_b) == (2, 10.0, (1, 0), 3.0, 3.25)
    assert (found["scale"].a, found["scale"].b, found["scale"].elements) == ("scalar float16", "scalar float32", None)
    assert found["new"].a == ABSENT


def test_every_nan_is_the_same_and_minus_zero_is_not_zero():
    one = np.array([np.nan, 0.0, np.inf], np.float32)
    same, other = one.copy(), one.copy()
    same.view(np.uint32)[0] ^= 0x80000001
    other[1] = -0.0
    assert compare(record(aux={"x": one}), record(aux={"x": same})).same
    (found,) = compare(record(aux={"x": one}), record(aux={"x": other})).arrays
    assert found.first == (1,) and found.elements == 1


def test_the_first_observed_tensor_that_differs_comes_first():
    mine = [entry("conv0"), entry("conv1"), entry("conv1", fingerprint=7), entry("only in a")]
    others = [entry("conv0"), entry("conv1"), entry("conv1", fingerprint=8), entry("only in b")]
    found = compare(record(observed=mine), record(observed=others))
    assert [each.name for each in found.observed] == ["conv1", "only in a", "only in b"]
    assert found.observed_equal == 2 and found.observed[1].b is None


def test_fingerprints_of_two_kinds_are_not_held_against_each_other():
    assert compare(record(observed=[entry("a")]), record(observed=[entry("a", plain=False, fingerprint=2)])).same
    wider = entry("a", plain=False, fingerprint=2, reduced={"min": 0.0, "max": 2.0})
    assert not compare(record(observed=[entry("a")]), record(observed=[wider])).same


def run_up(losses):
    count = len(losses)
    steps, zeros, none = np.arange(count), np.zeros(count), np.zeros((count, 0))
    samples = np.zeros((count, 1), int)
    made = RunUp((), steps, steps, steps, steps, np.array(losses), zeros, zeros, samples, none, none)
    runup, history = made.to_record()
    return record(runup=runup, history={name: np.asarray(array) for name, array in history.items()})


def test_the_run_up_says_where_two_runs_parted():
    found = compare(run_up([3.0, 2.0, 1.0]), run_up([3.0, 2.5, 1.5]))
    assert (found.run_up.name, found.run_up.a, found.run_up.b) == ("step 1: loss", 2.0, 2.5)
    assert found.same, "the iteration itself is the same"


@pytest.fixture
def diff(tmp_path, capsys):
    def run(a, b, *options):
        paths = [str(tmp_path / ("%d.h5" % (len(list(tmp_path.glob("*.h5"))) + k))) for k in range(2)]
        for each, path in zip((a, b), paths):
            write(each, Path(path))
        code = main(["diff", *paths, *map(str, options)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_the_command_says_so_in_80_columns_and_ends_with_its_code(diff, tmp_path):
    changed = record(parameters={"conv0_\x1b[2J" + "weight" * 9: np.ones(3)}, observed=[entry("l" * 90, nan=3)])
    code, out, _ = diff(record(), changed, "--json", tmp_path / "diff.json")
    assert code == 4 and "they differ" in out and "\x1b" not in out
    body = out.splitlines()[2:]  # the paths are whole
    assert max(map(len, body)) <= 80
    found = json.loads((tmp_path / "diff.json").read_text())
    assert found["schema"] == 1 and found["same"] is False and found["arrays"][0]["group"] == "parameters"
    assert "Infinity" not in (tmp_path / "diff.json").read_text()


def test_the_command_of_the_same_twice(diff):
    code, out, _ = diff(record(), record())
    assert code == 0 and "the same was computed of the same" in out


def test_rows_are_counted_unless_all_are_wanted(diff):
    many = {"p%02d" % k: np.zeros(1) for k in range(20)}
    others = {name: array + 1 for name, array in many.items()}
    assert "and 12 more" in diff(record(parameters=many), record(parameters=others))[1]
    out = diff(record(parameters=many), record(parameters=others), "--all")[1]
    assert "p19" in out and " more" not in out


def test_what_is_no_dump_is_one_line(diff, tmp_path, capsys):
    (tmp_path / "text.h5").write_text("text")
    assert main(["diff", str(tmp_path / "text.h5"), str(tmp_path / "text.h5")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
