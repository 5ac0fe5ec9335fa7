"""Faults planted into small programs by hooks alone: in their iteration, by real arithmetic, and gone with the hooks."""

import contextlib

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd

from nanhunt.backends.mxnet.following import FollowingHooks
from nanhunt.backends.mxnet.planting import PlantHooks
from nanhunt.backends.planting import Follower
from nanhunt.selftest.faults import FAULTS
from nanhunt.selftest.faults.base import Term

BY_NAME = {each.name: each for each in FAULTS}
TERMS = [each for each in FAULTS if isinstance(each, Term)]


class Told(Follower):
    """Notes what it is told."""

    def __init__(self):
        self.begun, self.over, self.why, self.ours = [], [], [], False

    def begins(self, iteration):
        self.begun.append(iteration)

    def ended(self, iteration):
        self.over.append(iteration)

    def cannot(self, why):
        self.why.append(why)


@contextlib.contextmanager
def followed(fault=None):
    """What was told, and what became of the fault, of the program in the block."""
    told = Told()
    following = FollowingHooks(told, lambda: told.ours)
    planting = PlantHooks(BY_NAME[fault].plant(), lambda: following.iteration, lambda: told.ours) if fault else None
    try:
        if planting is not None:
            planting.install()
        following.install()
        yield told, planting.planted if planting is not None else None
    finally:
        following.remove()
        if planting is not None:
            planting.remove()


@contextlib.contextmanager
def hooked(owner, name, see):
    """What a method is called on is seen first."""
    original = getattr(owner, name)
    setattr(owner, name, lambda first, *rest: (see(first), original(first, *rest))[1])
    try:
        yield
    finally:
        setattr(owner, name, original)


def classifier(lr=0.1, statistics=False, **trainer):
    net = gluon.nn.Sequential()
    net.add(gluon.nn.Dense(8, activation="tanh"))
    if statistics:
        net.add(gluon.nn.BatchNorm())
    net.add(gluon.nn.Dense(3))
    net.initialize(mx.init.Xavier())
    return net, gluon.Trainer(net.collect_params(), "sgd", dict(trainer, learning_rate=lr))


def train(net, trainer, iterations=3, loss_of=None, data=None):
    """The losses that were differentiated, as the program has them."""
    loss_of = loss_of or gluon.loss.SoftmaxCrossEntropyLoss()
    losses = []
    for k in range(iterations):
        x = data(k) if data else nd.array(np.random.RandomState(k).rand(4, 5))
        with autograd.record():
            loss = loss_of(net(x), nd.array([0, 1, 2, 0]))
        loss.backward()
        trainer.step(4)
        losses.append(loss.asnumpy())
    return losses


def finite(*arrays):
    return all(np.isfinite(each.asnumpy()).all() for each in arrays)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1,), (4,), (4, 3, 2)], ids=str)
@pytest.mark.parametrize("fault", TERMS, ids=lambda fault: fault.name)
def test_a_term_makes_a_loss_of_any_shape_non_finite_or_its_gradient(fault, shape, dtype):
    x = gluon.Parameter("x", shape=shape, dtype=dtype)
    x.initialize(mx.init.One())
    trainer = gluon.Trainer([x], "sgd", {"learning_rate": 0.0})
    differentiated = []
    with hooked(nd.NDArray, "backward", lambda head: differentiated.append(head)), followed(fault.name) as (_, planted):
        for _ in range(2):
            with autograd.record():
                loss = x.data() * 2
            loss.backward()
            trainer.step(1)
    head = differentiated[1]
    assert planted.done and not planted.why_not and finite(loss) and (head.shape, head.dtype) == (loss.shape, loss.dtype)
    if fault.name != "infeasible-target":  # MXNet gives 0, and a gradient that it never computed
        assert not finite(head, x.grad())


def test_the_iteration_before_is_as_ever():
    kept = {}
    for fault in (None, "log-of-zero"):
        mx.random.seed(5)
        net, trainer = classifier()
        with followed(fault):
            losses = train(net, trainer, 2)  # those of the program, which are not changed
        kept[fault] = np.concatenate(losses), finite(*[each.grad() for each in net.collect_params().values()])
    assert kept[None][0].tobytes() == kept["log-of-zero"][0].tobytes()
    assert kept[None][1] and not kept["log-of-zero"][1]


def test_iterations_end_with_updates_however_often_gradients_are_summed():
    net, trainer = classifier()
    other = gluon.Trainer(net.collect_params(), "sgd")
    with followed() as (told, _):
        for _ in range(2):
            for _ in range(3):
                with autograd.record():
                    loss = net(nd.ones((4, 5))).sum()
                loss.backward()
            trainer.allreduce_grads()
            trainer.update(4)
            other.step(4, ignore_stale_grad=True)
    assert (told.begun, told.over) == ([0, 1], [0, 1])


def test_what_nanhunt_runs_itself_is_neither_counted_nor_changed():
    net, trainer = classifier()
    weight = nd.ones((2,))
    weight.attach_grad()
    for fault in ("log-of-zero", "bad-input", "bad-label", "softmax-underflow"):
        with followed(fault) as (told, planted):
            train(net, trainer, 1)
            told.ours = True
            for _ in range(300):
                with autograd.record():
                    loss = nd.log(nd.softmax(weight)).sum()
                loss.backward()
            train(net, trainer, 2)
            assert (told.begun, told.over, told.why, planted.done) == ([0], [0], [], False)
            told.ours = False
            train(net, trainer, 1)
            assert told.begun == [0, 1] and planted.done == (fault != "softmax-underflow")


