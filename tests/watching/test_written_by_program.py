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


@pytest.mark.parametrize("way", sorted(WAYS))
def test_what_the_program_wrote_is_no_step_of_the_optimizer(tmp_path, way):
    net = gluon.nn.Dense(2, in_units=3)
    net.initialize(mx.init.One())
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "momentum": 0.9})
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
