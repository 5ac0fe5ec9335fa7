"""Early warnings: each shows on a program that runs into a NaN before it gets there, and none on a healthy one."""

import subprocess
import sys
from pathlib import Path

import mxnet as mx
import numpy as np
import programs
import pytest
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn
from mxnet.gluon.contrib.nn import SyncBatchNorm

import nanhunt
from nanhunt.dump.reader import DumpReader
from nanhunt.errors import NonFiniteError
from nanhunt.watching.early.growth import FACTOR, Growth
from nanhunt.watching.early.logit_gap import RANGES, LogitGap
from nanhunt.watching.early.one_pass_variance import EPSILON, chance
from nanhunt.watching.early.warn import MOST

try:
    from mxnet.contrib.amp.loss_scaler import LossScaler
except ImportError:  # 1.4.1
    LossScaler = None

ROOT = Path(__file__).resolve().parents[2]


class Told(list):
    """What a Hunt says, for `on_notice`."""

    def __call__(self, text):
        self.append(text)

    def of(self, words):
        return [each for each in self if each.startswith("warning: ") and words in each]

    @property
    def warnings(self):
        return self.of("")


def watched(tmp_path, told, *of, **options):
    return nanhunt.watch(*of, dump_dir=tmp_path, on_notice=told, explain=False, **options)


def step_of(text):
    return int(text.rsplit("(step ", 1)[1].split(")")[0])


# Growth.


def diverge(rate, iterations=40):
    """Linear regression; with a rate above 2 over the largest eigenvalue (some 4) it diverges, by a factor an iteration."""
    mx.random.seed(1)
    draw = np.random.RandomState(1)
    data = nd.array(draw.randn(32, 4))
    target = nd.dot(data, nd.array([[1.0], [-2.0], [3.0], [0.5]]))
    net = nn.Dense(1, in_units=4)
    net.initialize(mx.init.Normal(0.1))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": rate})
    for _ in range(iterations):
        with autograd.record():
            loss = nd.square(net(data) - target).mean()
        loss.backward()
        trainer.step(1)


def test_a_diverging_training_is_warned_of_long_before_it_overflows_and_the_dump_says_so(tmp_path):
    told = Told()
    with pytest.raises(NonFiniteError) as error:
        with watched(tmp_path, told):
            diverge(20.0)
    (gradients,), (activations,) = told.of("gradients grow"), told.of("activations grow")
    assert "dense" in gradients and "dense" in activations and "cpu(0)" in activations
    last = error.value.finding.iteration.step
    assert step_of(gradients) < last - 4 and step_of(activations) < last - 4
    with DumpReader(error.value.dump) as reader:
        kept = reader.record.iteration["warnings"]
    assert sorted(each["kind"] for each in kept) == ["growing-activations", "growing-gradients"]
    assert all(each["text"] in told.warnings[k] for k, each in enumerate(sorted(kept, key=lambda one: one["step"])))
    trends = [each["trend"] for each in kept]
    assert all(len(trend) == 4 and sorted(trend) == trend for trend in trends)


def test_a_training_that_converges_is_not_warned_of(tmp_path):
    told = Told()
    with watched(tmp_path, told):
        diverge(0.1, 60)
    assert told == []


def grows(sizes, floor=0.0):
    growth = Growth()
    return [growth.add(float(size), lambda: floor) for size in sizes]


def test_growth_by_a_factor_is_seen_whether_fast_or_slow():
    for factor in (1.35, 2, 30, 1e4):
        found = grows(factor**k for k in range(70))
        assert any(found) and not any(found[:5][:4])
        assert min(filter(None, found)) >= FACTOR
        assert sum(a == 0 and b > 0 for a, b in zip(found, found[1:])) == 1, "it begins once"