def test_who_writes_the_update_out_or_binds_symbols_is_told_so():
    w = nd.ones((2,))
    w.attach_grad()
    with followed() as (told, _):
        for _ in range(257):
            with autograd.record():
                loss = (w * 2).sum()
            loss.backward()
    assert told.why == ["it has no update by a gluon.Trainer in 256 backward passes"]
    executor = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2).simple_bind(mx.cpu(), data=(2, 3))
    with followed() as (told, _):
        executor.forward(is_train=True)
        executor.backward(nd.ones((2, 2)))
    assert "bound symbols" in told.why[0]


def test_a_network_is_called_with_a_nan_and_the_programs_own_array_is_left_alone():
    net, trainer = classifier()
    kept = [nd.ones((4, 5)) for _ in range(3)]
    with followed("bad-input") as (_, planted):
        losses = train(net, trainer, data=lambda k: kept[k])
    assert planted.done and planted.reached and planted.index == (3, 2) and finite(*kept)
    assert np.isfinite(losses[0]).all()


def embedding():
    net = gluon.nn.Sequential()
    net.add(gluon.nn.Embedding(10, 4), gluon.nn.Dense(3))
    net.initialize()
    return net, gluon.Trainer(net.collect_params(), "sgd")


def test_whole_numbers_cannot_be_nan():
    net, trainer = embedding()
    with followed("bad-input") as (_, planted):
        train(net, trainer, data=lambda k: nd.array(np.full((4, 5), k), dtype="int32"))
    assert not planted.done and "whole numbers" in planted.why_not


def test_an_index_as_a_float_reaches_nothing():
    net, trainer = embedding()
    with followed("bad-input") as (_, planted):
        train(net, trainer, data=lambda k: nd.array(np.full((4, 5), k)))
    assert planted.done and not planted.reached


def test_a_weight_is_nan_before_the_first_iteration_where_it_is_made_in_it_too():
    for made in (False, True):
        net, trainer = classifier()
        if made:
            net(nd.ones((1, 5)))
        with followed("bad-parameter") as (_, planted):
            losses = train(net, trainer, 1)
        names = [name for name in net.collect_params() if name.endswith("weight")]
        assert planted.done and planted.name == names[1] and np.isnan(losses[0]).any()


def test_a_running_variance_is_nan_or_there_is_none():
    net, trainer = classifier(statistics=True)
    with followed("bad-statistic") as (_, planted):
        train(net, trainer, 2)
    assert planted.done and planted.name.endswith("running_var")
    net, trainer = classifier()
    with followed("bad-statistic") as (_, planted):
        train(net, trainer, 2)
    assert not planted.done and planted.why_not == "the network has no running_var"


def test_the_first_layer_overflows():
    net, trainer = classifier(statistics=True)
    with followed("overflow") as (_, planted):
        train(net, trainer, 2)
    weight = net.collect_params()[planted.name]
    assert planted.done and weight.shape == (8, 5) and float(weight.data().abs().max().asscalar()) > 1e38


def test_a_label_lies_beyond_the_last_class():
    seen = []

    class Loss(gluon.loss.SoftmaxCrossEntropyLoss):
        def hybrid_forward(self, F, pred, label, sample_weight=None):
            seen.append(label.asnumpy().tolist())
            return super().hybrid_forward(F, pred, label, sample_weight)

    net, trainer = classifier()
    with followed("bad-label") as (_, planted):
        train(net, trainer, loss_of=Loss())
    assert planted.done and seen == [[0, 1, 2, 0], [0, 1, 2, 6], [0, 1, 2, 0]]
    with followed("bad-label") as (_, planted):
        train(net, trainer, loss_of=lambda out, label: out.sum(axis=1))
    assert planted.why_not == "neither SoftmaxCrossEntropyLoss nor pick is called with class numbers"
    with followed("bad-label") as (_, planted):
        losses = train(net, trainer, loss_of=lambda out, label: nd.pick(out, label, axis=1, mode="wrap"))
    assert planted.done and all(np.isfinite(each).all() for each in losses)


def test_logits_are_taken_apart_only_where_a_log_follows():
    def two_steps(out, label):
        return -nd.pick(nd.log(nd.softmax(out)), label)

    net, trainer = classifier()
    with followed("softmax-underflow") as (_, planted):
        losses = train(net, trainer, loss_of=two_steps)
    assert planted.done and planted.reached
    assert np.isfinite(losses[0]).all() and np.isinf(losses[1]).any()
    with followed("softmax-underflow") as (_, planted):
        train(net, trainer)
    assert not planted.done and "log_softmax cannot underflow" in planted.why_not


def test_the_rate_is_the_programs_own_again_after_the_update():
    schedule = mx.lr_scheduler.FactorScheduler(100, 0.5)
    net, trainer = classifier(lr_scheduler=schedule)
    with followed("optimizer-step") as (_, planted):
        train(net, trainer, 2)
    assert planted.done and trainer._optimizer.lr_scheduler is schedule
    weights = [each.data() for each in net.collect_params().values()]
    assert not finite(*weights) or max(float(each.abs().max().asscalar()) for each in weights) > 1e30


def test_all_hooks_come_out():
    places = [(gluon.Block, "__call__"), (nd.NDArray, "backward"), (autograd, "backward"), (gluon.Trainer, "step")]
    before = [vars(owner)[name] for owner, name in places]
    for each in FAULTS:
        with followed(each.name):
            pass
    assert [vars(owner)[name] for owner, name in places] == before
