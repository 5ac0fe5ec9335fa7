"""Preflight of `nanhunt train`, and alone: the run is the same to the last bit, and what is certain to fail does not begin."""

import json
import re

import mxnet as mx
import pytest

from nanhunt.cli import main
from nanhunt.data.synthetic.folder import generate

_WORDS = "--dataset mhp --no-pretrained-base --base-size 64 --crop-size 64 --batch-size 2 --max-iterations 3 --no-val"
OPTIONS = _WORDS.split()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("data") / "mhp", images=8, seed=5)


@pytest.fixture
def nanhunt(data, tmp_path, capsys):
    """Run a command on the small data: exit code, standard output, standard error."""

    def nanhunt(command, *more):
        words = [command, *OPTIONS, "--data-root", data, "--save-dir", tmp_path / "run", "--log-interval", 1, "--workers", 0]
        code = main([str(each) for each in [*words, *more]])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return nanhunt


def losses(out):
    return re.findall(r"training loss (\S+);", out)


@pytest.mark.parametrize("watch", [[], ["--no-watch"]], ids=["watched", "not watched"])
def test_a_run_is_the_same_to_the_last_bit_with_and_without(nanhunt, data, tmp_path, watch):
    """PSPNet with SyncBatchNorm and Dropout: parameters, statistics and momentum of the checkpoint, and the printed loss."""
    kept = []
    model = ["--model", "fcn"] if watch else ["--model", "psp", "--syncbn"]
    for name, more in (("with", []), ("without", ["--no-preflight"])):
        model = [*model, "--backbone", "resnet18", "--save-dir", tmp_path / name]
        code, out, _ = nanhunt("train", *model, *watch, *more)
        assert code == 0 and len(losses(out)) == 3
        (path,) = (tmp_path / name).glob("*.params")
        arrays = mx.nd.load(str(path))
        kept.append((losses(out), {key: array.asnumpy().tobytes() for key, array in arrays.items()}))
    assert kept[0][0] == kept[1][0]
    assert kept[0][1].keys() == kept[1][1].keys()
    differing = [key for key in kept[0][1] if kept[0][1][key] != kept[1][1][key]]
    assert differing == []


def test_train_says_in_its_log_what_preflight_saw(nanhunt, tmp_path):
    code, out, _ = nanhunt("train", "--model", "fcn", "--backbone", "resnet18", "--num-class", 10, "--no-watch")
    assert code == 0
    lines = [line for line in out.splitlines() if line.startswith("preflight: warning ")]
    assert any("log-of-softmax (certain)" in line and "loss.py" in line for line in lines)
    assert any("label-range (certain)" in line and "outside 0..9" in line for line in lines)
    assert "preflight: warning" in (tmp_path / "run" / "train.log").read_text()


def test_alone_it_writes_json_and_trains_nothing(nanhunt, tmp_path):
    code, out, _ = nanhunt("preflight", "--model", "fcn", "--backbone", "resnet18", "--lr", 90, "--json", tmp_path / "o.json")
    assert code == 0 and "training loss" not in out and not (tmp_path / "run").exists()
    checks = {each["check"]: each for each in json.loads((tmp_path / "o.json").read_text())["remarks"]}
    assert {"log-of-softmax", "learning-rate"} <= set(checks)
    assert checks["learning-rate"]["sure"] == "likely"
    assert all(len(line) <= 80 for line in out.splitlines())


def test_layers_that_would_wait_for_ever_are_named_before_any_training_forward(nanhunt, monkeypatch):
    """`nanhunt train` sets its own network right; without that, preflight stops it."""
    monkeypatch.setattr("mxnet.gluon.contrib.nn.SyncBatchNorm._get_num_devices", lambda self: 8)
    monkeypatch.setattr("nanhunt.train.models.synchronise_over", lambda net, devices: [])
    monkeypatch.setattr("nanhunt.train.models._normalisation", everything_waits)
    for command in ("preflight", "train"):
        code, out, err = nanhunt(command, "--model", "fcn", "--backbone", "resnet18", "--syncbn")
        assert code == 1 and "never ends" in out + err and "training loss" not in out
        assert ".bn1" in out + err and ".layer4.1.bn2" in out + err


def everything_waits(options, devices):
    from mxnet.gluon.contrib.nn import SyncBatchNorm

    return {"norm_layer": SyncBatchNorm, "norm_kwargs": {}}


def test_a_checkpoint_with_nan_does_not_begin(nanhunt, tmp_path):
    assert nanhunt("train", "--model", "fcn", "--backbone", "resnet18", "--no-watch")[0] == 0
    (path,) = (tmp_path / "run").glob("*.params")
    arrays = mx.nd.load(str(path))
    name = next(each for each in arrays if each.endswith("conv1.weight"))
    arrays[name][0] = float("nan")
    mx.nd.save(str(path), arrays)
    code, _, err = nanhunt("train", "--model", "fcn", "--backbone", "resnet18", "--resume", path, "--max-iterations", 9)
    assert code == 1 and "are NaN or Inf before the first iteration" in err and "conv" in err
