"""Language model of hashed words; the table of words is input and output at once."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

mx.random.seed(2)
rng = np.random.RandomState(2)
BUCKETS, DIM, BATCH, LENGTH = 40, 12, 8, 5


def bucket(word):
    return word % (BUCKETS + 1)  # one bucket more than there are rows


class Tied(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.table = self.params.get("table", shape=(BUCKETS, DIM))
            self.mix = nn.Dense(DIM, activation="tanh")

    def hybrid_forward(self, F, ids, table):
        words = F.Embedding(ids, table, input_dim=BUCKETS, output_dim=DIM)
        state = self.mix(words)
        return F.FullyConnected(state, table, no_bias=True, num_hidden=BUCKETS)


def batch(step):
    words = rng.randint(0, 1000, (BATCH, LENGTH + 1))
    ids = bucket(words)
    ids[ids == BUCKETS] = 3
    if step == 6:
        ids[5, 2] = bucket(40 + 41 * 7)
    return mx.nd.array(ids[:, :-1]), mx.nd.array(ids[:, -1])


net = Tied()
net.initialize(mx.init.Normal(0.3))
net.hybridize(static_alloc=True, static_shape=True)
loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
loss_of.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.3, "momentum": 0.9})
for step in range(14):
    ids, following = batch(step)
    with autograd.record():
        loss = loss_of(net(ids), following)
    loss.backward()
    trainer.step(BATCH)
    print(step, loss.mean().asscalar())
