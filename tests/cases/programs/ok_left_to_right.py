"""A left-to-right Markov model in a compiled loop; moves that are not allowed cost -inf."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

mx.random.seed(23)
rng = np.random.RandomState(23)
STATES, LONG, BATCH, KINDS = 4, 6, 5, 7


class LeftToRight(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        allowed = np.triu(np.ones((STATES, STATES)))
        first = np.arange(STATES) == 0
        with self.name_scope():
            self.emit = nn.Dense(STATES, flatten=False)
            self.move = self.params.get("move", shape=(STATES, STATES))
            self.allowed = self.params.get_constant("allowed", allowed[None])
            self.first = self.params.get_constant("first", first[None].astype("float32"))

    def hybrid_forward(self, F, x, move, allowed, first):
        never = F.ones_like(allowed) * -np.inf
        moves = F.where(allowed, F.expand_dims(move, 0), never)
        moves = F.log_softmax(moves, axis=2)
        start = F.where(first, F.zeros_like(first), F.ones_like(first) * -np.inf)
        start = F.broadcast_add(start, F.zeros_like(F.slice_axis(x, axis=0, begin=0, end=1)).sum(axis=(0, 2)).reshape((-1, 1)))

        def step(emitted, alpha):
            paths = F.broadcast_add(F.expand_dims(alpha, 2), moves)
            best = F.BlockGrad(F.max(paths, axis=1, keepdims=True))
            best = F.where(best > -1e30, best, F.zeros_like(best))
            total = F.sum(F.exp(F.broadcast_sub(paths, best)), axis=1)
            reached = total > 0
            logs = F.log(F.where(reached, total, F.ones_like(total)))
            alpha = logs + F.reshape(best, shape=(0, -1)) + emitted
            alpha = F.where(reached, alpha, F.ones_like(alpha) * -np.inf)
            return alpha, alpha

        _, alpha = F.contrib.foreach(step, F.log_softmax(self.emit(x), axis=2), start)
        return -F.slice_axis(alpha, axis=1, begin=-1, end=None)


net = LeftToRight()
net.initialize(mx.init.Normal(0.1))
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.05})
for step in range(20):
    kind = np.sort(rng.randint(0, KINDS, (LONG, BATCH)), axis=0)
    x = mx.nd.array(np.eye(KINDS)[kind])
    with autograd.record():
        loss = net(x)
    loss.backward()
    trainer.step(BATCH)
    print(step, loss.mean().asscalar())
