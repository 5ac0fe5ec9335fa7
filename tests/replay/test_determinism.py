"""`replay --repeat`: the same bits or not, in this process and in others."""

import json

import numpy as np
import pytest
from diverging import diverge

from nanhunt.cli import main
from nanhunt.replay import determinism
from nanhunt.replay.difference import difference


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    return diverge(tmp_path_factory.mktemp("dumps")).dump


def test_every_setting_has_a_row_here_and_in_the_json(dump, tmp_path, capsys, monkeypatch):
    few = [{"OMP_NUM_THREADS": "1", "MXNET_ENGINE_TYPE": "NaiveEngine"}, {"OMP_NUM_THREADS": "2"}]
    assert {tuple(each) for each in few} <= {tuple(each) for each in determinism.settings_to_try(4)}
    monkeypatch.setattr(determinism, "settings_to_try", lambda cores: few)
    path = tmp_path / "finding.json"
    assert main(["replay", str(dump), "--repeat", "2", "--no-try", "--json", str(path)]) == 0
    out = capsys.readouterr().out
    assert "threads=1 engine=NaiveEngine" in out and "the same bits under all 3 settings" in out
    report = json.loads(path.read_text())["determinism"]
    assert [each["variables"] for each in report["settings"]] == [{}, *few]
    assert all(each["identical"] and len(each["runs"]) == (2 if each["variables"] else 1) for each in report["settings"])


def test_a_setting_that_cannot_run_says_why_and_is_not_called_identical(dump, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(determinism, "settings_to_try", lambda cores: [{"MXNET_ENGINE_TYPE": "NoSuchEngine"}])
    path = tmp_path / "finding.json"
    main(["replay", str(dump), "--repeat", "2", "--no-try", "--json", str(path)])
    assert "not run: " in capsys.readouterr().out
    assert not json.loads(path.read_text())["determinism"]["settings"][1]["identical"]


def test_differences_are_counted_in_tensors_values_and_units_in_the_last_place():
    one = {"loss": np.float32([1.0]), "a": np.float32([0.0, -1.0, np.nan]), "b": np.float64([1.0, np.inf])}
    assert difference(one, {name: array.copy() for name, array in one.items()}).identical
    other = {**one, "a": np.float32([-1e-45, -1.0, np.nan]), "b": np.nextafter(one["b"], 2)}
    found = difference(one, other)
    assert (found.tensors, found.compared, found.first, found.ulps) == (2, 3, "a", 1)
    assert 0 < found.largest < 1e-15
    assert difference(one, {"loss": one["loss"]}).tensors == 2
    assert difference({"x": np.float16([1.0])}, {"x": np.float16([1.5])}).ulps == 512
