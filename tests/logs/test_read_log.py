"""The command `nanhunt read-log`: what it says, its exit codes, and files that are no logs."""

import gzip
import json
import math
import os
import shlex

import pytest
from writers import KINDS, steps

from nanhunt.cli import main

BAD = [2.0, 1.5, math.nan, 1.4, 1.3]


def read_log(*arguments):
    return main(["read-log"] + [str(each) for each in arguments])


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "train.log"
    path.write_text("\n".join(KINDS["detection"].write(steps(BAD))) + "\n")
    return path


def test_the_published_log_is_forty_epochs_that_healed(published_log, capsys, tmp_path):
    assert read_log(published_log, "--json", tmp_path / "told.json") == 3
    out = " ".join(capsys.readouterr().out.split())
    assert "epoch 11, iteration 120 (line 415): training loss is nan" in out
    assert "non-finite in 40 of 120 epochs" in out and "so the weights were fine (inferred)" in out
    assert "nanhunt train --dataset mhpv1 --model icnet --backbone resnet50 --batch-size 16" in out
    (told,) = json.loads((tmp_path / "told.json").read_text())["files"]
    assert (told["healing"]["kind"], told["healing"]["bad_epochs"], told["healing"]["healed_epochs"]) == (
        "at-next-epoch",
        40,
        40,
    )
    assert told["before"] == {"epoch": 11, "iteration": 100, "line": 414, "value": 1.028}
    assert told["rate"]["from"] == "computed" and told["rate"]["value"] < 1e-5


def test_the_command_that_it_recommends_is_one_that_train_takes(published_log, tmp_path):
    from nanhunt.cli import Parser
    from nanhunt.train.options import TrainOptions, add_options

    read_log(published_log, "--no-plot", "--json", tmp_path / "told.json")
    words = shlex.split(json.loads((tmp_path / "told.json").read_text())["files"][0]["next"][0]["command"])
    assert words[:2] == ["nanhunt", "train"]
    parser = Parser(allow_abbrev=False)
    add_options(parser)
    options = TrainOptions.from_arguments(parser.parse_args(words[2:]))
    assert (options.model, options.lr, options.optimizer, options.syncbn, options.ngpus) == ("icnet", 1e-5, "adam", True, 16)


def test_finite_is_0_and_non_finite_3(log, tmp_path, capsys):
    assert read_log(log) == 3
    good = tmp_path / "good.log"
    good.write_text("epoch 0, iter 1, loss=0.5\n")
    assert read_log(good) == 0
    assert "FINITE" in capsys.readouterr().out
    assert read_log(good, log, "--json", tmp_path / "both.json") == 3
    assert json.loads((tmp_path / "both.json").read_text())["comparison"]["kind"] == "one-only"


def test_the_log_of_nanhunt_s_own_training_leads_to_its_dump(tmp_path, capsys):
    lines = KINDS["nanhunt-train"].write(steps([2.0, 1.5, math.nan]))
    before = "preflight: warning log-of-softmax (certain): loss0, loss.py:303: log of SoftmaxOutput: -inf where; do\n"
    verdict = [
        "",
        "NON-FINITE  epoch 0, iteration 2 (step 2)",
        "cause       softmax-underflow (proven)",
        "why         log gives -inf at pixel (8,41), loss 17.5",
        "            gives nan; loss 3.5",
        "replay      nanhunt replay runs/x/dumps/a.h5",
        "checkpoint: runs/x/epoch_0000_iteration_0002.params",
    ]
    path = tmp_path / "train.log"
    path.write_text(before + "\n".join(lines + verdict))
    assert read_log(path) == 3
    out = capsys.readouterr().out
    assert "  nanhunt replay runs/x/dumps/a.h5" in out.splitlines()
    assert "nanhunt found: softmax-underflow (proven)" in " ".join(out.split())
    assert "format      nanhunt train (3 readings)" in out and "unread" not in out


