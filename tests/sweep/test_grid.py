"""From a grid file and the command line to runs."""

import re
import shlex
from pathlib import Path

import pytest

from nanhunt.cli import main
from nanhunt.errors import UsageError
from nanhunt.sweep.grid import Grid, find, read, shipped, with_changes
from nanhunt.sweep.plan import plan

WHOLE = """
title = "a title"
repeat = 2
[options]
lr = 0.01
no-val = true
[grid]
model = ["psp", "icnet"]
syncbn = [true, false]
[[run]]
clip-grad = 2
[limits]
iterations = 30
timeout = 5.5
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def labels(grid):
    return [run.label for run in plan(grid, "1.0")]


def test_every_combination_and_every_extra_run_is_repeated_with_a_seed_of_its_own(written):
    runs = plan(read(written(WHOLE)), "1.0")
    assert [(run.label, run.seed) for run in runs[:4]] == [
        ("model psp, syncbn, no clip-grad", 0),
        ("model psp, syncbn, no clip-grad", 1),
        ("model psp, no syncbn, no clip-grad", 0),
        ("model psp, no syncbn, no clip-grad", 1),
    ]
    assert len(runs) == 2 * (4 + 1) and len({run.key for run in runs}) == 10
    assert "--syncbn" in runs[0].words and "--syncbn" not in runs[2].words
    assert {"--lr=0.01", "--no-val", "--model=psp", "--max-iterations=30"} <= set(runs[0].words)
    assert "--clip-grad=2" in runs[-1].words and runs[-1].label == "model fcn, no syncbn, clip-grad 2"


def test_the_same_seed_where_that_is_asked_for(written):
    runs = plan(read(written("same-seed = true\n" + WHOLE.replace("clip-grad = 2", "seed = 7"))), "1.0")
    assert [run.seed for run in runs] == [0] * 8 + [7] * 2
    assert len({run.key for run in runs}) == 10


def test_set_replaces_what_the_file_says_and_runs_every_setting_with_each_value(written):
    grid = with_changes(read(written(WHOLE)), ["model=fcn", "lr=1e-3,0.5"])
    assert labels(grid)[::2] == [
        "syncbn, lr 1e-3, no clip-grad",
        "syncbn, lr 0.5, no clip-grad",
        "no syncbn, lr 1e-3, no clip-grad",
        "no syncbn, lr 0.5, no clip-grad",
        "no syncbn, lr 1e-3, clip-grad 2",
        "no syncbn, lr 0.5, clip-grad 2",
    ]


def test_settings_of_the_grid_stay_where_set_replaces_all_of_its_axes(written):
    grid = with_changes(read(written('[options]\nmodel = "psp"\n[grid]\nlr = [1, 2]\n[[run]]\nmodel = "icnet"\n')), ["lr=3"])
    assert labels(grid) == ["model psp", "model icnet"]


def test_an_option_that_only_some_runs_give_stands_with_its_default_in_the_others(written):
    some = read(written("[grid]\nclip-grad = [2]\n[[run]]\nlr = 0.5\n"))
    assert labels(some) == ["clip-grad 2, lr 0.001", "no clip-grad, lr 0.5"]
    nothing = with_changes(Grid(), ["workers=0,1", "momentum=0,false"])
    assert labels(nothing)[:2] == ["workers 0, momentum 0", "workers 0, momentum 0.9"]


def test_settings_that_come_to_the_same_are_run_once(written):
    grid = with_changes(read(written("[[run]]\nclip-grad = 2\n[[run]]\nclip-grad = 3\n")), ["clip-grad=1"])
    assert labels(grid) == [""]


def test_a_run_keeps_its_name_however_its_values_are_written_and_loses_it_with_the_framework():
    key = [plan(with_changes(Grid(), [f"lr={text}"]), "1.0")[0].key for text in ("5e-4", "0.0005", "0.001")]
    assert key[0] == key[1] != key[2]
    assert plan(with_changes(Grid(), ["lr=0.0005"]), "2.0")[0].key != key[0]


def test_every_shipped_grid_is_found_by_name_and_can_be_planned_for_the_real_dataset(tmp_path):
    grids = shipped()
    assert len(grids) >= 3
    for each in grids:
        assert each.title and find(each.name) == each
        runs = plan(with_changes(each, ["dataset=mhp"]), "1.0")
        assert all("--dataset=mhp" in run.words for run in runs)


@pytest.mark.parametrize(
    "text, says",
    [
        ("lr = 1", "'lr'"),
        ("repeat = 0", "repeat of 1"),
        ("repeat = true", "whole number for repeat"),
        ("[grid]\nlr = 0.1", "a list of values for lr"),
        ("[grid]\nlr = []", "a list of values for lr"),
        ("[grid]\nlearning-rate = [1]", "'learning-rate'"),
        ("[options]\nshuffle = false", "is it 'no-shuffle'?"),
        ("[options]\nsave-dir = 'x'", "a folder of its own"),
        ("[options]\nmax-iterations = 3", "[limits]"),
        ("[options]\nlr = 1\n[grid]\nlr = [2]", "in both"),
        ("[limits]\nepochs = 3", "'epochs'"),
        ("[limits]\ntimeout = -1", "above 0"),
        ("[limits]\ntimeout = inf", "above 0"),
        ("run = 3", "[[run]]"),
        ("options = 3", "a table for options"),
        ("lr 1", "Expected TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(written, text, says):
    path = written(text)
    with pytest.raises(UsageError) as raised:
        read(path)
    assert says in str(raised.value) and str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "text, says",
    [
        ("[options]\nlr = [0.1, 0.2]", "stands in [grid]"),
        ("[options]\ncheckname = nan", "a finite number for checkname"),
        ("[options]\ncheckname = 1979-05-27", "text or a finite number"),
        ("[grid]\nlr = [[0.1]]", "one value for lr"),
        ("[options]\nsyncbn = 'yes'", "true or false for the switch syncbn"),
    ],
)
def test_a_value_that_no_option_takes_is_one_line(written, text, says):
    with pytest.raises(UsageError) as raised:
        plan(read(written(text)), "1.0")
    assert says in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "words, says",
    [
        ([], "found none"),
        (["nowhere.toml"], "seed-1"),
        (["--set", "lr"], "NAME=VALUE"),
        (["--set", "lr="], "NAME=VALUE"),
        (["--set", "lr=1", "--set", "lr=2"], "one --set for lr"),
        (["--set", "lr=quick"], "--lr"),
        (["--set", "lr=true"], "Expected a value for lr"),
        (["--set", "syncbn=1"], "true or false for the switch syncbn"),
        (["--set", "model=pps"], "--model out of"),
        (["--set", "crop-size=65,64", "--set", "model=psp"], "multiple of 8"),
        (["--set", "seed=1,2", "--repeat", "2"], "leave out repeat"),
        (["--set", "lr=1", "--repeat", "0"], "--repeat of 1"),
        (["--set", "lr=1", "--jobs", "0"], "--jobs of 1"),
        (["--set", "lr=1", "--timeout", "0"], "--timeout of seconds above 0"),
        (["--set", "lr=1", "--json", "none/such.json"], "Expected a folder"),
        (["--set", "lr=1", "--dask", "tcp://127.0.0.1:1", "--jobs", "2"], "one of --jobs and --dask"),
    ],
)
def test_a_command_line_that_cannot_work_starts_nothing(tmp_path, monkeypatch, capsys, words, says):
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", *words]) == 2
    assert says in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_list_and_dry_run_start_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", "--list"]) == 0
    assert "seed-1 " in capsys.readouterr().out
    assert main(["sweep", "--set", "lr=0.1,0.2", "--set", "model=psp", "--dry-run"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and all(line.startswith("nanhunt train ") for line in lines)
    assert not list(tmp_path.iterdir())


def test_the_grid_and_the_commands_of_the_docs(tmp_path, monkeypatch, capsys):
    text = (Path(__file__).resolve().parents[2] / "docs" / "sweep.md").read_text(encoding="utf-8").replace("\\\n", " ")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grid.toml").write_text(re.search(r"```toml\n(.*?)```", text, re.DOTALL).group(1), encoding="utf-8")
    assert len(plan(read(tmp_path / "grid.toml"), "1.0")) == 3 * (2 * 3 + 1)
    commands = re.findall(r"^nanhunt (sweep .*)$", text, re.MULTILINE)
    assert len(commands) >= 5
    for command in commands:
        assert main([*shlex.split(command, comments=True), "--dry-run"]) == 0
    assert capsys.readouterr().out.count("--max-iterations=3000") == 3 * (2 * 3 + 1) + 2 * 2 * 2