def test_what_rises_and_stays_or_comes_back_is_no_growth():
    warm_up = [k / 100 for k in range(100)]
    from_nothing = [1e-6] * 12 + [1000 * (1 - 0.5**k) for k in range(1, 60)]
    momentum = [1e-6] * 12 + [1, 2.9, 5.6, 9.0, 13.1, 17.7] + [20.0] * 60
    hard_sample = [1.0] * 5 + [1e-7] * 64 + [0.9] + [1e-7] * 20
    spike = [1.0] * 30 + [1e6] + [1.0] * 30
    alternating = [1e-3, 1e3] * 40
    idle = [0.0] * 30 + [1, 2, 4, 8, 8, 8]
    for sizes in (warm_up, from_nothing, momentum, hard_sample, spike, alternating, idle):
        assert not any(grows(sizes)), sizes
    assert not any(grows((2.0**k for k in range(40)), floor=1e30)), "too small to do harm"


# Logits.


def logits_apart(loss_of, gaps, dtype="float32"):
    """One sample of class 1, whose logit lies so far below that of class 0."""
    weight = gluon.Parameter("weight", shape=(1, 3), dtype=dtype)
    weight.initialize(mx.init.One())
    trainer = gluon.Trainer({"weight": weight}, "sgd", {"learning_rate": 0})
    label = nd.array([1], dtype=dtype)
    for gap in gaps:
        data = nd.array([[gap, 0, gap - 1]], dtype=dtype)
        with autograd.record():
            loss = loss_of(data * weight.data(), label)
        loss.backward()
        trainer.step(1)


def log_of_output(logits, label):
    return -nd.pick(nd.log(nd.SoftmaxOutput(logits, label)), label)


def log_of_softmax(logits, label):
    return -nd.pick(nd.log(nd.softmax(logits)), label)


def smoothed(logits, label):
    return -(nd.log(nd.softmax(logits)) * nd.one_hot(label, 3, on_value=0.8, off_value=0.1)).sum()


@pytest.mark.parametrize("loss_of", [log_of_output, log_of_softmax, smoothed])
def test_a_softmax_about_to_underflow_is_warned_of_before_it_does(tmp_path, loss_of):
    told = Told()
    gaps = [*range(10, 110, 4)]
    with pytest.raises(NonFiniteError) as error:
        with watched(tmp_path, told):
            logits_apart(loss_of, gaps)
    (said,) = told.warnings
    assert "softmax is about to underflow" in said and "test_early.py" in said and "103.97" in said
    assert gaps[step_of(said)] == min(gap for gap in gaps if gap > 71) < gaps[error.value.finding.iteration.step]


def test_a_gap_that_grows_faster_and_faster_is_warned_of_earlier(tmp_path):
    told = Told()
    with watched(tmp_path, told):
        logits_apart(log_of_output, [6, 37, 50, 61])
    assert len(told.of("underflow")) == 0, "61 * 61 / 37 from look to look is not past 103"
    with watched(tmp_path, told):
        logits_apart(log_of_output, [6, 30, 50, 60])
    assert len(told.of("underflow: -log p read by pick")) == 1


@pytest.mark.parametrize(
    "loss_of",
    [
        lambda logits, label: -nd.pick(nd.log_softmax(logits), label),
        lambda logits, label: -nd.log(nd.pick(nd.softmax(logits), label) + 1e-6),
        lambda logits, label: nd.softmax(logits).max() + logits.mean() * 0,
        lambda logits, label: -nd.pick(nd.log(nd.softmax(logits)), label * 0),
        lambda logits, label: nd.where(label < 0, label * 0, -nd.pick(nd.log(nd.softmax(logits)), label - 2)),
    ],
    ids=["log_softmax", "guarded", "attention", "right class", "ignored label"],
)
def test_a_gap_that_nobody_takes_the_logarithm_of_is_none(tmp_path, loss_of):
    told = Told()
    with watched(tmp_path, told):
        logits_apart(loss_of, [*range(5, 86, 5)])
    assert told.warnings == []