def test_a_program_s_own_command_is_recommended_watched(tmp_path, capsys):
    path = tmp_path / "train.log"
    path.write_text("+ python -u train_ssd.py --lr 0.1\n" + "\n".join(KINDS["detection"].write(steps(BAD))))
    read_log(path)
    assert "  nanhunt run train_ssd.py --lr 0.1" in capsys.readouterr().out.splitlines()


def test_a_log_that_breaks_off_finite_leads_to_preflight(tmp_path, capsys):
    options = "Namespace(model='icnet', backbone='resnet50', dataset='mhp', crop_size=480, syncbn=True, ngpus=1, epochs=30)"
    path = tmp_path / "train.log"
    path.write_text(options + "\n" + "\n".join(KINDS["gluoncv-segmentation"].write(steps([2.0, 1.9]))))
    assert read_log(path) == 0
    assert "  nanhunt preflight --dataset mhp --model icnet" in capsys.readouterr().out


def test_words_fit_80_columns_and_the_plot_marks_what_is_not_finite(tmp_path, capsys):
    path = tmp_path / "a log.txt"
    losses = [2.0 - i / 100 for i in range(60)] + [math.nan] * 5 + [1.5] * 5
    path.write_text("\n".join(KINDS["module"].write(steps(losses))))
    assert read_log(path) == 3
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 for line in lines if str(path) not in line)
    assert any("xx" in line and "│" in line for line in lines) and any("(x: not finite)" in line for line in lines)
    read_log(path, "--no-plot")
    assert "(x: not finite)" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda path: None, "found no "),
        (lambda path: path.mkdir(), "found the folder "),
        (lambda path: path.write_bytes(b""), "found an empty file"),
        (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + b"\x00" * 100), "found binary data"),
        (lambda path: path.write_bytes(os.urandom(50) + b"\x00" * 9), "found binary data"),
        (lambda path: path.write_text("some words\nof prose\n"), "found 2 lines"),
        (lambda path: path.write_text("accuracy=0.5 step=3\n"), "found 1 lines"),
        (lambda path: path.write_bytes(gzip.compress(b"step 1: loss=1\n" * 5000)[:-40]), "breaks off"),
    ],
    ids=["missing", "folder", "empty", "hdf5", "noise", "prose", "no loss", "cut short"],
)
def test_what_is_no_log_is_exit_1_and_a_line(tmp_path, capsys, make, says):
    path = tmp_path / "x.log"
    make(path)
    assert read_log(path) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("nanhunt: Expected ") and says in err and len(err.splitlines()) <= 2


def test_an_unknown_format_says_what_was_looked_for_and_what_was_found(tmp_path, capsys):
    path = tmp_path / "x.log"
    path.write_text("[ 12] verlies nan\n[ 13] verlies nan\n")
    assert read_log(path) == 1
    err = capsys.readouterr().err
    assert "2 lines say nan or inf, the first is line 1: [ 12] verlies nan" in err and "training loss 7.274" in err


def test_the_others_are_read_when_one_cannot_be(log, tmp_path, capsys):
    assert read_log(tmp_path / "none.log", log) == 1
    out, err = capsys.readouterr()
    assert "NON-FINITE" in out and "none.log" in err


def test_no_file_and_no_folder_for_json_are_usage(log, tmp_path):
    assert read_log() == 2
    assert read_log(log, "--json", tmp_path / "no" / "x.json") == 2


def test_a_hostile_name_and_line_do_not_reach_the_terminal(tmp_path, capsys):
    path = tmp_path / "a\x1b[31m\n[bold]b.log"
    path.write_text("loss=\x1b]0;owned\x07nan [bold]x[/bold]\nError: \x1b[2J[red]\nstep 1: loss=nan\n")
    read_log(path)
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\x07" not in out and "[bold]b.log" in out.replace("\n", "")


def test_no_framework_is_loaded(log):
    import subprocess
    import sys

    code = (
        "import sys; from nanhunt.cli import main; main(['read-log', %r]); "
        "print([m for m in ('mxnet', 'gluoncv', 'h5py') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code % str(log)], stdout=subprocess.PIPE, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
