"""The line of an operator inside a hybridized block or a bound symbol; where two have its name, that of the call."""

import inspect

import mxnet as mx
import pytest
from mxnet import autograd, gluon, nd
from mxnet.symbol import register

import nanhunt


class Rooted(gluon.HybridBlock):
    def hybrid_forward(self, F, x):
        x = F.square(x)
        x = x - 1
        return F.sqrt(x) * 2


class Other(gluon.HybridBlock):
    def hybrid_forward(self, F, x):
        return F.sqrt(x - 1) * F.square(x)


def line(kind, text):
    lines, first = inspect.getsourcelines(kind)
    return next(first + k for k, each in enumerate(lines) if text in each)


def here():
    return inspect.currentframe().f_back.f_lineno


def finding_of(tmp_path, blocks, hybridize=True, **scope):
    for block in blocks:
        if hybridize:
            block.hybridize(**scope)
    x = nd.array([[0.5, 2.0]])
    x.attach_grad()
    hunt = nanhunt.watch(dump_dir=tmp_path)
    with pytest.raises(nanhunt.NonFiniteError), hunt, autograd.record():
        for block in blocks:
            called = here() + 1
            y = block(x)
        y.backward()
        hunt.check()
    return hunt.findings[0], called


@pytest.mark.parametrize("static", [False, True])
def test_the_line_inside_a_hybridized_block(tmp_path, static):
    finding, _ = finding_of(tmp_path, [Rooted()], static_alloc=static)
    assert finding.producer.op == "sqrt"
    assert finding.producer.source == "test_composing.py:%d" % line(Rooted, "F.sqrt")


def test_two_operators_of_one_name(tmp_path):
    """Blocks of one prefix: nothing tells which of the two a name in the graph means."""
    finding, called = finding_of(tmp_path, [Other(prefix="same_"), Rooted(prefix="same_")])
    assert finding.producer.op == "sqrt"
    assert finding.producer.source == "test_composing.py:%d" % called


def test_the_line_of_a_bound_symbol(tmp_path):
    hunt = nanhunt.watch(dump_dir=tmp_path)
    with pytest.raises(nanhunt.NonFiniteError), hunt:
        below = mx.sym.Variable("x") - 1
        written = here() + 1
        root = mx.sym.sqrt(below, name="root")
        executor = mx.sym.MakeLoss(root).simple_bind(mx.cpu(), x=(2,))
        executor.arg_dict["x"][:] = nd.array([0.5, 2.0])
        executor.forward(is_train=True)
        executor.backward()
        hunt.check()
    (finding,) = hunt.findings
    assert (finding.producer.op, finding.producer.source) == ("sqrt", "test_composing.py:%d" % written)


def test_nothing_is_left_behind():
    before = register._symbol_creator
    with nanhunt.watch():
        assert register._symbol_creator is not before
    assert register._symbol_creator is before