def test_the_range_is_that_of_the_probabilities(tmp_path):
    told = Told()
    with watched(tmp_path, told):
        logits_apart(log_of_softmax, [4] * 16, "float16")
    assert told.warnings == []
    with watched(tmp_path, told):
        logits_apart(log_of_softmax, [10] * 16, "float16")
    (said,) = told.warnings
    assert "in float16 it can be lost from 11.09 on" in said
    for name, dtype in (("float16", np.float16), ("float32", np.float32), ("float64", np.float64)):
        limits = RANGES[name]
        assert limits.near < limits.lost < limits.zero
        assert float(np.exp(dtype(-limits.zero - 0.1))) == 0 < float(np.exp(dtype(-limits.zero + 1)))


def test_what_comes_and_goes_is_told_a_bounded_number_of_times(tmp_path):
    told = Told()
    with watched(tmp_path, told):
        logits_apart(log_of_output, [50, 80] * 20)
    assert len(told.warnings) == MOST and told.warnings[-1].endswith("[the last warning of this kind in this run]")


# One-pass variances.


def normalise(layer, draw, iterations=64):
    net = nn.Sequential()
    net.add(layer, nn.GlobalAvgPool2D(), nn.Dense(2, in_units=layer.gamma.shape[0]))
    net.initialize(mx.init.Xavier())
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-3})
    for _ in range(iterations):
        with autograd.record():
            loss = nd.square(net(nd.array(draw()))).mean()
        loss.backward()
        trainer.step(1)


def synchronised(channels):
    return SyncBatchNorm(in_channels=channels, num_devices=1, epsilon=1e-5)


def drawing(mean, deviation, shape):
    random = np.random.RandomState(3)
    return lambda: mean + deviation * random.randn(*shape)


def test_variances_that_will_cancel_are_warned_of_before_one_does(tmp_path):
    told, draw, calls = Told(), drawing(15, 1, (2, 64, 1, 1)), []

    def at_last():
        calls.append(1)
        pooled = draw()
        if len(calls) > 60:  # by then it was only a question of time
            pooled[1] = pooled[0] + 1e-5
        return pooled

    with pytest.raises(NonFiniteError):
        with watched(tmp_path, told):
            normalise(synchronised(64), at_last)
    (said,) = told.warnings
    assert "variances may come out below -eps: SyncBatchNorm" in said and "of 2 values" in said
    assert step_of(said) < 60


@pytest.mark.parametrize(
    ("layer", "draw"),
    [
        (lambda: nn.BatchNorm(in_channels=64, epsilon=1e-5), drawing(15, 1e-3, (2, 64, 1, 1))),
        (lambda: synchronised(64), drawing(0, 0, (2, 64, 1, 1))),
        (lambda: synchronised(64), drawing(5, 1e-4, (2, 64, 1, 1))),
        (lambda: synchronised(4), drawing(300, 2, (4, 4, 8, 8))),
        (lambda: synchronised(64), drawing(0, 1, (2, 64, 1, 1))),
    ],
    ids=["BatchNorm takes two passes", "dead channels", "eps is enough", "many values", "no mean"],
)
def test_variances_that_cannot_cancel_are_left_alone(tmp_path, layer, draw):
    told = Told()
    with watched(tmp_path, told):
        normalise(layer(), draw)
    assert told.warnings == []


def test_the_chance_of_a_small_variance_is_an_upper_bound_and_not_far_from_it():
    random = np.random.RandomState(0)
    for count, room in ((2, 1e-3), (3, 0.01), (5, 0.1), (33, 0.5)):
        found = np.var(random.randn(200000, count), axis=1) < room
        bound = chance(np.array([room, -1.0]), np.array([(count - 1) / count] * 2), count)
        assert found.mean() <= bound[0] * 1.05 and (count > 5 or bound[0] < 2 * found.mean()) and bound[1] == 0
    many = chance(np.array([100.0**2 * EPSILON] * 2), np.array([1e-4, 1.0]), 4096)
    assert many[0] == 1 and many[1] == 0


# Loss scales.


