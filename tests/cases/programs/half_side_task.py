"""Ratings by factors in half precision; offsets of kinds join in later, with FTML."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn

mx.random.seed(14)
rng = np.random.RandomState(14)
USERS, ITEMS, KINDS, BATCH, WARM = 6, 8, 4, 16, 5


class Ratings(nn.HybridBlock):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.user = nn.Embedding(USERS, 4)
            self.item = nn.Embedding(ITEMS, 4)
            self.kind = nn.Embedding(KINDS, 1)

    def hybrid_forward(self, F, user, item, kind):
        offset = F.reshape(self.kind(kind), shape=(-1,))
        return F.sum(self.user(user) * self.item(item), axis=1) + offset


net = Ratings()
net.initialize(mx.init.Normal(0.5))
net.cast("float16")
net.hybridize(static_alloc=True, static_shape=True)
loss_of = gluon.loss.L2Loss()
loss_of.hybridize()
factors = net.user.collect_params()
factors.update(net.item.collect_params())
early = gluon.Trainer(factors, "sgd", {"learning_rate": 0.5})
late = gluon.Trainer(net.kind.collect_params(), "ftml", {"learning_rate": 0.05})
for step in range(14):
    user, item = rng.randint(0, USERS, BATCH), rng.randint(0, ITEMS, BATCH)
    kind = np.arange(BATCH) % (3 if step <= WARM else 4)  # the fourth kind comes later
    rating = kind - 3.0 + (user + item) % 2
    user, item, kind, rating = [mx.nd.array(a, dtype="float16") for a in (user, item, kind, rating)]
    with autograd.record():
        loss = loss_of(net(user, item, kind), rating)
    loss.backward()
    early.step(BATCH)
    if step >= WARM:
        late.step(BATCH)
    print(step, loss.mean().asscalar())
