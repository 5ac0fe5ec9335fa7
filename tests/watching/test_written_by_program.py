"""A parameter that the program itself makes non-finite, between updates: the optimizer is not accused."""

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd

import nanhunt
from nanhunt.errors import NonFiniteError

WAYS = {
    "set_data": lambda weight, values: weight.set_data(nd.array(values)),
    "slice": lambda weight, values: weight.data().__setitem__(slice(None), nd.array(values)),
    "numpy": lambda weight, values: weight.data()._sync_copyfrom(values),
    "operator": lambda weight, values: nd.broadcast_mul(nd.array(values), nd.ones((1, 1)), out=weight.data()),
}


def layer(momentum=0.0):
    """Of three to two, all ones, and its trainer."""
    net = gluon.nn.Dense(2, in_units=3)
    net.initialize(mx.init.One())
    return net, gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "momentum": momentum})


@pytest.mark.parametrize("way", sorted(WAYS))
def test_what_the_program_wrote_is_no_step_of_the_optimizer(tmp_path, way):
    net, trainer = layer(momentum=0.9)
    with pytest.raises(NonFiniteError) as raised, nanhunt.watch(net, trainer, dump_dir=tmp_path):
        for iteration in range(6):
            if iteration == 3:
                values = net.weight.data().asnumpy()
                values[1, 2] = np.nan
                WAYS[way](net.weight, values)
            with autograd.record():
                loss = (net(nd.ones((2, 3))) ** 2).mean()
            loss.backward()
            trainer.step(2)
    finding = raised.value.finding
    assert (finding.producer.phase, finding.cause, finding.proof) == ("parameter", "bad-parameter", "likely")
    assert finding.iteration.step == 3 and "test_written_by_program.py:" in finding.why


def test_an_input_marked_for_gradients_is_the_batch_and_no_parameter(tmp_path):
    net, trainer = layer()
    with pytest.raises(NonFiniteError) as raised, nanhunt.watch(net, trainer, dump_dir=tmp_path):
        for iteration in range(4):
            values = np.ones((4, 3), "float32")
            values[3, 1] = np.nan if iteration == 2 else 1.0
            data = nd.array(values)
            data.attach_grad()
            with autograd.record():
                loss = (net(data) ** 2).mean()
            loss.backward()
            trainer.step(2)
    finding = raised.value.finding
    producer = finding.producer
    assert (producer.phase, producer.sample, producer.index, finding.cause) == ("data", 3, (3, 1), "bad-input")
    assert finding.spread.gradients and not finding.spread.parameters and finding.replay.bit_identical
    assert [(fix.do, fix.result) for fix in finding.fixes if fix.tried and fix.result == "finite"]


def test_an_array_of_the_programs_own_that_no_update_was_seen_to_write_is_not_the_optimizers_doing(tmp_path):
    net, trainer = layer()
    with pytest.raises(NonFiniteError) as raised, nanhunt.watch(net, trainer, dump_dir=tmp_path):
        for iteration in range(4):
            shift = nd.array([0.0, np.nan if iteration == 2 else 1.0])
            shift.attach_grad()
            with autograd.record():
                loss = ((net(nd.ones((2, 3))) + shift) ** 2).mean()
            loss.backward()
            trainer.step(2)
    finding = raised.value.finding
    assert (finding.cause, finding.proof) == ("bad-parameter", "likely") and "no update was seen" in finding.why


def test_an_input_that_a_trainer_updates_is_still_the_optimizers(tmp_path):
    """As in the transfer of a style: the picture is what is trained."""
    picture = gluon.Parameter("picture", shape=(4, 3), init=mx.init.One())
    picture.initialize()
    net = gluon.nn.Dense(2, in_units=3)
    net.initialize(mx.init.One())
    trainer = gluon.Trainer([picture], "sgd", {"learning_rate": 1.0})
    with pytest.raises(NonFiniteError) as raised, nanhunt.watch(net, trainer, dump_dir=tmp_path):
        for iteration in range(4):
            trainer.set_learning_rate(3e38 if iteration == 1 else 1e-3)
            with autograd.record():
                loss = (net(picture.data()) ** 2).sum()
            loss.backward()
            trainer.step(1)
    assert raised.value.finding.cause == "optimizer-step"
