"""A mask of -inf that did no harm before is not accused when something else overflows beside it."""

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd

import nanhunt
from nanhunt.cli import main
from nanhunt.errors import NonFiniteError


class Scores(gluon.nn.Block):
    def __init__(self):
        super().__init__()
        self.query = gluon.nn.Dense(4, in_units=4, weight_initializer=mx.init.One())

    def forward(self, words, mask):
        query = self.query(words)
        return nd.softmax(nd.dot(query, query, transpose_b=True) + mask)


@pytest.mark.parametrize("factor, op, cause", [(1e30, "dot", "overflow"), (np.nan, "", "bad-parameter")])
def test_what_overflows_is_named_and_not_the_mask(tmp_path, factor, op, cause):
    net = Scores()
    net.initialize()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-3})
    mask = nd.array(np.where(np.eye(3) > 0, -np.inf, 0.0))
    with pytest.raises(NonFiniteError) as raised, nanhunt.watch(net, trainer, dump_dir=tmp_path):
        for iteration in range(4):
            if iteration == 2:
                net.query.weight.set_data(net.query.weight.data() * factor)
            with autograd.record():
                loss = (net(nd.ones((3, 4)), mask) ** 2).sum()
            loss.backward()
            trainer.step(1)
    finding = raised.value.finding
    assert (finding.iteration.step, finding.producer.op, finding.cause) == (2, op, cause)
    assert finding.producer.phase != "data"
    assert main(["replay", str(raised.value.dump), "--no-try", "--json", str(tmp_path / "again.json")]) == 0
    assert '"cause": "%s"' % cause in (tmp_path / "again.json").read_text()


def test_infinities_that_come_with_the_first_batch_are_the_batchs(tmp_path):
    net = gluon.nn.Dense(2, in_units=3)
    net.initialize(mx.init.One())
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    with pytest.raises(NonFiniteError) as raised, nanhunt.watch(net, trainer, dump_dir=tmp_path):
        with autograd.record():
            loss = (net(nd.array([[1.0, -np.inf, 2.0]])) ** 2).mean()
        loss.backward()
        trainer.step(1)
    assert (raised.value.finding.producer.phase, raised.value.finding.cause) == ("data", "bad-input")
