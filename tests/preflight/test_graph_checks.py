"""What the checks say of graphs that MXNet recorded: of formulas that go wrong at an edge, and of the same ones made safe."""

import mxnet as mx
import pytest
from mxnet import autograd, nd

from nanhunt.backends.base import load
from nanhunt.preflight.checks import examine
from nanhunt.preflight.dry import dry_step


class Net(mx.gluon.HybridBlock):
    """A dense layer and a formula of its output."""

    def __init__(self, formula):
        super().__init__()
        self.formula = formula
        with self.name_scope():
            self.dense = mx.gluon.nn.Dense(4, in_units=3)

    def hybrid_forward(self, F, x):
        return self.formula(F, self.dense(x))


def recorded(formula, hybrid=False):
    net = Net(formula)
    net.initialize()
    if hybrid:
        net.hybridize()
    x = nd.array([[1.0, 2.0, 3.0], [0.5, 0.1, 0.2]])

    def step():
        with autograd.record():
            loss = net(x).sum()
        loss.backward()

    return dry_step(load(), net, None, step)


def said(formula, hybrid=False):
    return [(each.check, each.sure) for each in examine(recorded(formula, hybrid))]


WRONG = {
    "log of a softmax": (lambda F, x: F.log(F.softmax(x)), "log-of-softmax", "certain"),
    "log of a softmax, reshaped": (lambda F, x: F.log(F.reshape(F.softmax(x), (-1,))), "log-of-softmax", "certain"),
    "log of relu": (lambda F, x: F.log(F.relu(x)), "log-without-eps", "likely"),
    "log of sigmoid": (lambda F, x: F.log(F.sigmoid(x)), "log-without-eps", "possible"),
    "log of 1 - sigmoid": (lambda F, x: F.log(1 - F.sigmoid(x)), "log-without-eps", "possible"),
    "log of anything": (lambda F, x: F.log(x), "log-without-eps", "possible"),
    "log of an eps that relu is multiplied by": (lambda F, x: F.log(F.relu(x) * 1e-6), "log-without-eps", "likely"),
    "log of clip at 0": (lambda F, x: F.log(F.clip(x, 0, 1)), "log-without-eps", "likely"),
    "sqrt of relu": (lambda F, x: F.sqrt(F.relu(x)), "root-without-eps", "likely"),
    "sqrt of a sum of squares": (lambda F, x: F.sqrt(F.sum(F.square(x), axis=1)), "root-without-eps", "possible"),
    "sqrt of x * x": (lambda F, x: F.sqrt(x * x), "root-without-eps", "possible"),
    "deviation": (lambda F, x: F.sqrt(F.mean(F.square(x - 1), axis=1)), "root-without-eps", "possible"),
    "power of a half": (lambda F, x: F.relu(x) ** 0.5, "root-without-eps", "likely"),
    "norm": (lambda F, x: F.norm(x, axis=1), "root-without-eps", "possible"),
    "division by relu": (lambda F, x: x / F.relu(x), "division-without-eps", "likely"),
    "division by a norm": (
        lambda F, x: F.broadcast_div(x, F.sqrt(F.sum(x * x, axis=1, keepdims=True) + 0.0)),
        "division-without-eps",
        "possible",
    ),
    "division by a count": (lambda F, x: F.sum(x) / F.sum(x > 0), "division-without-eps", "likely"),
    "reciprocal": (lambda F, x: 1 / F.relu(x), "division-without-eps", "likely"),
}

SAFE = {
    "log_softmax": lambda F, x: F.log_softmax(x),
    "log of softmax and eps": lambda F, x: F.log(F.softmax(x) + 1e-12),
    "log of clip": lambda F, x: F.log(F.clip(F.sigmoid(x), 1e-7, 1)),
    "log of maximum": lambda F, x: F.log(F.maximum(F.relu(x), 1e-7)),
    "log of 1 + relu": lambda F, x: F.log(1 + F.relu(x)),
    "log1p of relu": lambda F, x: F.log1p(F.relu(x)),
    "log of 1 + exp": lambda F, x: F.log(1 + F.exp(x)),
    "log of 1 + mean of squares": lambda F, x: F.log(F.mean(F.square(x)) + 1e-6),
    "log of 2 - tanh": lambda F, x: F.log(2 - F.tanh(x)),
    "sqrt and eps": lambda F, x: F.sqrt(F.sum(F.square(x), axis=1) + 1e-8),
    "rsqrt and eps": lambda F, x: F.rsqrt(F.mean(x * x) + 1e-5),
    "square": lambda F, x: F.relu(x) ** 2,
    "division by a number": lambda F, x: x / 3,
    "division by norm and eps": lambda F, x: F.broadcast_div(x, F.sqrt(F.sum(x * x, axis=1, keepdims=True) + 1e-6)),
    "division by 1 + exp": lambda F, x: 1 / (1 + F.exp(-x)),
    "division by maximum": lambda F, x: F.sum(x) / F.maximum(F.sum(x > 0), 1),
    "dice": lambda F, x: (2 * F.sum(F.sigmoid(x)) + 1) / (F.sum(F.sigmoid(x)) + F.sum(F.relu(x)) + 1),
}


@pytest.mark.parametrize("hybrid", [False, True], ids=["imperative", "hybridized"])
@pytest.mark.parametrize("name", sorted(WRONG))
def test_what_can_reach_its_edge_is_named_with_how_sure_it_is(name, hybrid):
    formula, check, sure = WRONG[name]
    assert (check, sure) in said(formula, hybrid)


@pytest.mark.parametrize("hybrid", [False, True], ids=["imperative", "hybridized"])
@pytest.mark.parametrize("name", sorted(SAFE))
def test_what_is_guarded_is_not_accused(name, hybrid):
    assert said(SAFE[name], hybrid) == []


def test_the_place_is_the_block_and_the_line():
    (remark,) = examine(recorded(lambda F, x: F.log(F.softmax(x))))
    assert "net" in remark.place and "test_graph_checks.py:" in remark.place and "103" in remark.saw


def test_a_dry_step_leaves_statistics_and_parameters_and_takes_its_hooks_out():
    net = mx.gluon.nn.HybridSequential()
    net.add(mx.gluon.nn.Dense(4), mx.gluon.nn.BatchNorm(), mx.gluon.nn.Dense(2))
    net.initialize()
    x = nd.random.uniform(shape=(8, 3))
    net(x)
    before = {name: parameter.data().asnumpy() for name, parameter in net.collect_params().items()}
    call = mx.gluon.Block.__call__

    def step():
        with autograd.record():
            loss = net(x).sum()
        loss.backward()

    dry_step(load(), net, None, step)
    assert mx.gluon.Block.__call__ is call
    for name, parameter in net.collect_params().items():
        assert (parameter.data().asnumpy() == before[name]).all(), name
    step()  # and without it they change
    mx.nd.waitall()
    assert any((parameter.data().asnumpy() != before[name]).any() for name, parameter in net.collect_params().items())