def test_gradients_that_overflow_again_and_again_are_warned_of(tmp_path):
    told = Told()
    weight = gluon.Parameter("weight", shape=(1, 5), dtype="float16")
    weight.initialize(mx.init.One())
    with watched(tmp_path, told) as hunt:
        trainer = gluon.Trainer({"weight": weight}, "sgd", {"learning_rate": 0.1, "multi_precision": True})
        for _ in range(40):  # a scale of 1e7 that nobody lowers
            with autograd.record():
                loss = nd.square(weight.data() * 3).mean().astype("float32") * 1e7
            loss.backward()
            assert not np.isfinite(weight.grad().asnumpy()).all()
        with autograd.record():
            loss = nd.square(weight.data() * 3).mean().astype("float32")
        loss.backward()
        trainer.step(1)
        assert hunt.findings == []
    assert len(told.of("gradients overflow at 25 of the last")) == 1 and len(told.warnings) == 1


@pytest.mark.skipif(LossScaler is None, reason="this MXNet has no mixed precision of its own")
def test_a_loss_scale_that_collapses_is_warned_of_while_it_still_lifts(tmp_path):
    told = Told()
    weight = gluon.Parameter("weight", shape=(1, 5))
    weight.initialize(mx.init.Constant(1e-6))
    with watched(tmp_path, told) as hunt:
        trainer = gluon.Trainer({"weight": weight}, "sgd", {"learning_rate": 0})
        scaler = trainer._amp_loss_scaler = LossScaler()  # as amp.init_trainer does, which cannot be undone
        trainer._amp_original_scale = trainer._scale
        scaler._loss_scale = scaler._next_loss_scale = 16.0
        for _ in range(12):
            with autograd.record():
                loss = (weight.data() * 3e38).sum() * scaler.loss_scale
            loss.backward()
            trainer.step(1)
    assert scaler.loss_scale <= 1 and hunt.findings == []
    (said,) = told.warnings
    assert "the loss scale collapses: 16, 8, 4, 2" in said


# How they are told.


def test_a_watched_loop_gets_them_as_python_warnings(tmp_path):
    with pytest.warns(RuntimeWarning, match="warning: softmax is about to underflow"):
        with nanhunt.watch(dump_dir=tmp_path) as hunt:
            logits_apart(log_of_output, [50, 75, 80])
    assert hunt.findings == [] and hunt.dumps == []


PROGRAM = """
import mxnet as mx
from mxnet import autograd, gluon, nd
weight = gluon.Parameter("weight", shape=(1, 3))
weight.initialize(mx.init.One())
trainer = gluon.Trainer({"weight": weight}, "sgd", {"learning_rate": 0})
for gap in (50, 75, 80):
    with autograd.record():
        loss = -nd.pick(nd.log(nd.softmax(nd.array([[gap, 0, 0]]) * weight.data())), nd.array([1]))
    loss.backward()
    trainer.step(1)
"""


def test_a_program_run_by_nanhunt_ends_as_it_would_and_the_warning_is_on_stderr(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "nanhunt", "run", "program.py"]
    ran = subprocess.run(command, cwd=str(tmp_path), env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.count("nanhunt: warning: softmax is about to underflow: -log p read by pick at program.py:9 was") == 1
    assert not (tmp_path / "nanhunt-dumps").exists() or not list((tmp_path / "nanhunt-dumps").iterdir())


def test_one_that_fails_is_left_out_and_the_run_goes_on(tmp_path, monkeypatch):
    def look(self, seen):
        raise ZeroDivisionError("no")

    monkeypatch.setattr(LogitGap, "look", look)
    told = Told()
    with watched(tmp_path, told):
        logits_apart(log_of_output, [50, 75, 80])
    assert told == ["the warning logit-gap is left out from now on (ZeroDivisionError: no)"]


@pytest.mark.parametrize("hybridize", [False, True])
def test_a_healthy_segmentation_is_silent(tmp_path, hybridize):
    told = Told()
    net, trainer = programs.segmenter(hybridize=hybridize, lr=0.05)
    with watched(tmp_path, told, net, trainer) as hunt:
        programs.train(hunt, net, trainer, programs.cross_entropy, 70)
    assert told == []
