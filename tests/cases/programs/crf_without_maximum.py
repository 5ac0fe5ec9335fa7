"""A CRF's forward algorithm without a maximum taken out: no way leads into the start tag, exp(-10000) is 0 and its log -inf.

General; after MXNet's example/gluon/lstm_crf, whose log_sum_exp takes the maximum out.
"""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


class Chain(nn.Block):
    def __init__(self, tags, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.emission = nn.Dense(tags, in_units=4)
            self.transition = self.params.get("transition", shape=(tags, tags), init=mx.init.Normal(0.1))

    def forward(self, word):
        emission, transition = self.emission(word), self.transition.data()
        score = nd.array([0, -20, -20])
        for i in range(word.shape[0]):
            way = nd.broadcast_add(score.reshape((1, -1)), transition) + emission[i].reshape((-1, 1))
            score = nd.log(nd.exp(way).sum(axis=1))
        return nd.log(nd.exp(score).sum()) - emission[:, 1].sum()


mx.random.seed(1)
random = np.random.RandomState(1)
net = Chain(3)
net.initialize(mx.init.Xavier())
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01, "wd": 1e-4})
for step in range(4):
    if step == 2:
        table = net.transition.data().copy()
        table[0, :] = -10000
        net.transition.set_data(table)
    with autograd.record():
        loss = net(nd.array(random.randn(5, 4)))
    loss.backward()
    trainer.step(1)
    print(repr(float(loss.asscalar())))
