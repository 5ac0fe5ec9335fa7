"""Compiled recurrent layers: their first state gets its shape when they run; MXNet 1.4.1 crashes on an array without one."""

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd
from mxnet.gluon import rnn

import nanhunt
from nanhunt.backends.graph import Node
from nanhunt.backends.mxnet.calls import call
from nanhunt.errors import ReplayError


def batches(bad):
    draw = np.random.RandomState(0)
    for step in range(3):
        rows = 4 + step
        series = draw.uniform(0.5, 1.5, (rows, 5, 2)).astype("float32")
        if step == bad:
            series[2] = 0
        yield series


@pytest.mark.parametrize("layer", [rnn.GRU, rnn.LSTM, rnn.RNN])
@pytest.mark.parametrize("static", [False, True])
def test_a_hybridized_layer(layer, static, tmp_path):
    net = layer(3, input_size=2, layout="NTC")
    net.initialize(mx.init.Zero())
    net.hybridize(static_alloc=static)
    hunt = nanhunt.watch(dump_dir=tmp_path)
    with pytest.raises(nanhunt.NonFiniteError), hunt:
        for series in batches(bad=2):
            x = nd.array(series)
            with autograd.record():
                loss = (net(x).sum(axis=(1, 2)) + nd.log(x.sum(axis=(1, 2)))).sum()
            loss.backward()
            hunt.check()
    (finding,) = hunt.findings
    assert (finding.iteration.step, finding.producer.op, finding.cause) == (2, "log", "log-of-zero")
    assert finding.replay.bit_identical


def test_a_bound_symbol_with_cells(tmp_path):
    """The cells' own first state is zeros of shape (0, 3)."""
    data = mx.sym.Variable("data")
    outputs, _ = mx.rnn.LSTMCell(3, prefix="lstm_").unroll(5, data, layout="NTC", merge_outputs=True)
    loss = mx.sym.MakeLoss(mx.sym.sum(outputs, axis=(1, 2)) + mx.sym.log(mx.sym.sum(data, axis=(1, 2))))
    hunt = nanhunt.watch(dump_dir=tmp_path)
    with pytest.raises(nanhunt.NonFiniteError), hunt:
        for series in batches(bad=1):
            executor = loss.simple_bind(mx.cpu(), data=series.shape)
            executor.arg_dict["data"][:] = series
            executor.forward(is_train=True)
            executor.backward()
            hunt.check()
    (finding,) = hunt.findings
    assert (finding.producer.op, finding.cause) == ("log", "log-of-zero")


def test_a_dump_that_does_not_say_the_shape_is_refused():
    zeros = Node("_zeros", "state", {"shape": "(1, 0, 12)", "dtype": "float32", "ctx": "cpu(0)"}, device="cpu(0)")
    with pytest.raises(ReplayError, match="the shape of state"):
        call(zeros, [], lambda leaf: None)


def test_the_same_for_a_whole_gluon_network(tmp_path):
    net = gluon.nn.HybridSequential()
    net.add(rnn.LSTM(3, layout="NTC"), gluon.nn.Dense(1))
    net.initialize()
    net.hybridize()
    with pytest.raises(nanhunt.NonFiniteError) as raised, nanhunt.watch(dump_dir=tmp_path):
        for series in batches(bad=1):
            x = nd.array(series)
            with autograd.record():
                loss = (net(x).sum(axis=1) + nd.log(x.sum(axis=(1, 2)))).sum()
            loss.backward()
            if series.shape[0] == 5:
                gluon.Trainer(net.collect_params(), "sgd").step(1)
    assert raised.value.finding.cause == "log-of-zero"
