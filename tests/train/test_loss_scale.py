"""A loss scale of `nanhunt train`."""

import mxnet as mx
import pytest
from mxnet import autograd, gluon, nd

from nanhunt.cli import main
from nanhunt.errors import UsageError
from nanhunt.train import loss_scale
from nanhunt.train.loss_scale import LossScale, check_loss_scale


def parameter(*gradients):
    """A parameter with these gradients, one a device."""
    contexts = [mx.cpu(k) for k in range(len(gradients))]
    made = gluon.Parameter("weight", shape=(2,))
    made.initialize(mx.init.One(), ctx=contexts)
    with autograd.record():
        sums = [(made.data(c) * nd.array(g, ctx=c)).sum() for c, g in zip(contexts, gradients)]
    autograd.backward(sums)
    return made


FINE, HUGE = [1.0, 2.0], [1.0, float("inf")]


@pytest.mark.parametrize("gradients", [(HUGE,), (HUGE, FINE), (FINE, HUGE), (FINE, FINE, HUGE)])
def test_an_overflow_on_any_device_halves_it_and_leaves_the_update_out(gradients):
    scale = LossScale("dynamic")
    assert scale.loss_scale == 2**16
    assert scale.leaves_out([parameter(*gradients)])
    assert scale.loss_scale == 2**15


def test_finite_gradients_however_large_are_no_overflow():
    scale = LossScale("dynamic")
    assert not scale.leaves_out([parameter([3e38, -3e38], [0.0, 1e-40])])
    assert scale.loss_scale == 2**16


def test_at_1_an_overflow_is_not_its_doing():
    scale = LossScale("dynamic")
    scale.loss_scale = 1.0
    assert scale.handles is None
    assert not scale.leaves_out([parameter(HUGE)])
    scale.loss_scale = 2.0
    assert scale.handles.sees == "all" and scale.leaves_out([parameter(HUGE)])
    assert scale.loss_scale == 1.0 and scale.handles is None


def test_after_long_without_an_overflow_it_doubles(monkeypatch):
    monkeypatch.setattr(loss_scale, "PATIENCE", 3)
    scale = LossScale("dynamic")
    for _ in range(3):
        scale.leaves_out([parameter(FINE)])
    assert scale.loss_scale == 2**17


def test_a_constant_scale_leaves_nothing_out():
    scale = LossScale("128")
    assert scale.loss_scale == 128 and scale.handles is None
    assert not scale.leaves_out([parameter(HUGE)])


@pytest.mark.parametrize(
    "text, store, said",
    [
        ("0.5", "device", "dynamic or a number from 1 on, found 0.5"),
        ("much", "device", "dynamic or a number from 1 on, found much"),
        ("inf", "device", "dynamic or a number from 1 on, found inf"),
        ("dynamic", "dist_async", "its servers update before anybody can look"),
    ],
)
def test_what_cannot_be_a_scale_is_refused(text, store, said):
    with pytest.raises(UsageError, match=said):
        check_loss_scale(text, store)


def losses(said):
    return [line.split("training loss ")[1].split(";")[0] for line in said.splitlines() if "training loss" in line]


def test_a_power_of_two_changes_no_bit_and_an_update_that_is_left_out_changes_nothing(run, monkeypatch, tmp_path):
    words = ["--model", "fcn", "--max-iterations", "3", "--no-preflight", "--no-shuffle", "--lr-mode", "constant"]
    code, plain, _ = run(*words, "--loss-scale", "1")
    assert code == 0
    code, scaled, _ = run(*words, "--loss-scale", "4096")
    assert code == 0 and losses(scaled) == losses(plain)
    looked = []

    def once(parameters):
        looked.append(parameters)
        return len(looked) == 1

    monkeypatch.setattr(loss_scale, "overflowed", once)
    code, lowered, _ = run(*words, "--loss-scale", "dynamic")
    code_at_rest, at_rest, _ = run(*words, "--loss-scale", "1", "--lr", "0")
    assert code == code_at_rest == 0
    assert losses(lowered)[:2] == losses(at_rest)[:2], "the first update was left out"
    assert losses(lowered)[2] != losses(at_rest)[2]


def test_half_precision_on_a_cpu_says_what_is_missing(capsys, small, tmp_path):
    code = main(["train", *small, "--save-dir", str(tmp_path), "--dtype", "float16", "--loss-scale", "dynamic"])
    assert code in (1, 2) and "float16" in capsys.readouterr().err
