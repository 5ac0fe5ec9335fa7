"""`nanhunt sweep` as its user calls it, with real training."""

import json

from nanhunt.cli import main

GRID = """
title = "PSPNet on one crop"
[options]
dataset = "synthetic-mhp"
model = "psp"
backbone = "resnet18"
no-pretrained-base = true
base-size = 64
crop-size = 64
batch-size = 1
lr-mode = "constant"
no-shuffle = true
syncbn = true
device = "cpu"
workers = 0
no-val = true
no-explain = true
[grid]
lr = [0.1, 0.0001]
[limits]
iterations = 2
"""


def sweep(tmp_path, *words):
    command = ["sweep", str(tmp_path / "grid.toml"), "--save-dir", str(tmp_path / "runs"), *words]
    return main([*command, "--json", str(tmp_path / "sweep.json"), "--html", str(tmp_path / "sweep.html")]), json.loads(
        (tmp_path / "sweep.json").read_text()
    )


def test_a_natural_nan_none_at_a_low_rate_and_the_same_again_with_the_same_seed(tmp_path, capsys):
    """PSPNet's logits of one crop are so far apart after one step of 0.1 that softmax underflows; the weights are fine."""
    (tmp_path / "grid.toml").write_text(GRID)
    code, body = sweep(tmp_path)
    assert code == 3
    assert [run["status"] for run in body["runs"]] == ["found", "finite"]
    assert body["runs"][0]["loss_before"] > 0 and body["runs"][0]["finding"]["spread"]["gradients"] is False
    assert body["observed"][:2] == [
        "the run with lr 0.1 went non-finite",
        "the run with lr 0.0001 stayed finite (2 iterations)",
    ]
    assert "epoch 0 it. 1" in capsys.readouterr().out

    code, again = sweep(tmp_path, "--set", "lr=0.1", "--repeat", "2", "--same-seed")
    assert code == 3 and "(already there)" in capsys.readouterr().err
    assert again["runs"][0]["dump"] == body["runs"][0]["dump"] != again["runs"][1]["dump"]
    assert again["observed"][0] == (
        "non-finite in both runs with the same seed, at the same step (1); batch, parameters and statistics in their dumps "
        "are equal bit for bit"
    )
