"""Person re-identification: batch hard triplets (Hermans 2017), infinities keep pairs out."""

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

mx.random.seed(13)
rng = np.random.RandomState(13)
people = rng.uniform(0, 1, (12, 3, 8, 8))


class BatchHard(nn.HybridBlock):
    def __init__(self, margin=0.3):
        super().__init__()
        self.margin = margin

    def hybrid_forward(self, F, emb, same):
        square = F.sum(F.square(emb), axis=1, keepdims=True)
        d2 = F.broadcast_add(square, F.transpose(square)) - 2 * F.dot(emb, emb, transpose_b=True)
        d = F.sqrt(F.maximum(d2, 0) + 1e-6)
        infinite = F.ones_like(d) * np.inf
        positive = F.max(F.where(same, d, -infinite), axis=1)
        negative = F.min(F.where(same, infinite, d), axis=1)
        return F.relu(self.margin + positive - negative)


net = nn.HybridSequential()
with net.name_scope():
    net.add(nn.Conv2D(8, 3, padding=1), nn.BatchNorm(), nn.Activation("relu"))
    net.add(nn.AvgPool2D(2), nn.Flatten(), nn.Dense(8))
net.initialize(mx.init.Xavier())
net.hybridize()
loss_fn = BatchHard()
loss_fn.hybridize()
trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 2e-3})
for step in range(40):
    who = rng.choice(12, 2 if step % 10 else 1, replace=False).repeat(4)
    if len(who) == 4:  # one person only: add a stranger
        who = np.concatenate([who, (who[:1] + 1) % 12])
    x = people[who] + rng.normal(0, 0.3, (len(who), 3, 8, 8))
    x[1] = x[0]  # burst shots are often the same picture twice
    same = nd.array((who[:, None] == who[None]).astype("float32"))
    with autograd.record():
        loss = loss_fn(net(nd.array(x)), same)
    loss.backward()
    trainer.step(len(who))
    if step % 4 == 0:
        print("step %2d triplet %.4f" % (step, loss.mean().asscalar()))
